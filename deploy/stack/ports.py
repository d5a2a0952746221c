"""Which port of the loopback interface each service gets."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from deploy.stack.errors import StackError

LOOPBACK = "127.0.0.1"


def chosen(services: Mapping[str, Mapping[str, Any]], given: Mapping[str, int], free: bool) -> dict[str, int]:
    """A port for each service that has one.

    Args:
        services: as their compose files have them, without addresses of this machine.
        given: ports by the name of a service.
        free: whether those that are not given are any that are free; else they are those that the compose files
            publish, or that the service listens at in its container.

    Raises:
        StackError: a port was given to what has none, or to two; or one is taken.
    """
    usual = {name: _usual(service) for name, service in services.items() if service.get("expose")}
    if strange := sorted(set(given) - set(usual)):
        raise StackError(f"{', '.join(strange)} has no port to choose; these have: {', '.join(sorted(usual))}.")
    rest = [name for name in usual if name not in given]
    ports = {**dict(zip(rest, _free(len(rest)), strict=True)), **given} if free else {**usual, **given}
    _check(ports)
    return ports


def container_port(service: Mapping[str, Any]) -> int:
    """The port that a service listens at in its container."""
    return int(service["expose"][0])


def _usual(service: Mapping[str, Any]) -> int:
    inside = container_port(service)
    for mapping in service.get("ports", ()):
        *_, published, target = str(mapping).split(":")
        if int(target) == inside:
            return int(published)
    return inside


def _check(ports: Mapping[str, int]) -> None:
    for name, port in ports.items():
        if twin := next((other for other in ports if other != name and ports[other] == port), None):
            raise StackError(f"port {port} is asked for by {name} and by {twin}; give one another with --port NAME=N.")
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((LOOPBACK, port))
            except OSError as error:
                raise StackError(
                    f"port {port} of {name} cannot be used ({error.strerror}); end what listens there, or give another "
                    f"with --port {name}=N, or --free-ports."
                ) from error


def _free(count: int) -> list[int]:
    """Ports that nobody listens at; held together, so that none is given twice."""
    with ExitStack() as stack:
        held = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in held:
            each.bind((LOOPBACK, 0))
        return [int(each.getsockname()[1]) for each in held]
