"""Addresses of databases and servers that a setting names: whether they can be read, without telling a password."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic_core import PydanticCustomError

NOT_TOLD = "not_told"
"""Type of an error whose value may hold a password: the variable is named, and the value is not."""

_HTTP = ("http", "https")
_MOST = 65535


def check_readable(address: str) -> None:
    """Go on where what connects can read an address: its brackets and its port.

    Raises:
        PydanticCustomError: it cannot be read; says how one is written, and nothing of this one.
    """
    scheme = address.partition("://")[0].lower()
    if not (_http_reads(address) if scheme in _HTTP else _database_reads(address)):
        # Those who read it say in their error what they read.
        written = f"{scheme}://HOST:PORT" if scheme in _HTTP else "postgresql://USER:PASSWORD@HOST:PORT/NAME"
        raise PydanticCustomError(NOT_TOLD, "give {written}", {"written": written})


def _http_reads(address: str) -> bool:
    try:
        return urlsplit(address).port != 0
    except ValueError:
        return False


def _database_reads(address: str) -> bool:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        urlsplit(address)  # of brackets only: a port is found otherwise where a password holds / or #
        port = make_url(address).port
    except (ValueError, ArgumentError):
        return False
    return port is None or 0 < port <= _MOST
