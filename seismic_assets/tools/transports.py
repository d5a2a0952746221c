"""How the server is reached: over the standard streams of a process, or over HTTP of this machine only."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import anyio

from seismic_assets.llm.tool_use import ToolError

if TYPE_CHECKING:
    from mcp.server.lowlevel.server import Server
    from starlette.applications import Starlette

MOST_BYTES = 1 << 20
PATH = "/mcp"
_MOST_SESSIONS = 32
_MOST_CONNECTIONS = 64
_IDLE_SECONDS = 1800.0


class BoundedLines:
    """Lines of a stream as text; of one that is too long only an empty line is left, which is no message."""

    def __init__(self, stream: BinaryIO, most: int = MOST_BYTES) -> None:
        self._stream = stream
        self._most = most

    def __aiter__(self) -> AsyncIterator[str]:
        return self

    async def __anext__(self) -> str:
        # A process that ends does not wait for a line that may never come.
        line = await anyio.to_thread.run_sync(self._next, abandon_on_cancel=True)
        if not line:
            raise StopAsyncIteration
        return line.decode(errors="replace")

    def _next(self) -> bytes:
        line = self._stream.readline(self._most)
        if len(line) < self._most or line.endswith(b"\n"):
            return line
        while line and not line.endswith(b"\n"):
            line = self._stream.readline(self._most)
        return b"\n"


def serve_stdio(server: Server[Any]) -> None:
    """Serve the process that started this one, until it closes the stream or ends this one by a signal."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # Ctrl-C would wait for the thread that reads, and that for a line; no tool leaves anything half done.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        asyncio.run(_stdio(server))
    except* BrokenPipeError:
        # Nobody reads the answers any more: an end like any other, with that thread still waiting.
        os._exit(0)


async def _stdio(server: Server[Any]) -> None:
    from mcp.server.stdio import stdio_server

    lines = cast("anyio.AsyncFile[str]", BoundedLines(sys.stdin.buffer))
    async with stdio_server(stdin=lines) as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


def http_application(server: Server[Any], host: str, port: int) -> Starlette:
    """The server over HTTP, at /mcp; requests of another Host or Origin than this machine are refused.

    Raises:
        ToolError: the host is not this machine alone.
    """
    from mcp.server.transport_security import TransportSecuritySettings

    refuse_other_hosts(host)
    names = sorted({f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]", _in_url(host))})
    security = TransportSecuritySettings(
        enable_dns_rebinding_protection=True, allowed_hosts=names, allowed_origins=[f"http://{name}" for name in names]
    )
    return server.streamable_http_app(
        streamable_http_path=PATH,
        max_request_body_size=MOST_BYTES,
        max_sessions=_MOST_SESSIONS,
        session_idle_timeout=_IDLE_SECONDS,
        transport_security=security,
        host=host,
    )


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        ToolError: the host is not this machine alone, or something else listens there.
    """
    refuse_other_hosts(host)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        why = os.strerror(error.errno or 0)  # the error's own words name the address once more
        raise ToolError(
            f"the tools cannot be offered at {host}, port {port} ({why}); take another --port, or end what is there"
        ) from error


def address_of(host: str, port: int) -> str:
    """Where a client finds the tools."""
    return f"http://{_in_url(host)}:{port}{PATH}"


def serve_http(server: Server[Any], door: socket.socket, host: str, port: int) -> None:
    """Serve over HTTP until the process is told to end.

    Args:
        server: of the tools.
        door: that listens.
        host: of it, as clients name it.
        port: of it.
    """
    import uvicorn

    config = uvicorn.Config(
        http_application(server, host, port),
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=5,
    )
    uvicorn.Server(config).run(sockets=[door])


def refuse_other_hosts(host: str) -> None:
    """See that an address is that of this machine alone: the tools ask for no key.

    Raises:
        ToolError: it is not.
    """
    try:
        alone = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        alone = False
    if not alone:
        raise ToolError(
            f"the tools ask for no key and are offered to this machine alone; bind to 127.0.0.1, ::1 or localhost, "
            f"not to {host[:100]}"
        )


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
