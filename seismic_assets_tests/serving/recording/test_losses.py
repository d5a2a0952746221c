import json
from pathlib import Path

from seismic_assets.serving.recording.losses import rows_lost, settle
from seismic_assets.serving.recording.rows import INFERENCE_LOG
from seismic_assets.serving.recording.table_writer import TableWriter
from seismic_assets.serving.recording.tally import Tally
from seismic_assets_tests.serving.recording.building import make_call


def leave_tally(folder: Path, app_id: str, *counts: int) -> None:
    """A tally of a process that is no more."""
    tally = Tally(folder / "tally", app_id, 2)
    tally.move(tally.prepare())
    for place, count in enumerate(counts):
        tally.counts[place] = count
    tally.close(keep=True)


def test_rows_accepted_and_not_written_are_lost(tmp_path: Path) -> None:
    leave_tally(tmp_path, "a", 10, 7, 0, 1, 5, 5, 0, 0)
    leave_tally(tmp_path, "b", 3, 0, 0, 0, 2, 1, 0, 0)
    assert settle(tmp_path) == 2 + 4
    assert rows_lost(tmp_path) == 6
    assert list((tmp_path / "tally").iterdir()) == []
    assert settle(tmp_path) == 0
    assert rows_lost(tmp_path) == 6


def test_rows_committed_just_before_the_process_was_killed_are_not_lost(tmp_path: Path) -> None:
    TableWriter(tmp_path, INFERENCE_LOG, "a").append(INFERENCE_LOG.rows_to_arrow([make_call()] * 8), 8)
    leave_tally(tmp_path, "a", 10, 3, 0, 0)
    assert settle(tmp_path) == 2


def test_a_process_killed_as_it_settled_counts_nothing_twice(tmp_path: Path) -> None:
    leave_tally(tmp_path, "a", 10, 7, 0, 0)
    settle(tmp_path)
    leave_tally(tmp_path, "a", 10, 7, 0, 0)  # as if it had been killed before it removed the tally
    assert settle(tmp_path) == 0
    assert rows_lost(tmp_path) == 3


def test_a_torn_last_line_is_passed_over(tmp_path: Path) -> None:
    leave_tally(tmp_path, "a", 4, 0, 0, 0)
    settle(tmp_path)
    with (tmp_path / "losses.jsonl").open("a") as file:
        file.write('{"process": "b", "lo')
    leave_tally(tmp_path, "b", 2, 0, 0, 0)
    assert settle(tmp_path) == 2
    assert rows_lost(tmp_path) == 6


def test_what_was_dropped_is_noted_too(tmp_path: Path) -> None:
    leave_tally(tmp_path, "a", 5, 5, 9, 0)
    assert settle(tmp_path) == 0
    noted = json.loads((tmp_path / "losses.jsonl").read_text())
    assert noted["inference_log"] == {"accepted": 5, "written": 5, "refused": 0, "dropped": 9}


def test_a_tally_that_was_never_finished_is_removed(tmp_path: Path) -> None:
    (tmp_path / "tally").mkdir()
    (tmp_path / "tally" / "a.new").write_bytes(b"")
    assert settle(tmp_path) == 0
    assert list((tmp_path / "tally").iterdir()) == []
