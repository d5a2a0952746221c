"""Processes killed as they record: what is missing is what is counted."""

import signal
from pathlib import Path

import polars as pl
import pytest

from seismic_assets.serving.recording import Recorder, RecorderOptions
from seismic_assets.serving.recording.losses import rows_lost, settle
from seismic_assets.serving.recording.tally import dead_tally
from seismic_assets_tests.serving.recording.building import recording_process, rows_of, wait_until


def accepted_by_the_dead(folder: Path) -> int:
    """Rows that processes which are no more have accepted."""
    total = 0
    for path in (folder / "tally").glob("*.tally"):
        tally = dead_tally(path)
        if tally is not None:
            tally.close()
            total += sum(counts.accepted for counts in tally.tables)
    return total


@pytest.mark.parametrize("kill_at", [50, 1000, 1700, 3350])
def test_what_a_killed_process_lost_is_counted_to_the_row(kill_at: int, tmp_path: Path) -> None:
    recorded = written = 0
    with recording_process(tmp_path, "a", rows=1e9, stops=False) as process:
        assert process.stdout is not None
        while recorded < kill_at or (kill_at > 50 and not written):
            recorded, written = map(int, process.stdout.readline().split())
        process.send_signal(signal.SIGKILL)

    accepted = accepted_by_the_dead(tmp_path)
    assert accepted >= recorded
    lost = settle(tmp_path)
    rows = rows_of(tmp_path)
    assert rows.height >= written
    assert accepted == rows.height + lost
    # Those written are the first ones, each once: what is lost is the end.
    if rows.height:
        assert rows["latency_ms"].sort().to_list() == list(range(rows.height))
    assert rows_lost(tmp_path) == lost


def test_all_that_was_never_written_is_lost(tmp_path: Path) -> None:
    with recording_process(tmp_path, "a", rows=400, flush_seconds=600, stops=False) as process:
        assert process.stdout is not None
        assert any(line == "400 all\n" for line in process.stdout)
        process.send_signal(signal.SIGKILL)
    assert settle(tmp_path) == 400


def test_the_next_service_counts_what_was_lost_and_the_others_go_on(tmp_path: Path) -> None:
    killed = recording_process(tmp_path, "killed", rows=400, flush_seconds=600, stops=False)
    other = recording_process(tmp_path, "other", rows=1500)
    assert killed.stdout is not None
    assert any(line == "400 all\n" for line in killed.stdout)
    killed.kill()
    killed.communicate()
    assert other.communicate()[0].endswith("stopped True\n")

    recorder = Recorder(tmp_path, RecorderOptions(upkeep_seconds=0.05))
    recorder.start()
    wait_until(lambda: recorder.figures().lost_in_crashes == 400)
    recorder.stop(30.0)
    assert rows_of(tmp_path).filter(pl.col("key_id") == "other").height == 1500
    assert rows_of(tmp_path).height == 1500
