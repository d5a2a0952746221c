"""The body of a request: read within a limit and within a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from fastapi import HTTPException, Request
from starlette.types import Message, Receive

from seismic_assets.serving.admission import Held

_MEGABYTE = 1024 * 1024


async def read_body(request: Request, most: int, seconds: float, held: Held | None = None) -> bytes:
    """The whole body.

    Args:
        request: whose body has not been read.
        most: bytes; a larger body is refused by its header or as it arrives.
        seconds: within which it is to be here.
        held: where its bytes are counted.

    Raises:
        HTTPException: 400, 408, 413, 415, 503: it is cut off, too slow, too large, compressed, or too much to hold.
    """
    return await read_message(request.headers, request.receive, most, seconds, held)


async def read_message(
    headers: Mapping[str, str], receive: Receive, most: int, seconds: float, held: Held | None = None
) -> bytes:
    """As `read_body`, of what the server gives: the request's headers, by lower-case name, and its messages."""
    arriving = _Arriving(headers, most, held)
    try:
        async with asyncio.timeout(seconds):
            first = arriving.take(await receive())
            if not arriving.more:
                return first
            parts = [first]
            while arriving.more:
                parts.append(arriving.take(await receive()))
    except TimeoutError:
        raise _too_slow(seconds) from None
    return b"".join(parts)


@asynccontextmanager
async def in_time(seconds: float) -> AsyncIterator[None]:
    """Around the reading of a body.

    Raises:
        HTTPException: 408, it took longer.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise _too_slow(seconds) from None


async def chunks(request: Request, most: int, held: Held | None = None) -> AsyncIterator[bytes]:
    """The body as it arrives, without a limit of time; see `read_body`."""
    arriving = _Arriving(request.headers, most, held)
    while arriving.more:
        chunk = arriving.take(await request.receive())
        if chunk:
            yield chunk


class _Arriving:
    """The messages of a body, counted as they come; `more` says whether there is more to come."""

    def __init__(self, headers: Mapping[str, str], most: int, held: Held | None) -> None:
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise HTTPException(415, "the body is compressed (Content-Encoding); send it as it is")
        announced = headers.get("content-length", "")
        self._size = int(announced[:20]) if announced.isascii() and announced.isdigit() else 0
        if self._size > most:
            raise _too_large(most)
        if held is not None:
            held.grow_to(self._size)
        self._held, self._most, self._arrived = held, most, 0
        self.more = True

    def take(self, message: Message) -> bytes:
        """What a message brings of the body."""
        if message["type"] == "http.disconnect":
            raise HTTPException(400, "the connection was closed before the body was complete; send it again")
        chunk: bytes = message.get("body", b"")
        self.more = message.get("more_body", False)
        self._arrived += len(chunk)
        if self._arrived > self._most:
            raise _too_large(self._most)
        if self._held is not None and self._arrived > self._size:
            self._held.grow_to(self._arrived)
        return chunk


def _too_slow(seconds: float) -> HTTPException:
    return HTTPException(408, f"the body was not complete within {seconds:g} s; send it faster, or less")


def _too_large(most: int) -> HTTPException:
    return HTTPException(413, f"the body is larger than {most // _MEGABYTE} MB; send the traces in parts")
