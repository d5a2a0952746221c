"""`seismic quality`."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from seismic_assets.cli.quality import quality
from seismic_assets.cli.render import output
from seismic_assets.insights.quality import append_history, quality_report
from seismic_assets.lake import SEGY_CATALOGUE, TRACE_QUALITY, Lake, LakeError
from seismic_assets_tests.insights.quality.building import START, made


def call(*arguments: str | Path, width: int = 200) -> Result:
    output.width = width
    return CliRunner().invoke(quality, [str(each) for each in arguments])


def stored(root: Path, **changes: object) -> Path:
    """A storage root with three files, the last of them as given."""
    inputs, lake = made({"a.sgy": {}, "b.sgy": {"score": 95.0}, "c[1].sgy": changes}), Lake(root / "lake")
    for row in inputs.quality.partition_by("file_id"):
        lake.replace_file(TRACE_QUALITY, row["file_id"][0], row.drop("file_id"))
    lake.replace(SEGY_CATALOGUE, inputs.catalogue)
    append_history(lake, quality_report(inputs), START)
    return root


def test_the_report_says_verdict_findings_and_actions(tmp_path: Path) -> None:
    result = call("--storage-root", stored(tmp_path, dead_traces=10))

    assert result.exit_code == 0, result.exception
    assert result.output.startswith("WARN")
    assert "c[1].sgy (10 %)" in result.output
    assert "Find out whether the traces are padding" in result.output


def test_what_needs_no_action_is_told_once(tmp_path: Path) -> None:
    text = call("--storage-root", stored(tmp_path, dead_traces=10, nan_traces=2)).output

    assert text.count("c[1].sgy (12 %)") == 1
    assert "absurdly large: c[1].sgy (2)" in text


def test_a_failure_is_status_1(tmp_path: Path) -> None:
    result = call("--storage-root", stored(tmp_path, max_amplitude=1e14), "--json")

    assert result.exit_code == 1
    found = json.loads(result.output)
    assert found["verdict"] == "FAIL"
    assert found["actions"][0]["files"] == ["c[1].sgy"]
    assert found["validation_results"]["validation_passed"] is False
    assert [each["name"] for each in found["agents"]] == ["statistics", "domain", "drift", "actions"]


def test_files_come_the_worst_first(tmp_path: Path) -> None:
    root = stored(tmp_path, status="failed", score=None, traces=0, reason="ends early")

    listed = json.loads(call("files", "--storage-root", root, "--json").output)
    text = call("files", "--storage-root", root, "--limit", "2").output

    assert [each["file_id"] for each in listed] == ["c[1].sgy", "b.sgy", "a.sgy"]
    assert "ends early" in text
    assert "2 of 3 files" in text
    assert "a.sgy" not in text


def test_history_lists_states(tmp_path: Path) -> None:
    root = stored(tmp_path)

    (state,) = json.loads(call("history", "--storage-root", root, "--json").output)

    assert (state["verdict"], state["traces"], state["class_shares"]) == ("PASS", 300, {})
    assert "2026-03-01 00:00" in call("history", "--storage-root", root).output


def test_options_may_stand_before_the_command(tmp_path: Path) -> None:
    root = stored(tmp_path)

    assert call("--storage-root", root, "history").output == call("history", "--storage-root", root).output


def test_without_a_state_or_a_file_it_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()

    assert "no state is recorded yet" in call("history", "--storage-root", tmp_path).output
    assert "run `seismic run`" in call("files", "--storage-root", tmp_path).output


def test_a_folder_without_a_lake_is_refused(tmp_path: Path) -> None:
    result = call("--storage-root", tmp_path / "nowhere")

    assert isinstance(result.exception, LakeError)


@pytest.mark.parametrize("command", [[], ["history"], ["files"]])
def test_nothing_is_written(tmp_path: Path, command: list[str]) -> None:
    root = stored(tmp_path)
    before = sorted(path for path in root.rglob("*"))

    call(*command, "--storage-root", root)

    assert sorted(path for path in root.rglob("*")) == before
