"""`seismic predict` as a person or a script runs it: with a bundle folder, so that no registry is needed."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import polars as pl
import pytest

from seismic_assets.deployment import registry_of
from seismic_assets.settings import load_settings
from seismic_assets_tests.commands import SEISMIC, environment, seismic
from seismic_assets_tests.inference.building import CLASSES, build_bundle, make_traces
from seismic_assets_tests.inference.test_batch import segy_of
from seismic_assets_tests.registry.building import add_version


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "bundle"
    build_bundle(folder)
    return folder


def test_one_input_ends_in_a_sentence_with_its_rows(model: Path, tmp_path: Path) -> None:
    path = segy_of(tmp_path / "line.sgy", make_traces(20))

    result = seismic("predict", path, "-o", tmp_path / "out.parquet", "--model", model)

    assert result.returncode == 0, result.stderr
    assert f"100 windows of line.sgy predicted by version {model}" in result.stdout
    assert pl.read_parquet(tmp_path / "out.parquet").height == 100


def test_a_bad_input_is_one_sentence_and_status_2_and_json_tells_both(model: Path, tmp_path: Path) -> None:
    good, bad = segy_of(tmp_path / "good[1].sgy", make_traces(20)), tmp_path / "bad[2].sgy"
    bad.write_text("not seismic")
    command = ("predict", good, bad, "-o", tmp_path / "out.csv", "--per", "trace", "--model", model)

    spoken, told = seismic(*command), seismic(*command, "--json")

    assert (spoken.returncode, told.returncode) == (2, 2)
    assert spoken.stderr.count("Error:") == 1
    assert "bad[2].sgy" in spoken.stderr
    summary = json.loads(told.stdout)
    assert told.stderr == ""
    assert (summary["rows"], summary["traces"], summary["per"]) == (20, 20, "trace")
    assert [Path(each["path"]).name for each in summary["inputs"]] == [good.name]
    assert [Path(each["path"]).name for each in summary["failed"]] == [bad.name]
    rows = pl.read_csv(tmp_path / "out.csv")
    assert rows.columns[-len(CLASSES) - 3 :] == [
        "predicted_class",
        "predicted_class_name",
        "confidence",
        *(f"prob_{name}" for name in CLASSES),
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("-o", "out.docx"), "suffix .docx"),
        (("-o", "line.sgy"), "SEG-Y file itself"),
        (("-o", "nowhere/out.parquet"), "does not exist"),
        (("-o", "out.parquet", "--samples"), "--per trace"),
        (("-o", "out.parquet", "--model", "best"), "neither production"),
        (("-o", "."), "holds the input"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(
    model: Path, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    path = segy_of(tmp_path / "line.sgy", make_traces(2))
    before = path.read_bytes()
    places = [str(tmp_path / each) if number == 1 else each for number, each in enumerate(arguments)]

    result = seismic("predict", path, "--model", model, *places)

    assert result.returncode == 2
    assert sentence in " ".join(result.stderr.replace("│", " ").split())
    assert "Traceback" not in result.stderr
    assert [each.name for each in tmp_path.iterdir()] == ["line.sgy"]
    assert path.read_bytes() == before


def test_a_model_is_taken_by_stage_and_by_version(model: Path, tmp_path: Path) -> None:
    registry = registry_of(load_settings(storage_root=tmp_path / "store"))
    for _ in range(2):
        add_version(registry, model, 0.5)
    registry.promote("1")
    registry.stage("2")
    path = segy_of(tmp_path / "line.sgy", make_traces(2))

    named = {}
    for each in ("production", "staging", "2"):
        command = ("predict", path, "-o", tmp_path / "out.csv", "--model", each, "--json")
        result = seismic(*command, "--storage-root", tmp_path / "store")
        assert result.returncode == 0, result.stderr
        named[each] = json.loads(result.stdout)["model_version"]

    assert named == {"production": "1", "staging": "2", "2": "2"}


@pytest.fixture
def long_line(tmp_path: Path) -> Path:
    """Enough traces for several units of work."""
    return segy_of(tmp_path / "long.sgy", make_traces(60_000, 64))


def begun(command: list[str], parts: Path) -> subprocess.Popen[str]:
    """The command, once the first of its parts is there."""
    process = subprocess.Popen(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    deadline = time.monotonic() + 120
    while not list(parts.glob("*.arrow")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert process.poll() is None, process.communicate()
    return process


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_stopped_goes_on_and_ends_with_the_same_bytes(
    model: Path, long_line: Path, tmp_path: Path, how: signal.Signals
) -> None:
    out, whole = tmp_path / "out.parquet", tmp_path / "whole.parquet"
    assert seismic("predict", long_line, "-o", whole, "--model", model).returncode == 0
    command = ["predict", str(long_line), "-o", str(out), "--model", str(model), "--workers", "1"]

    process = begun([str(SEISMIC), *command], tmp_path / ".out.parquet.parts")
    os.kill(process.pid, how)
    _, said = process.communicate()

    assert process.returncode == {signal.SIGKILL: -9, signal.SIGINT: 130}[how]
    assert how == signal.SIGKILL or "run the same command again to go on" in said
    assert not out.exists()
    result = seismic(*command, "--json")
    assert result.returncode == 0, result.stderr
    assert 0 < json.loads(result.stdout)["resumed_traces"] < 60_000
    assert out.read_bytes() == whole.read_bytes()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["long.sgy", "out.parquet", "whole.parquet"]
