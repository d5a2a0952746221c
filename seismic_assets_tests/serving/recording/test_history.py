from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.serving.recording import INFERENCE_LOG, RecordedCall, RecordingError, find_call, recent_calls
from seismic_assets.serving.recording.retention import merge
from seismic_assets.serving.recording.table_writer import TableWriter
from seismic_assets_tests.serving.recording.building import NOON, make_call, make_id


class Log:
    """A table of calls, an append after another."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._writer = TableWriter(folder, INFERENCE_LOG, "app")
        self._rows = 0

    def append(self, *calls: RecordedCall) -> None:
        self._rows += len(calls)
        self._writer.append(INFERENCE_LOG.rows_to_arrow(calls), self._rows)

    def parts(self, date: str) -> list[Path]:
        return list((self.folder / "inference_log" / f"date={date}").glob("*.parquet"))


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path)


def at(seconds: float, number: int = 0, **fields: object) -> RecordedCall:
    return make_call(number, NOON + timedelta(seconds=seconds), **fields)


def numbers(calls: list[dict[str, object]]) -> list[object]:
    return [call["latency_ms"] for call in calls]


def test_the_latest_calls_come_first_over_files_and_dates_that_overlap(log: Log) -> None:
    log.append(at(-86400, 0), at(5, 5))
    log.append(at(3, 3), at(6, 6))
    log.append(at(4, 4), at(1, 1))
    assert numbers(recent_calls(log.folder)) == [6, 5, 4, 3, 1, 0]
    assert numbers(recent_calls(log.folder, limit=2)) == [6, 5]
    assert numbers(recent_calls(log.folder, limit=3)) == [6, 5, 4]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.integers(0, 200_000), min_size=1, max_size=6), min_size=1, max_size=5), st.integers(1, 12))
def test_no_later_call_is_left_out(
    tmp_path_factory: pytest.TempPathFactory, appends: list[list[int]], limit: int
) -> None:
    log = Log(tmp_path_factory.mktemp("serving"))
    for seconds in appends:
        log.append(*(at(second, second) for second in seconds))
    expected = sorted((float(second) for seconds in appends for second in seconds), reverse=True)
    assert numbers(recent_calls(log.folder, limit)) == expected[:limit]


def test_a_call_has_its_fields_but_the_bulky_ones(log: Log) -> None:
    call = at(0, 1, inputs=b"1234", num_samples=1, features=b"5678", error="too long")
    log.append(call)
    (found,) = recent_calls(log.folder)
    assert found == {
        name: getattr(call, name)
        for name in RecordedCall.__slots__
        if name not in ("inputs", "features", "trace_classes")
    }


def test_calls_are_searched_by_what_they_say(log: Log) -> None:
    log.append(at(0, 0, key_id="Anna"), at(1, 1, status=422, error="trace 3 has NaN (50%)"), at(2, 2))
    assert numbers(recent_calls(log.folder, search="anna")) == [0]
    assert numbers(recent_calls(log.folder, search="(50%)")) == [1]
    assert numbers(recent_calls(log.folder, search="422")) == [1]
    assert numbers(recent_calls(log.folder, search="anomaly")) == [2, 1, 0]
    assert numbers(recent_calls(log.folder, search=".*")) == []


def test_a_search_for_an_id_finds_its_call(log: Log) -> None:
    calls = [at(second, second) for second in range(5)]
    log.append(*calls)
    assert numbers(recent_calls(log.folder, search=calls[3].request_id)) == [3]
    assert numbers(recent_calls(log.folder, search=calls[3].request_id[-8:])) == [3]
    assert recent_calls(log.folder, search=make_id(NOON)) == []


def test_a_search_goes_on_to_older_files(log: Log) -> None:
    for day in range(6):
        log.append(at(-86400 * day, day, key_id="old" if day == 5 else "new"))
    assert numbers(recent_calls(log.folder, limit=1, search="old")) == [5]


def test_only_calls_since_a_moment(log: Log) -> None:
    log.append(at(0, 0), at(10, 10))
    log.append(at(20, 20))
    assert numbers(recent_calls(log.folder, since=NOON + timedelta(seconds=10))) == [20, 10]


def test_a_call_is_found_by_its_id_with_inputs(log: Log) -> None:
    call = at(0, 4, inputs=b"1234", num_samples=1)
    log.append(call, at(1, 5))
    found = find_call(log.folder, call.request_id.upper())
    assert found == {name: getattr(call, name) for name in RecordedCall.__slots__}


def test_a_call_is_found_after_files_were_merged(log: Log) -> None:
    calls = [at(second, second) for second in range(40)]
    for call in calls:
        log.append(call)
    assert merge(log.folder / "inference_log", NOON.date()) == 40
    found = find_call(log.folder, calls[17].request_id)
    assert found is not None
    assert found["latency_ms"] == 17


def test_files_of_other_times_are_not_read(log: Log) -> None:
    call = at(0, 1)
    log.append(call)
    log.append(at(-86400 * 3))
    for part in log.parts("2026-03-07"):
        part.write_bytes(b"damaged")
    assert find_call(log.folder, call.request_id) is not None
    assert numbers(recent_calls(log.folder, limit=1)) == [1]
    with pytest.raises(RecordingError, match="cannot be read"):
        recent_calls(log.folder, limit=10)


@pytest.mark.parametrize(
    "request_id", ["", "nothing", "00000000-0000-4000-8000-000000000000", "ffffffff-ffff-7fff-bfff-ffffffffffff"]
)
def test_an_id_that_cannot_be_one_of_ours_is_not_found(request_id: str, log: Log) -> None:
    log.append(at(0))
    assert find_call(log.folder, request_id) is None


def test_before_the_first_call_there_is_none(tmp_path: Path) -> None:
    assert recent_calls(tmp_path) == []
    assert find_call(tmp_path, make_id(NOON)) is None
    assert list(tmp_path.iterdir()) == []
