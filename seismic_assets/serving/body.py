"""The body of a request: read within a limit and within a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import HTTPException, Request

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
    try:
        async with asyncio.timeout(seconds):
            parts = [part async for part in chunks(request, most, held)]
    except TimeoutError:
        raise _too_slow(seconds) from None
    return parts[0] if len(parts) == 1 else b"".join(parts)


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
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise HTTPException(415, "the body is compressed (Content-Encoding); send it as it is")
    announced = request.headers.get("content-length", "")
    size = int(announced[:20]) if announced.isascii() and announced.isdigit() else 0
    if size > most:
        raise _too_large(most)
    if held is not None:
        held.grow_to(size)
    arrived, more = 0, True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise HTTPException(400, "the connection was closed before the body was complete; send it again")
        chunk, more = message.get("body", b""), message.get("more_body", False)
        arrived += len(chunk)
        if arrived > most:
            raise _too_large(most)
        if held is not None and arrived > size:
            held.grow_to(arrived)
        if chunk:
            yield chunk


def _too_slow(seconds: float) -> HTTPException:
    return HTTPException(408, f"the body was not complete within {seconds:g} s; send it faster, or less")


def _too_large(most: int) -> HTTPException:
    return HTTPException(413, f"the body is larger than {most // _MEGABYTE} MB; send the traces in parts")
