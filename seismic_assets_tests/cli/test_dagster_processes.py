"""`seismic dagster`: what is refused or told before a process of Dagster starts."""

import socket
import subprocess
from pathlib import Path

import pytest
import yaml

from seismic_assets_tests.commands import SEISMIC, environment, seismic
from seismic_assets_tests.ports import free_port


@pytest.mark.parametrize("address", ["code", ":4000", "code:", "code:x", "code:70000"])
@pytest.mark.parametrize("process", ["page", "daemon"])
def test_an_address_of_the_graph_that_is_none_is_refused(process: str, address: str, tmp_path: Path) -> None:
    done = seismic("dagster", process, "--code", address, "--storage-root", tmp_path)

    assert done.returncode == 2
    assert f"--code {address} is no address; give HOST:PORT" in done.stderr


@pytest.mark.parametrize("process", ["code", "page", "daemon"])
def test_a_history_that_does_not_answer_is_one_sentence(process: str, tmp_path: Path) -> None:
    database = f"postgresql://seismic:hush@127.0.0.1:{free_port()}/dagster"
    folders = {"landing_dir": str(tmp_path / "landing"), "storage_root": str(tmp_path / "storage")}
    at = [] if process == "daemon" else ["--port", str(free_port())]
    done = seismic("dagster", process, *at, dagster_database=database, **folders)

    assert done.returncode == 2
    assert "the database of SEISMIC_DAGSTER_DATABASE cannot be used" in done.stderr
    assert "Traceback" not in done.stderr and "hush" not in done.stderr


@pytest.mark.parametrize(("process", "what"), [("code", "the graph's server"), ("page", "the Dagster page")])
def test_a_port_that_is_taken_is_one_sentence(process: str, what: str, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        done = seismic("dagster", process, "--port", port, "--storage-root", tmp_path / "storage")

    assert done.returncode == 2
    assert f"{what} cannot listen on 127.0.0.1, port {port} (Address already in use); give another" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("process", ["page", "daemon"])
def test_a_graph_that_does_not_answer_is_one_sentence_before_dagster_starts(process: str, tmp_path: Path) -> None:
    silent = f"127.0.0.1:{free_port()}"
    at = [] if process == "daemon" else ["--port", str(free_port())]

    said = first_line("dagster", process, "--code", silent, *at, "--storage-root", str(tmp_path))

    assert said.startswith(f"Warning: the graph at {silent} does not answer; start `seismic dagster code`;")


def test_a_page_for_others_warns_and_knows_where_the_graph_is(tmp_path: Path) -> None:
    command = ["dagster", "page", "--host", "0.0.0.0", "--port", str(free_port()), "--code", "[::1]:4001"]

    said = first_line(*command, "--storage-root", str(tmp_path))

    assert said.startswith("Warning: the Dagster page asks nobody who they are")
    assert yaml.safe_load((tmp_path / "dagster" / "workspace.page.yaml").read_text()) == {
        "load_from": [{"grpc_server": {"host": "::1", "port": 4001, "location_name": "seismic_assets"}}]
    }


def first_line(*command: str) -> str:
    """What a process says first; then it is killed."""
    process = subprocess.Popen(
        [SEISMIC, *command], env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        return process.stderr.readline()
    finally:
        process.kill()
        process.communicate()
