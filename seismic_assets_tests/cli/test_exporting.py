"""`seismic exporter`: where it listens, what it shows, how it ends."""

import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from seismic_assets.cli.exporting import graph_of
from seismic_assets.settings import load_settings
from seismic_assets_tests.commands import SEISMIC, environment, seismic


@contextmanager
def exporting(root: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str, list[str]]]:
    """The process, its address, and what it said up to there."""
    command = [str(SEISMIC), "exporter", "--storage-root", str(root), "--port", "0", *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment()) as process:
        assert process.stderr is not None
        said: list[str] = []
        try:
            for line in process.stderr:
                said.append(line)
                if found := re.search(r"metrics at (http://\S+)/metrics", line):
                    yield process, found[1], said
                    return
            pytest.fail("".join(said))
        finally:
            process.kill()


def test_it_serves_before_anything_was_run_makes_nothing_and_ends_on_sigterm(tmp_path: Path) -> None:
    with exporting(tmp_path / "storage") as (process, address, said):
        text = httpx.get(f"{address}/metrics", timeout=60, trust_env=False).text
        process.send_signal(signal.SIGTERM)
        status = process.wait(60)

    assert address.startswith("http://127.0.0.1:")
    assert 'seismic_pipeline_up{part="tables"} 0.0' in text
    assert "Warning" not in "".join(said)
    assert status in (0, -signal.SIGTERM)
    assert list(tmp_path.iterdir()) == []


def test_who_lets_others_in_is_warned(tmp_path: Path) -> None:
    with exporting(tmp_path, "--host", "0.0.0.0") as (_, _, said):
        assert "the exporter asks for no key, and others may read it on 0.0.0.0" in "".join(said)


def test_an_address_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        result = seismic("exporter", "--storage-root", tmp_path, "--port", port)

    assert result.returncode == 2
    assert f"the exporter cannot listen on 127.0.0.1, port {port}" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_host_that_does_not_exist_is_one_sentence(tmp_path: Path) -> None:
    result = seismic("exporter", "--storage-root", tmp_path, "--host", "no.such.host.invalid")

    assert result.returncode == 2
    assert "the exporter cannot listen on no.such.host.invalid" in result.stderr


def test_groups_and_checks_are_those_of_the_definitions(tmp_path: Path) -> None:
    graph = graph_of(load_settings(storage_root=tmp_path))

    assert graph.group("bronze_traces") == "bronze"
    assert graph.group("seismic_classifier") == "model"
    assert ("trace_quality", "traces_sound") in graph.checks
    assert {asset for asset, _ in graph.checks} <= set(graph.groups)
