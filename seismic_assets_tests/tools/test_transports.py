"""What may happen to a server from outside: clients that vanish, signals, noise, and pages of other sites."""

import asyncio
import signal
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from mcp import MCPError
from mcp.client import Client

from seismic_assets.llm.tool_use import ToolError
from seismic_assets.settings import Settings
from seismic_assets.tools.transports import MOST_BYTES, refuse_other_hosts
from seismic_assets_tests.commands import environment, seismic
from seismic_assets_tests.tools.building import LINE
from seismic_assets_tests.tools.serving import (
    BEGIN,
    ENDLESS,
    READY,
    are_over,
    calls,
    command,
    over_http,
    queries_of,
    streams,
    wait_until,
)

# A tool that writes, warns and has a program write, all to the standard output.
_NOISY = """
import os, subprocess, sys, warnings, typer
from seismic_assets.cli.tooling import mcp
from seismic_assets.tools.files import Files
warnings.simplefilter("always")
page = Files.page
def noisy(*arguments):
    print("NOISE by print")
    os.write(1, b"NOISE of a library\\n")
    subprocess.run(["echo", "NOISE of a program"])
    warnings.warn("NOISE of a warning")
    return page(*arguments)
Files.page = noisy
typer.run(mcp)
"""


@pytest.mark.slow
def test_only_messages_come_out_of_the_standard_output_whatever_goes_in(made: Settings) -> None:
    large = calls(3, "list_files", x="y" * 2 * MOST_BYTES)
    with streams(made) as server:
        server.send(
            BEGIN, READY, large, b"no JSON", b"\xff\xfe\x00", calls(2, "predict_trace", file_id=LINE, trace_index=3)
        )
        answer = server.answer(2)
        printed, _ = server.end()

    assert answer["result"]["structuredContent"]["trace_index"] == 3
    assert printed == b""
    assert server.process.returncode == 0


def test_what_a_tool_prints_and_warns_does_not_come_between_messages(made: Settings) -> None:
    with streams(made, _NOISY) as server:
        server.begin()
        server.send(calls(2, "list_files"))
        answer = server.answer(2)
        printed, errors = server.end()

    assert answer["result"]["structuredContent"]["total"] == 2
    assert printed == b""
    assert errors.count("NOISE") >= 4


def test_a_client_that_goes_away_in_mid_call_ends_server_and_query(made: Settings) -> None:
    with streams(made) as server:
        server.begin()
        server.send(calls(2, "query_table", sql=ENDLESS))
        wait_until(lambda: queries_of(server.process))
        queries = queries_of(server.process)
        assert server.process.stdin is not None and server.process.stdout is not None
        server.process.stdout.close()
        server.process.stdin.close()
        wait_until(lambda: server.process.poll() is not None)
        wait_until(lambda: are_over(queries))
        assert server.process.stderr is not None
        errors = server.process.stderr.read()

    assert server.process.returncode == 0
    assert errors == b""


def test_a_client_that_listens_no_more_ends_the_server(made: Settings) -> None:
    with streams(made) as server:
        server.begin()
        assert server.process.stdout is not None and server.process.stderr is not None
        server.process.stdout.close()
        server.send(calls(2, "list_files"))
        wait_until(lambda: server.process.poll() is not None)
        errors = server.process.stderr.read()

    assert (server.process.returncode, errors) == (0, b"")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_server_that_is_told_to_end_in_mid_call_leaves_nothing_behind(made: Settings, number: signal.Signals) -> None:
    with streams(made) as server:
        server.begin()
        server.send(calls(2, "query_table", sql=ENDLESS))
        wait_until(lambda: queries_of(server.process))
        queries = queries_of(server.process)
        server.process.send_signal(number)
        wait_until(lambda: server.process.poll() is not None)
        wait_until(lambda: are_over(queries))
        printed, errors = server.end()

    assert server.process.returncode == -number
    assert (printed, errors) == (b"", "")


