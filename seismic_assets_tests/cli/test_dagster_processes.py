"""`seismic dagster`: what is refused before a process of Dagster starts."""

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
    done = seismic("dagster", process, dagster_database=database, **folders)

    assert done.returncode == 2
    assert "the database of SEISMIC_DAGSTER_DATABASE cannot be used" in done.stderr
    assert "Traceback" not in done.stderr and "hush" not in done.stderr


def test_a_page_for_others_warns_and_knows_where_the_graph_is(tmp_path: Path) -> None:
    command = ["dagster", "page", "--host", "0.0.0.0", "--port", str(free_port()), "--code", "[::1]:4001"]
    process = subprocess.Popen(
        [SEISMIC, *command, "--storage-root", tmp_path],
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        said = process.stderr.readline()
    finally:
        process.kill()
        process.communicate()

    assert said.startswith("Warning: the Dagster page asks nobody who they are")
    assert yaml.safe_load((tmp_path / "dagster" / "workspace.page.yaml").read_text()) == {
        "load_from": [{"grpc_server": {"host": "::1", "port": 4001, "location_name": "seismic_assets"}}]
    }
