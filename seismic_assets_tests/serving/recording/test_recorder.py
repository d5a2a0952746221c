import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable

from seismic_assets.serving.recording import Bounds, Recorder, RecorderOptions
from seismic_assets_tests.ordinary_user import open_folder, ordinary_user
from seismic_assets_tests.serving.recording.building import (
    make_call,
    make_feedback,
    make_recorder,
    recording_process,
    rows_of,
    wait_until,
)

QUICK = RecorderOptions(flush_seconds=0.02, upkeep_seconds=0.1)


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    recorder = make_recorder(tmp_path, QUICK)
    recorder.start()
    yield recorder
    recorder.stop(30.0)


def test_what_is_recorded_is_in_the_tables_once_it_stops(recorder: Recorder, tmp_path: Path) -> None:
    calls = [make_call(number) for number in range(300)]
    for call in calls:
        recorder.record(call)
    recorder.record(make_feedback(calls[0].request_id, comment="no"))

    assert recorder.stop(30.0)
    assert rows_of(tmp_path)["request_id"].to_list() == [call.request_id for call in calls]
    assert rows_of(tmp_path, "feedback")["comment"].to_list() == ["no"]
    figures = recorder.figures()
    assert (figures.accepted, figures.written, figures.pending, figures.dropped) == (301, 301, 0, 0)
    assert list((tmp_path / "tally").iterdir()) == []


def test_rows_are_written_without_a_stop_and_many_in_one_commit(tmp_path: Path) -> None:
    recorder = make_recorder(tmp_path, QUICK)
    for number in range(200):
        recorder.record(make_call(number))
    recorder.start()
    wait_until(lambda: recorder.figures().written == 200)
    assert len(DeltaTable(tmp_path / "inference_log").file_uris()) == 1
    recorder.stop(30.0)


def test_rows_beyond_the_bound_are_dropped_and_counted(tmp_path: Path) -> None:
    recorder = make_recorder(tmp_path, RecorderOptions(waiting=Bounds(rows=5, bytes=1_000_000)))
    for number in range(8):
        recorder.record(make_call(number))
    figures = recorder.figures()
    assert (figures.accepted, figures.pending, figures.dropped) == (5, 5, 3)


def test_bytes_are_bounded_too(tmp_path: Path) -> None:
    recorder = make_recorder(tmp_path, RecorderOptions(waiting=Bounds(rows=100, bytes=100_000)))
    for number in range(4):
        recorder.record(make_call(number, inputs=b"\x00" * 40_000))
    recorder.record(make_feedback("a"))
    figures = recorder.figures()
    assert (figures.accepted, figures.dropped) == (3, 2)


def test_a_row_that_no_table_can_hold_holds_up_no_other(recorder: Recorder, tmp_path: Path) -> None:
    recorder.record(make_call(0))
    recorder.record(make_call(1, num_samples=2**40))
    recorder.record(make_call(2))
    assert recorder.stop(30.0)
    assert rows_of(tmp_path)["latency_ms"].to_list() == [0.0, 2.0]
    figures = recorder.figures()
    assert (figures.accepted, figures.written, figures.pending, figures.dropped) == (3, 2, 0, 1)


def test_after_the_stop_rows_are_dropped_and_counted(recorder: Recorder) -> None:
    recorder.stop(30.0)
    recorder.record(make_call())
    assert recorder.figures().dropped == 1


def test_a_call_that_is_not_written_yet_is_found(tmp_path: Path) -> None:
    recorder = make_recorder(tmp_path)
    call = make_call()
    recorder.record(call)
    assert recorder.find_pending(call.request_id) == call
    assert recorder.find_pending(make_call().request_id) is None


def test_a_table_whose_folder_is_removed_is_made_again(recorder: Recorder, tmp_path: Path) -> None:
    recorder.record(make_call(0))
    wait_until(lambda: recorder.figures().written == 1)
    shutil.rmtree(tmp_path / "inference_log")
    recorder.record(make_call(1))
    wait_until(lambda: recorder.figures().written == 2)
    assert rows_of(tmp_path)["latency_ms"].to_list() == [1.0]


def test_rows_wait_for_a_folder_that_cannot_be_written_to_and_are_written_once() -> None:
    with open_folder() as folder:
        recorder = make_recorder(folder / "serving", QUICK)
        folder.chmod(0o555)
        with ordinary_user():
            recorder.start()
            recorder.record(make_call(0))
            wait_until(lambda: recorder.figures().failures > 2)
            assert recorder.figures().pending == 1
        folder.chmod(0o755)
        wait_until(lambda: recorder.figures().pending == 0)
        assert recorder.stop(30.0)
        assert rows_of(folder / "serving").height == 1


def test_threads_may_record_at_once(recorder: Recorder, tmp_path: Path) -> None:
    def record() -> None:
        for number in range(500):
            recorder.record(make_call(number))

    threads = [threading.Thread(target=record) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert recorder.stop(30.0)
    assert recorder.figures().accepted == rows_of(tmp_path).height == 2000


def test_processes_share_the_tables(tmp_path: Path) -> None:
    processes = [recording_process(tmp_path, name, rows=800) for name in "abc"]
    for process in processes:
        out, _ = process.communicate()
        assert out.endswith("stopped True\n")
    rows = rows_of(tmp_path)
    for name in "abc":
        own = rows.filter(pl.col("key_id") == name)
        assert sorted(own["latency_ms"].to_list()) == list(range(800))


def test_a_reader_beside_the_writers_sees_whole_rows_and_never_fewer(tmp_path: Path) -> None:
    processes = [recording_process(tmp_path, name, rows=800, flush_seconds=0.02) for name in "ab"]
    seen = 0
    while any(process.poll() is None for process in processes):
        rows = rows_of(tmp_path)
        assert rows.height >= seen
        seen = rows.height
        for name in "ab" if seen else "":
            numbers = rows.filter(pl.col("key_id") == name)["latency_ms"].sort().to_list()
            assert numbers == list(range(len(numbers)))
    for process in processes:
        process.communicate()
    assert rows_of(tmp_path).height == 1600
