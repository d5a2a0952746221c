"""Addresses of servers of language models: `http://host:port`, and the path that a gateway has them at."""

from __future__ import annotations

import ipaddress
import re

_ADDRESS = re.compile(
    r"https?://(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9])?)*"
    r"|\[(?P<literal>[0-9A-Fa-f:.]+)\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)*)"
)
_API = "/api"  # what the client puts behind the address


def check_address(host: str) -> None:
    """Refuse what is no address of a server, or holds more than that.

    Raises:
        ValueError: a sentence that repeats no password.
    """
    found = _ADDRESS.fullmatch(host)
    if found is None or not _possible(found):
        shown = without_secret(host)
        raise ValueError(f"{shown!r} is no address of an Ollama server; give http://host:port{_more(host, found)}")


def without_secret(host: str) -> str:
    """What may be shown of an address: neither what stands before an `@` nor what stands behind a `?`.

    What was left out leaves a mark that no address has.
    """
    before, at, after = host.rpartition("@")
    scheme = f"{before.partition('://')[0]}://" if "://" in before else ""
    place, asked, _ = after.partition("?")
    return f"{f'{scheme}...@' if at else ''}{place}{'?...' if asked else ''}"


def _more(host: str, found: re.Match[str] | None) -> str:
    if "@" in host:
        return ", without a user or password"
    if found is not None and found["path"].endswith(_API):
        return f", without {_API} at its end"
    return ", with nothing after the port but the path of a gateway"


def _possible(found: re.Match[str]) -> bool:
    port, literal = found["port"], found["literal"]
    if port is not None and not 1 <= int(port) <= 65_535:
        return False
    if found["path"].endswith(_API):
        return False
    try:
        return literal is None or ipaddress.IPv6Address(literal).version == 6
    except ValueError:
        return False
