import os
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from deltalake import DeltaTable
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.serving.recording import INFERENCE_LOG, Recorder, RecorderOptions, RecordingError, Retention
from seismic_assets.serving.recording.retention import bytes_below, expire, free, merge, shorten_log
from seismic_assets.serving.recording.table_writer import TableWriter
from seismic_assets_tests.serving.recording.building import (
    NOON,
    make_call,
    recording_process,
    rows_of,
    wait_until,
)

PLENTY = 1 << 40


class Appends:
    """Appends to the table of calls, each a file."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "inference_log"
        self._writer = TableWriter(folder, INFERENCE_LOG, "app")
        self.rows = 0

    def add(self, days_ago: float, rows: int = 10, input_bytes: int = 0) -> None:
        moment = NOON - timedelta(days=days_ago)
        calls = [
            make_call(
                self.rows + number,
                moment + timedelta(milliseconds=number, microseconds=500),
                inputs=os.urandom(input_bytes),
            )
            for number in range(rows)
        ]
        self.rows += rows
        self._writer.append(INFERENCE_LOG.rows_to_arrow(calls), self.rows)

    def files(self) -> int:
        return len(DeltaTable(self.path).file_uris())

    def bytes(self) -> int:
        return sum(Path(uri.removeprefix("file://")).stat().st_size for uri in DeltaTable(self.path).file_uris())


@pytest.fixture
def appends(tmp_path: Path) -> Appends:
    return Appends(tmp_path)


def numbers_in(folder: Path) -> list[float]:
    return rows_of(folder)["latency_ms"].sort().to_list()


def test_dates_that_are_wholly_too_old_are_dropped(appends: Appends, tmp_path: Path) -> None:
    for days_ago in (0, 1, 2, 3, 40):
        appends.add(days_ago)
    assert expire(appends.path, Retention(2, PLENTY), NOON) == 2
    assert numbers_in(tmp_path) == list(range(30))
    assert expire(appends.path, Retention(2, PLENTY), NOON) == 0


def test_the_oldest_dates_beyond_the_size_are_dropped(appends: Appends, tmp_path: Path) -> None:
    for days_ago in (3, 2, 1, 0):
        appends.add(days_ago, rows=10, input_bytes=2000)
    expire(appends.path, Retention(30, appends.bytes() // 2), NOON)
    assert numbers_in(tmp_path) in (list(range(20, 40)), list(range(30, 40)))


def test_one_date_alone_is_bounded_too_and_loses_its_oldest_rows(appends: Appends, tmp_path: Path) -> None:
    for minutes in range(20):
        appends.add(-minutes / 1440, rows=10, input_bytes=500)
    bound = appends.bytes() // 2
    expire(appends.path, Retention(30, bound), NOON)
    kept = numbers_in(tmp_path)
    assert kept == list(range(200 - len(kept), 200))
    assert 60 <= len(kept) <= 100
    assert appends.bytes() <= bound


def test_the_disk_is_freed(appends: Appends, tmp_path: Path) -> None:
    for days_ago in (40, 40, 0):
        appends.add(days_ago, input_bytes=5000)
    before = bytes_below(appends.path)
    expire(appends.path, Retention(30, PLENTY), NOON)
    assert free(appends.path, grace_hours=1) == 0  # a reader may still be at them
    assert free(appends.path, grace_hours=0) == 2
    assert bytes_below(appends.path) < before / 2
    assert numbers_in(tmp_path) == list(range(20, 30))


def test_what_a_killed_writer_left_is_freed(appends: Appends) -> None:
    appends.add(0)
    left = appends.path / "date=2026-03-10" / "part-left.parquet"
    left.write_bytes(b"half a file")
    os.utime(left, (time.time() - 7200,) * 2)
    assert free(appends.path, grace_hours=1) == 1
    assert not left.exists()


def test_merging_keeps_all_rows_of_a_date_in_fewer_files(appends: Appends, tmp_path: Path) -> None:
    for number in range(40):
        appends.add(-number / 86400, rows=3)
    assert merge(appends.path, NOON.date()) == 40
    assert appends.files() == 1
    assert numbers_in(tmp_path) == list(range(120))
    assert merge(appends.path, NOON.date()) == 0


def test_few_files_of_today_are_left_and_those_of_a_date_that_is_over_are_merged(appends: Appends) -> None:
    for days_ago in (0, 0, 1, 1):
        appends.add(days_ago)
    assert merge(appends.path, NOON.date()) == 2
    assert appends.files() == 3


def test_the_log_is_shortened_and_what_was_committed_is_still_known(appends: Appends, tmp_path: Path) -> None:
    for number in range(30):
        appends.add(-number / 86400, rows=2)
    log = appends.path / "_delta_log"
    for path in log.iterdir():
        os.utime(path, (time.time() - 7200,) * 2)
    shorten_log(appends.path)
    assert len(list(log.iterdir())) <= 4
    assert DeltaTable(appends.path).transaction_version("app") == 60
    appends.add(0, rows=1)
    assert numbers_in(tmp_path) == list(range(61))


def test_a_table_that_is_not_there_needs_no_upkeep(tmp_path: Path) -> None:
    path = tmp_path / "inference_log"
    assert expire(path, Retention(1, 1), NOON) == merge(path, NOON.date()) == free(path, 0) == bytes_below(path) == 0
    shorten_log(path)
    assert not path.exists()


def test_a_damaged_log_is_told_in_a_sentence(appends: Appends) -> None:
    appends.add(0)
    (appends.path / "_delta_log" / f"{0:020}.json").write_text("{")
    with pytest.raises(RecordingError, match=r"inference_log cannot be tidied .*fix the folder"):
        expire(appends.path, Retention(1, 1), NOON)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 30)), min_size=1, max_size=6), st.floats(0.1, 1.2))
def test_what_is_kept_fits_and_is_the_latest(
    tmp_path_factory: pytest.TempPathFactory, files: list[tuple[int, int]], share: float
) -> None:
    folder = tmp_path_factory.mktemp("serving")
    appends = Appends(folder)
    for days_ago, rows in files:
        appends.add(days_ago, rows, input_bytes=300)
    before = rows_of(folder).sort("received_at")
    bound = int(appends.bytes() * share)
    expire(appends.path, Retention(30, bound), NOON)
    assert appends.bytes() <= bound
    kept = rows_of(folder).sort("received_at")
    assert kept["received_at"].to_list() == before["received_at"].tail(kept.height).to_list()
    assert share < 1 or kept.height == before.height


def test_upkeep_of_one_process_beside_the_appends_of_others_loses_no_row(tmp_path: Path) -> None:
    processes = [recording_process(tmp_path, name, rows=1500, flush_seconds=0.01) for name in "ab"]
    path = tmp_path / "inference_log"
    while any(process.poll() is None for process in processes):
        # Their own upkeep may be faster at times; then this one is told so.
        with suppress(RecordingError):
            merge(path, datetime.now(UTC).date(), many=3)
            expire(path, Retention(30, PLENTY), datetime.now(UTC))
            shorten_log(path)
    for process in processes:
        assert process.communicate()[0].endswith("stopped True\n")
    assert "OPTIMIZE" in {entry["operation"] for entry in DeltaTable(path).history()}
    assert rows_of(tmp_path)["latency_ms"].sort().to_list() == sorted([*range(1500), *range(1500)])


def test_the_recorder_does_the_upkeep(tmp_path: Path) -> None:
    options = RecorderOptions(flush_seconds=0.01, upkeep_seconds=0.05, calls=Retention(1, PLENTY, grace_hours=0))
    appends = Appends(tmp_path)
    appends.add(40)
    # Before there is upkeep: without an hour of grace it takes a part that is about to be committed for nobody's.
    first = Recorder(tmp_path, RecorderOptions(flush_seconds=0.01), clock=lambda: NOON)
    first.record(make_call(99))
    first.start()
    first.stop(30.0)
    recorder = Recorder(tmp_path, options, clock=lambda: NOON)
    recorder.start()

    def only_the_new_row_is_left() -> bool:
        try:
            return numbers_in(tmp_path) == [99]
        except FileNotFoundError:  # without an hour of grace a file may go while it is read
            return False

    wait_until(only_the_new_row_is_left)
    wait_until(lambda: recorder.figures().bytes_on_disk > 0)
    recorder.stop(30.0)
