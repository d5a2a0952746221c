"""Addresses that a process of ours binds to, and who reaches them."""

from __future__ import annotations

import ipaddress
import socket

from seismic_assets.cli.render import errors
from seismic_assets.settings import SettingsError


def is_loopback(host: str) -> bool:
    """Whether a host, by name or number, is this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def warn_of_others(host: str, what: str) -> None:
    """Print a warning where others than this machine reach something that asks nobody who they are.

    Args:
        host: that is bound to.
        what: it is, and what others may do there, such as `the exporter asks for no key, and others may read it`.
    """
    if not is_loopback(host):
        errors.print(
            f"[bold yellow]Warning:[/] {what} on {host}; keep it in a network of its own, or put a firewall or a proxy "
            "that authenticates in front of it",
            highlight=False,
            soft_wrap=True,
        )


def bound(what: str, host: str, port: int) -> socket.socket:
    """A socket that listens; who only wants to know whether it could closes it again.

    Args:
        what: will be served there, such as `the exporter`.
        host: to bind to.
        port: to bind to; 0 is any that is free.

    Raises:
        SettingsError: nothing can listen there; says what to do.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        return socket.create_server(found[0][4][:2], family=found[0][0])
    except OSError as error:
        why = str(error.strerror).partition(" (while")[0]  # Python adds the address, which stands before
        raise SettingsError(
            f"{what} cannot listen on {host}, port {port} ({why}); give another one with --host or --port, "
            "or end what listens there."
        ) from error