def test_a_server_over_http_that_is_told_to_end_in_mid_call_leaves_nothing_behind(made: Settings) -> None:
    with over_http(made) as (process, url):

        def end_in_mid_call() -> None:
            wait_until(lambda: queries_of(process))
            queries = queries_of(process)
            process.send_signal(signal.SIGTERM)
            wait_until(lambda: process.poll() is not None and are_over(queries))

        async def call() -> None:
            async with Client(url, read_timeout_seconds=60) as client:
                await client.call_tool("query_table", {"sql": ENDLESS})

        with ThreadPoolExecutor(1) as beside:
            ending = beside.submit(end_in_mid_call)
            with pytest.raises((ExceptionGroup, MCPError)):  # that its server is gone
                asyncio.run(call())
            ending.result()
        assert process.poll() == -signal.SIGTERM
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()


@pytest.fixture(scope="module")
def served(made: Settings) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    with over_http(made) as both:
        yield both


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_call_over_http_that_is_given_up_ends_its_query_and_others_are_served(
    served: tuple[subprocess.Popen[bytes], str], mode: str
) -> None:
    process, url = served

    async def give_up() -> None:
        async with Client(url, mode=mode, read_timeout_seconds=60) as client:
            call = asyncio.create_task(client.call_tool("query_table", {"sql": ENDLESS}))
            await asyncio.to_thread(wait_until, lambda: queries_of(process))
            queries = queries_of(process)
            async with Client(url, mode=mode, read_timeout_seconds=60) as other:
                assert not (await other.call_tool("list_files", {})).is_error
            assert not are_over(queries)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            await asyncio.to_thread(wait_until, lambda: are_over(queries))
            assert not (await client.call_tool("list_files", {})).is_error

    asyncio.run(give_up())


_HEADERS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "evil.example:80"}, 421),
        ({"Host": "localhost.evil.example"}, 421),
        ({"Host": "127.0.0.1:1"}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "https://127.0.0.1"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_a_page_of_another_site_reaches_nothing(
    served: tuple[subprocess.Popen[bytes], str], method: str, headers: dict[str, str], status: int
) -> None:
    content = calls(2, "list_files") if method == "POST" else None

    answer = httpx.request(method, served[1], json=content, headers={**_HEADERS, **headers}, trust_env=False)

    assert answer.status_code == status
    assert LINE not in answer.text


def test_a_large_request_is_refused(served: tuple[subprocess.Popen[bytes], str]) -> None:
    answer = httpx.post(served[1], content=b"x" * (MOST_BYTES + 1), headers=_HEADERS, trust_env=False)

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


def test_a_port_that_is_taken_is_a_sentence(made: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            command(made, "--http", "--port", port), env=environment(), capture_output=True, text=True, check=False
        )

    said = " ".join(done.stderr.replace("│", " ").split())
    assert done.returncode == 2 and f"cannot be offered at 127.0.0.1, port {port} (Address already in use)" in said
    assert "Traceback" not in done.stderr and "tools at" not in done.stderr


def test_a_folder_without_a_deployment_is_told_at_the_start(tmp_path: Path) -> None:
    empty = Settings(landing_dir=tmp_path / "landing", storage_root=tmp_path / "storage")
    empty.landing_dir.mkdir()
    empty.storage_root.mkdir()
    with streams(empty) as server:
        server.begin()
        server.send(calls(2, "list_files"))
        answer = server.answer(2)
        _, errors = server.end()

    assert f"there is no deployment in {tmp_path / 'storage'} yet" in errors
    assert "`seismic run` makes it" in answer["result"]["content"][0]["text"]
    assert [list(folder.iterdir()) for folder in (empty.landing_dir, empty.storage_root)] == [[], []]


@pytest.mark.parametrize("option", ["--storage-root", "--landing-dir"])
def test_a_folder_that_is_not_there_is_a_sentence(made: Settings, tmp_path: Path, option: str) -> None:
    folders = {"--storage-root": made.storage_root, "--landing-dir": made.landing_dir, option: tmp_path / "misspelt"}

    done = seismic("mcp", *(part for pair in folders.items() for part in pair))

    assert done.returncode == 2 and done.stdout == "" and "Traceback" not in done.stderr
    assert f"{tmp_path / 'misspelt'} does not exist" in done.stderr and option in done.stderr


def test_an_address_of_the_newer_kind_is_served_too(made: Settings) -> None:
    with over_http(made, "::1") as (_, url):
        assert url.startswith("http://[::1]:")

        async def look() -> None:
            async with Client(url, read_timeout_seconds=60) as client:
                assert (await client.call_tool("list_files", {})).structured_content["total"] == 2

        asyncio.run(look())
