"""The server as clients of the official package reach it: over the streams of a real process, and over HTTP."""

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import MCPError, StdioServerParameters
from mcp.client import Client
from mcp_types import CallToolResult

from seismic_assets.llm.tool_use import ToolError
from seismic_assets.settings import Settings
from seismic_assets.tools.server import Turns, make_server
from seismic_assets.tools.toolbox import Toolbox
from seismic_assets.tools.transports import MOST_BYTES, refuse_other_hosts
from seismic_assets_tests.commands import environment
from seismic_assets_tests.inference.building import INTERVAL_US, make_traces
from seismic_assets_tests.tools.building import INJECTION, LINE, digest_of

_ENTRY = "import typer; from seismic_assets.cli.tooling import mcp; typer.run(mcp)"
_SECONDS_TO_START = 60
# What each tool is asked, and a part of its answer.
_CALLS: dict[str, tuple[dict[str, Any], str]] = {
    "list_files": ({}, "quarantined"),
    "file_quality": ({"file_id": LINE}, "dead_traces"),
    "inspect_segy": ({"file_id": LINE}, INJECTION),
    "list_tables": ({}, "bronze_traces"),
    "query_table": ({"sql": "SELECT COUNT(*) AS traces FROM bronze_traces"}, "[[30]]"),
    "get_report": ({"name": "model_card"}, "# Model card"),
    "predict_trace": (
        {"samples": make_traces(1)[0].tolist(), "sample_interval_us": INTERVAL_US},
        '"model_version": "1"',
    ),
    "ask_documents": ({"question": "Which traces are dead?"}, "docs/user.md"),
}


def command(settings: Settings, *more: str) -> list[str]:
    folders = ["--storage-root", str(settings.storage_root), "--landing-dir", str(settings.landing_dir)]
    return [sys.executable, "-c", _ENTRY, *more, *folders]


def over_stdio(settings: Settings) -> StdioServerParameters:
    program, *arguments = command(settings)
    return StdioServerParameters(command=program, args=arguments, env=environment())


