"""Addresses that a process of ours binds to, and who reaches them."""

from __future__ import annotations

import ipaddress

from seismic_assets.cli.render import errors


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
