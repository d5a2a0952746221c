"""A bound on what a server may send: neither a flood nor a line without end fills the memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import httpx

from seismic_assets.llm.client.failures import EndlessError, GarbledError


@dataclass(frozen=True)
class Bounds:
    """How much of an answer is read.

    Attributes:
        line_bytes: of one line.
        total_bytes: of all lines.
    """

    line_bytes: int
    total_bytes: int


def bounding(bounds: Bounds, who: str) -> Callable[[httpx.Response], Awaitable[None]]:
    """A hook for responses that ends the ones that go beyond bounds.

    Args:
        bounds: what is read at most.
        who: model and server, for the message.
    """

    async def bound(response: httpx.Response) -> None:
        # What is compressed may be a thousand times as large as what came, and nothing was asked for compressed.
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise GarbledError(f"{who} sends compressed answers, which were not asked for; is it an Ollama server?")
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _Bounded(response.stream, bounds, who)

    return bound


class _Bounded(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream, bounds: Bounds, who: str) -> None:
        self._stream = stream
        self._bounds = bounds
        self._who = who

    async def __aiter__(self) -> AsyncIterator[bytes]:
        total = line = 0
        async for piece in self._stream:
            total += len(piece)
            newline = piece.rfind(b"\n")
            line = line + len(piece) if newline < 0 else len(piece) - newline - 1
            if line > self._bounds.line_bytes:
                raise EndlessError(f"{self._who} sent a line of more than {self._bounds.line_bytes:,} bytes; {_CUT}")
            if total > self._bounds.total_bytes:
                raise EndlessError(f"{self._who} sent more than {self._bounds.total_bytes:,} bytes; {_CUT}")
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()


_CUT = "it was cut off; look at what listens there"