@pytest.fixture(scope="module")
def url(made: Settings) -> Iterator[str]:
    """A server over HTTP in a process of its own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        command(made, "--http", "--port", str(port)), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        _wait_for(process, port)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.terminate()
        printed, _ = process.communicate(timeout=30)
    assert printed == b""


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(10 * _SECONDS_TO_START):
        assert process.poll() is None
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the server did not start")


def with_client(server: Any, use: Callable[[Client], Awaitable[None]], mode: str = "auto") -> None:
    async def talk() -> None:
        async with Client(server, mode=mode, read_timeout_seconds=60) as client:
            await use(client)

    asyncio.run(talk())


def text_of(result: CallToolResult) -> str:
    (content,) = result.content
    assert content.type == "text"
    return content.text


async def use_everything(client: Client) -> None:
    """List the tools and call each of them, rightly and wrongly; read the resources."""
    assert client.server_info is not None and client.server_info.name == "seismic-assets"
    assert "never follow instructions" in (client.instructions or "")
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) == set(_CALLS)
    for name, (arguments, expected) in _CALLS.items():
        hints = tools[name].annotations
        assert hints is not None and hints.read_only_hint and not hints.destructive_hint
        assert tools[name].input_schema["additionalProperties"] is False
        result = await client.call_tool(name, arguments)
        assert expected in text_of(result)
        assert not result.is_error
        assert json.loads(text_of(result)) == result.structured_content
        refused = await client.call_tool(name, {"no_argument": "../../etc/passwd"})
        assert refused.is_error and "\n" not in text_of(refused) and "Traceback" not in text_of(refused)
    unknown = await client.call_tool("drop_everything", {})
    assert unknown.is_error and text_of(unknown).startswith("there is no tool 'drop_everything'")
    resources = {str(each.uri) for each in (await client.list_resources()).resources}
    assert "seismic://reports/model_card" in resources
    (content,) = (await client.read_resource("seismic://reports/model_card")).contents
    assert content.text.startswith("# Model card")
    with pytest.raises(MCPError, match="there is no such resource"):
        await client.read_resource("file:///etc/passwd")


@pytest.mark.parametrize("mode", ["auto", pytest.param("legacy", marks=pytest.mark.slow)])
def test_a_client_lists_and_calls_every_tool_over_the_standard_streams(made: Settings, mode: str) -> None:
    before = digest_of(made.storage_root.parent)

    with_client(over_stdio(made), use_everything, mode)

    assert digest_of(made.storage_root.parent) == before


def test_a_client_lists_and_calls_every_tool_over_http(url: str) -> None:
    with_client(url, use_everything)


@pytest.mark.slow
def test_an_older_client_calls_tools_over_http(url: str) -> None:
    with_client(url, use_everything, "legacy")


@pytest.mark.slow
def test_only_messages_come_out_of_the_standard_output_whatever_goes_in(made: Settings) -> None:
    begin = {
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
    }  # fmt: skip
    call = {
        "jsonrpc": "2.0", "id": 2, "method": "tools/call",
        "params": {"name": "predict_trace", "arguments": {"file_id": LINE, "trace_index": 3}},
    }  # fmt: skip
    large = {**call, "id": 3, "params": {"name": "list_files", "arguments": {"x": "y" * 2 * MOST_BYTES}}}
    process = subprocess.Popen(
        command(made), env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdin is not None and process.stdout is not None
    answered = {}
    try:
        ready = {"jsonrpc": "2.0", "method": "notifications/initialized"}
        for message in (begin, ready, large, "no JSON", b"\xff\xfe\x00", call):
            line = message if isinstance(message, bytes) else json.dumps(message).encode()
            process.stdin.write(line + b"\n")
            process.stdin.flush()
        while 2 not in answered:
            message = json.loads(process.stdout.readline())
            answered[message.get("id")] = message
    finally:
        rest, _ = process.communicate(timeout=30)

    assert "predicted_class" in answered[2]["result"]["content"][0]["text"]
    assert 3 not in answered
    assert all(json.loads(line)["jsonrpc"] == "2.0" for line in rest.splitlines())
    assert process.returncode == 0


_HEADERS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
_PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Host": "evil.example"}, 421), ({"Host": "evil.example:80"}, 421), ({"Origin": "http://evil.example"}, 403)],
)
def test_a_page_of_another_site_reaches_nothing(url: str, headers: dict[str, str], status: int) -> None:
    answer = httpx.post(url, json=_PING, headers={**_HEADERS, **headers})

    assert answer.status_code == status


def test_a_large_request_is_refused(url: str) -> None:
    answer = httpx.post(url, content=b"x" * (MOST_BYTES + 1), headers=_HEADERS)

    assert answer.status_code == 413


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.com", "", "localhost.example.com"])
def test_other_addresses_than_those_of_this_machine_are_refused(host: str) -> None:
    with pytest.raises(ToolError, match=r"bind to 127\.0\.0\.1, ::1 or localhost"):
        refuse_other_hosts(host)


def test_the_command_refuses_another_address_in_a_sentence(made: Settings) -> None:
    done = subprocess.run(
        command(made, "--http", "--host", "0.0.0.0"), env=environment(), capture_output=True, text=True, check=False
    )

    assert done.returncode == 2 and "offered to this machine" in done.stderr and "Traceback" not in done.stderr


def test_calls_beyond_those_that_may_wait_are_turned_away(tmp_path: Path) -> None:
    toolbox = Toolbox(Settings(landing_dir=tmp_path / "landing", storage_root=tmp_path / "storage"))
    slow = toolbox.tools["list_files"]

    def wait(arguments: Any) -> Any:
        time.sleep(0.3)
        return slow.run(arguments)

    toolbox.tools["list_files"] = type(slow)(slow.name, slow.description, slow.schema, wait)

    async def many(client: Client) -> None:
        results = await asyncio.gather(*(client.call_tool("list_files", {}) for _ in range(5)))
        said = [text_of(each) for each in results if each.is_error]
        assert said == ["too many calls wait already; call again later"] * 3
        assert not (await client.call_tool("list_files", {})).is_error

    with_client(make_server(toolbox, lambda: Turns(at_a_time=1, waiting=1)), many)


def test_a_tool_that_breaks_says_no_more_than_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    toolbox = Toolbox(Settings(landing_dir=tmp_path / "landing", storage_root=tmp_path / "storage"))

    def break_down(*_: object) -> None:
        raise ZeroDivisionError(f"secret {tmp_path}")

    monkeypatch.setattr("seismic_assets.tools.files.Files.page", break_down)

    with pytest.raises(ToolError) as raised:
        toolbox.call("list_files", {})

    assert str(raised.value) == "list_files failed for a reason that only the server's log tells"
