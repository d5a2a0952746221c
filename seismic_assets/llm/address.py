"""Addresses of servers of language models: `http://host:port`, and nothing else."""

from __future__ import annotations

import ipaddress
import re

_ADDRESS = re.compile(
    r"https?://(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9])?)*"
    r"|\[(?P<literal>[0-9A-Fa-f:.]+)\])(?::(?P<port>[0-9]{1,5}))?"
)


def check_address(host: str) -> None:
    """Refuse what is no address of a server, or holds more than that.

    Raises:
        ValueError: a sentence that repeats no password.
    """
    found = _ADDRESS.fullmatch(host)
    if found is None or not _possible(found):
        more = ", without a user or password" if "@" in host else ", with nothing after the port"
        raise ValueError(f"{_without_secret(host)!r} is no address of an Ollama server; give http://host:port{more}")


def _possible(found: re.Match[str]) -> bool:
    port, literal = found["port"], found["literal"]
    if port is not None and not 1 <= int(port) <= 65_535:
        return False
    try:
        return literal is None or ipaddress.IPv6Address(literal).version == 6
    except ValueError:
        return False


def _without_secret(host: str) -> str:
    """What a message may show of an address: not what stands before an `@`."""
    before, at, after = host.rpartition("@")
    return f"{before.partition('://')[0]}://...@{after}" if at and "://" in before else f"...@{after}" if at else host
