"""Upkeep of tables: the same rows in the same order, in fewer parts, whoever reads or writes."""

import threading
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable

from seismic_assets.lake import Lake, PartTask
from seismic_assets.lake.commits import write_rows
from seismic_assets.lake.upkeep import damaged_tables, keep_up
from seismic_assets.monitoring.sql import file_ages
from seismic_assets_tests.lake.building import ROWS, WHOLE, rows


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A file in ten parts whose rows do not rise from part to part, and one in a single part."""
    lake = Lake(tmp_path / "lake")
    lake.replace_file(ROWS, "one.sgy", rows(range(5)))
    for number in (4, 1, 9, 0, 7, 2, 8, 3, 6, 5):
        task = PartTask("many.sgy", lambda number=number: [rows(range(3 * number, 3 * number + 3), number)])
        lake.append_files(ROWS, [task])
    return lake


def streamed(lake: Lake) -> list[int]:
    return [index for block in lake.stream(ROWS, "many.sgy") for index in block["index"]]


def test_many_small_parts_of_a_file_become_one_with_the_rows_in_the_order_they_had(lake: Lake) -> None:
    before, frame, ages = streamed(lake), lake.read(ROWS), file_ages(lake.tables())

    (done,) = keep_up(lake, hours=168)

    assert (done.parts_before, done.parts_after, done.skipped) == (11, 2, "")
    assert streamed(lake) == before
    assert lake.read(ROWS).equals(frame)
    assert len(lake.segments(ROWS, ["many.sgy"])) == 1
    columns = ["table", "file_id", "rows", "written_at"]
    assert file_ages(lake.tables()).select(columns).sort("file_id").equals(ages.select(columns).sort("file_id"))


def test_what_was_replaced_is_freed_when_its_time_is_over(lake: Lake) -> None:
    (kept,) = keep_up(lake, hours=168)
    assert (kept.removed, kept.freed) == (0, 0)
    (done,) = keep_up(lake, hours=0)
    assert done.removed == 10
    assert len(list(lake.path(ROWS).rglob("*.parquet"))) == 2 + len(list(lake.path(ROWS).rglob("*.checkpoint*")))
    assert lake.read(ROWS).height == 35
    assert damaged_tables(lake) == []


def test_a_round_with_nothing_to_do_leaves_the_tables_as_they_are(lake: Lake) -> None:
    keep_up(lake, hours=0)
    keep_up(lake, hours=0)
    before = {path: path.stat().st_mtime_ns for path in lake.root.rglob("*")}
    (done,) = keep_up(lake, hours=0)
    assert (done.freed, done.removed, done.shortened) == (0, 0, False)
    assert {path: path.stat().st_mtime_ns for path in lake.root.rglob("*")} == before


def test_a_log_of_many_versions_gets_a_checkpoint(lake: Lake) -> None:
    (done,) = keep_up(lake, hours=168)
    assert done.shortened
    assert any((lake.path(ROWS) / "_delta_log").glob("*.checkpoint.parquet"))
    assert not keep_up(lake, hours=168)[0].shortened


def test_a_table_that_is_not_per_file_is_merged_too(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    tasks = [PartTask(None, lambda n=n: [pl.DataFrame({"name": [f"{n}"], "value": [n]})]) for n in range(9)]
    write_rows(lake.path(WHOLE), WHOLE, tasks, None, workers=1)
    (done,) = keep_up(lake, hours=168)
    assert (done.parts_before, done.parts_after) == (9, 1)
    assert lake.read(WHOLE)["value"].to_list() == list(range(9))


def test_rows_that_others_write_meanwhile_are_never_lost(lake: Lake) -> None:
    """A writer adds to the file and replaces it, over and over; what it committed last is what is there."""
    failures: list[Exception] = []

    def write() -> None:
        writer = Lake(lake.root)
        try:
            for round_ in range(6):
                writer.replace_file(ROWS, "many.sgy", rows([0], round_))
                for number in range(1, 10):
                    task = PartTask("many.sgy", lambda number=number, value=round_: [rows([number], value)])
                    writer.append_files(ROWS, [task])
                found = writer.read(ROWS, ["many.sgy"])
                assert found["index"].to_list() == list(range(10))
                assert found["value"].unique().to_list() == [round_]
        except Exception as error:  # noqa: BLE001 - said in the test's own thread
            failures.append(error)

    writing = threading.Thread(target=write)
    writing.start()
    while writing.is_alive():
        keep_up(lake, hours=1)
    writing.join()
    assert failures == []
    keep_up(lake, hours=1)
    assert lake.read(ROWS, ["many.sgy"])["index"].to_list() == list(range(10))


def test_a_table_whose_part_is_gone_or_cut_short_is_damaged(lake: Lake) -> None:
    lake.replace(WHOLE, pl.DataFrame({"name": ["a"], "value": [1]}))
    assert damaged_tables(lake) == []
    part = lake.segments(ROWS, ["one.sgy"])[0].path
    part.write_bytes(part.read_bytes()[:-1])
    (sentence,) = damaged_tables(lake)
    assert sentence.startswith("rows names 1 parts that are gone or cut short")
    for log in (lake.path(WHOLE) / "_delta_log").iterdir():
        log.write_text("garbage")
    assert any(sentence.startswith("whole cannot be opened") for sentence in damaged_tables(lake))


def test_time_travel_to_the_version_before_works_until_its_time_is_over(lake: Lake) -> None:
    before = lake.version(ROWS)
    keep_up(lake, hours=168)
    old = pl.scan_delta(DeltaTable(str(lake.path(ROWS)), version=before)).collect()
    assert old.height == 35
