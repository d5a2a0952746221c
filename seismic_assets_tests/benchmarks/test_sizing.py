"""The sizing page: the arithmetic on figures made up, and that the page is what the kept figures give."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.sizing import PAGE, kept
from benchmarks.sizing_arithmetic import (
    Measured,
    Stage,
    Survey,
    bytes_by_table,
    core_hours,
    cores_for,
    history_hours,
    hours_on,
    labelled_share,
    log_bytes,
    opening_seconds,
    parts_of,
    split_gigabytes,
)
from benchmarks.sizing_measuring import list_files, open_many_parts, record_events
from benchmarks.sizing_page import page_of
from seismic_assets.frames import IngestOptions, ingest_files
from seismic_assets.lake import Lake
from seismic_assets_tests.surveys import add_labelled

MEASURED = Measured(
    traces=1_000,
    samples=100,
    windows=10,
    segy_bytes=600_000,
    stages=(
        Stage("first", cpu_seconds=3.6, bytes=400_000, parts=2, log_bytes=1_000),
        Stage("second", cpu_seconds=0.4, bytes=100_000, parts=2, log_bytes=3_000),
    ),
    peak_mb=300.0,
    assets_a_file=9,
    event_seconds=0.01,
    event_seconds_postgres=None,
    event_bytes=2_000.0,
    listing_seconds=1e-4,
    opening_seconds=2.0,
    opened_parts=10_000,
    split_bytes=250.0,
)
MILLION = Survey(1_000_000, 100_000)


def test_time_and_storage_grow_with_the_traces() -> None:
    assert core_hours(MEASURED, MILLION) == pytest.approx({"first": 1.0, "second": 400 / 3600})
    assert bytes_by_table(MEASURED, MILLION) == pytest.approx({"SEG-Y": 6e8, "first": 4e8, "second": 1e8})


def test_the_history_grows_with_the_files_and_no_core_shortens_it() -> None:
    history = 10 * 9 * 0.01 / 3600

    assert history_hours(MEASURED, MILLION) == pytest.approx(history)
    assert history_hours(MEASURED, Survey(1_000_000, 1_000)) == pytest.approx(100 * history)
    assert hours_on(MEASURED, MILLION, 1) == pytest.approx(4000 / 3600 + history)
    assert hours_on(MEASURED, MILLION, 16) - history == pytest.approx((hours_on(MEASURED, MILLION, 1) - history) / 16)


def test_the_history_is_that_of_the_slower_database() -> None:
    measured = replace(MEASURED, event_seconds_postgres=0.03)

    assert history_hours(measured, MILLION) == pytest.approx(3 * history_hours(MEASURED, MILLION))


@pytest.mark.parametrize("deadline", [0.01, 0.5, 1.0, 24.0])
def test_the_cores_for_a_deadline_are_the_fewest_that_keep_it(deadline: float) -> None:
    cores = cores_for(MEASURED, MILLION, deadline)

    assert cores is not None
    assert hours_on(MEASURED, MILLION, cores) <= deadline
    assert cores == 1 or hours_on(MEASURED, MILLION, cores - 1) > deadline


def test_no_number_of_cores_is_enough_where_the_history_takes_longer() -> None:
    assert cores_for(MEASURED, Survey(1_000_000, 10), 1.0) is None
    with pytest.raises(ValueError, match="above 0"):
        cores_for(MEASURED, MILLION, 0)


@pytest.mark.parametrize(("traces", "a_file", "files"), [(10, 10, 1), (11, 10, 2), (9, 10, 1), (1_000_000, 5_000, 200)])
def test_the_last_file_may_be_smaller(traces: int, a_file: int, files: int) -> None:
    assert Survey(traces, a_file).files == files


def test_a_file_has_a_part_for_each_segment_and_one_at_least() -> None:
    stage = MEASURED.stages[0]

    assert parts_of(MEASURED, Survey(1_000_000, 100_000), stage) == 10 * 200
    assert parts_of(MEASURED, Survey(1_000_000, 750), stage) == math.ceil(1_000_000 / 750) * 2
    assert parts_of(MEASURED, Survey(1_000_000, 10), stage) == 100_000
    assert parts_of(MEASURED, Survey(100, 100_000), stage) == 1


def test_a_log_costs_by_its_parts() -> None:
    assert log_bytes(MEASURED, 2_000, MEASURED.stages[1]) == 3e6
    assert opening_seconds(MEASURED, 5_000) == 1.0


def test_labels_cost_memory_and_memory_bounds_them() -> None:
    assert split_gigabytes(MEASURED, MILLION, 0.1) == pytest.approx(0.25)
    assert labelled_share(MEASURED, MILLION, 1.0) == pytest.approx(0.4)
    assert labelled_share(MEASURED, MILLION, 100.0) == 1.0


def test_the_page_is_what_the_kept_figures_give() -> None:
    assert PAGE.read_text() == page_of(kept()), "run python -m benchmarks.sizing --write, and edit nothing by hand"


def test_the_page_says_so_where_nothing_is_enough() -> None:
    assert "none is enough" in page_of(replace(kept(), event_seconds=1e4))


@pytest.mark.parametrize("traces", ["10 M", "100 M", "1 G"])
def test_the_kept_figures_are_of_the_stages_of_the_graph(traces: str) -> None:
    assert [stage.name for stage in kept().stages] == [
        *("bronze_traces", "trace_attributes", "trace_features", "predictions"),
    ]
    assert f"{traces} traces" in PAGE.read_text()


def test_a_table_of_many_parts_is_opened_from_its_log(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    list(ingest_files(lake, {"survey.sgy": add_labelled(tmp_path / "landing", 1)}, IngestOptions(workers=1)))

    assert open_many_parts(lake, tmp_path / "wide", 50) > 0
    assert len(list((tmp_path / "wide").rglob("*.parquet"))) == 0


@pytest.mark.slow
def test_records_and_listings_take_time_and_room(tmp_path: Path) -> None:
    seconds, size = record_events(tmp_path / "home", None)

    assert seconds > 0 and size > 100
    assert list_files(tmp_path / "many") > 0
