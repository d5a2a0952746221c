"""Servers as processes of their own, and clients of the official package."""

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import pytest
from mcp import StdioServerParameters
from mcp.client import Client
from mcp_types import CallToolResult

from seismic_assets.settings import Settings
from seismic_assets.tools.transports import address_of
from seismic_assets_tests.commands import environment

_SECONDS = 60
ENTRY = "import typer; from seismic_assets.cli.tooling import mcp; typer.run(mcp)"
# Eight times the 30 traces with each other: as long as a query may take.
ENDLESS = "SELECT COUNT(*) AS n FROM {tables} WHERE {sum} < 0".format(
    tables=" CROSS JOIN ".join(f"bronze_traces t{number}" for number in range(8)),
    sum=" + ".join(f"t{number}.trace_index" for number in range(8)),
)
BEGIN = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
}
READY = {"jsonrpc": "2.0", "method": "notifications/initialized"}


def command(settings: Settings, *more: str, entry: str = ENTRY) -> list[str]:
    folders = ["--storage-root", str(settings.storage_root), "--landing-dir", str(settings.landing_dir)]
    return [sys.executable, "-c", entry, *more, *folders]


def over_stdio(settings: Settings) -> StdioServerParameters:
    program, *arguments = command(settings)
    return StdioServerParameters(command=program, args=arguments, env=environment())


def with_client(server: Any, use: Callable[[Client], Awaitable[None]], mode: str = "auto") -> None:
    async def talk() -> None:
        async with Client(server, mode=mode, read_timeout_seconds=60) as client:
            await use(client)

    asyncio.run(talk())


def text_of(result: CallToolResult) -> str:
    (content,) = result.content
    assert content.type == "text"
    return content.text


def calls(number: int, tool: str, **arguments: Any) -> dict[str, Any]:
    """The message that calls a tool."""
    return {
        "jsonrpc": "2.0",
        "id": number,
        "method": "tools/call",
        "params": {"name": tool, "arguments": arguments},
    }


class Streams:
    """A server over its standard streams, spoken to line by line."""

    def __init__(self, settings: Settings, entry: str = ENTRY) -> None:
        self.process = subprocess.Popen(
            command(settings, entry=entry),
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def send(self, *messages: dict[str, Any] | bytes) -> None:
        assert self.process.stdin is not None
        for message in messages:
            line = message if isinstance(message, bytes) else json.dumps(message).encode()
            self.process.stdin.write(line + b"\n")
            self.process.stdin.flush()

    def answer(self, number: int) -> dict[str, Any]:
        """The answer to a message; every line before it must be a message too."""
        assert self.process.stdout is not None
        while True:
            message: dict[str, Any] = json.loads(self.process.stdout.readline())
            assert message["jsonrpc"] == "2.0"
            if message.get("id") == number:
                return message

    def begin(self) -> None:
        self.send(BEGIN)
        self.answer(1)
        self.send(READY)

    def end(self) -> tuple[bytes, str]:
        """What is left of both streams once the server is no more."""
        printed, errors = self.process.communicate(timeout=_SECONDS)
        return printed, errors.decode()


@contextmanager
def streams(settings: Settings, entry: str = ENTRY) -> Iterator[Streams]:
    """A server that is no more at the end, whatever happens."""
    server = Streams(settings, entry)
    try:
        yield server
    finally:
        server.process.kill()
        server.process.wait()


@contextmanager
def over_http(settings: Settings, host: str = "127.0.0.1") -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A server over HTTP in a process of its own, and its address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        command(settings, "--http", "--host", host, "--port", str(port)),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        wait_until(lambda: process.poll() is not None or _listens(host, port))
        assert process.poll() is None
        yield process, address_of(host, port)
    finally:
        process.terminate()
        printed, _ = process.communicate(timeout=_SECONDS)
    assert printed == b""


def queries_of(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """The processes that compute queries for a server."""
    return [child for child in psutil.Process(process.pid).children() if child.is_running()]


def are_over(processes: list[psutil.Process]) -> bool:
    """Whether they ended; those whose parent ended first may not have been collected by anybody yet."""
    return all(not each.is_running() or each.status() == psutil.STATUS_ZOMBIE for each in processes)


def wait_until(holds: Callable[[], Any]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not holds():
        if time.monotonic() > deadline:
            pytest.fail("it did not come about")
        time.sleep(0.05)


def _listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True
