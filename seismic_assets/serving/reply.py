"""The answer to one request on its way out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.types import Message, Receive, Scope, Send

_SERVER_ERROR = 500
# What uvloop says of a connection that the client reset; elsewhere a message to one that is gone is passed over.
_GONE = "handler is closed"


@dataclass(slots=True)
class Content:
    """Some bytes as a whole answer of status 200; `starlette.responses.Response` takes twice the time.

    Attributes:
        body: the bytes.
        media_type: of them.
        headers: further ones; neither type nor length.
    """

    body: bytes
    media_type: str
    headers: Mapping[str, str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        headers = [
            (b"content-type", self.media_type.encode("latin-1")),
            (b"content-length", str(len(self.body)).encode("latin-1")),
            *[(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in self.headers.items()],
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


class Reply:
    """Adds headers to an answer and knows its status.

    Attributes:
        status: of the answer; 500 before it began.
        begun: whether the client has been told the status.
    """

    def __init__(self, send: Send, headers: list[tuple[bytes, bytes]]) -> None:
        self._send = send
        self._headers = headers
        self.status = _SERVER_ERROR
        self.begun = False

    async def send(self, message: Message) -> None:
        """Send a part of the answer; to a client that is gone nothing is sent."""
        if message["type"] == "http.response.start":
            self.begun, self.status = True, message["status"]
            own = message.get("headers", [])
            named = {name for name, _ in own}
            message["headers"] = [*own, *[each for each in self._headers if each[0] not in named]]
        try:
            await self._send(message)
        except RuntimeError as error:
            if _GONE not in str(error):
                raise
