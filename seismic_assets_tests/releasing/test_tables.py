"""Tables as another version of the package would have written them."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from seismic_assets.lake import BRONZE_TRACES, QUALITY_HISTORY, TRACE_ATTRIBUTES, Lake, Table
from seismic_assets.releasing import old_tables, widen


def write(lake: Lake, table: Table, *, without: tuple[str, ...] = (), further: tuple[str, ...] = ()) -> None:
    kept = [field for field in table.schema if field.name not in without]
    schema = pa.schema([*kept, *(pa.field(name, pa.int64()) for name in further)])
    values = {
        field.name: pa.array([_value(field.type)] * 2, field.type)
        if _value(field.type) is not None
        else pa.nulls(2, field.type)
        for field in schema
    }
    write_deltalake(
        str(lake.path(table)), pa.table(values, schema=schema), partition_by=["file_id"] if table.per_file else None
    )


def _value(kind: pa.DataType) -> object:
    if pa.types.is_string(kind):
        return "a.sgy"
    if pa.types.is_timestamp(kind):
        return datetime(2026, 11, 22, tzinfo=UTC)
    return 1 if pa.types.is_integer(kind) else None


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def test_a_lake_that_is_not_there_has_no_old_table(lake: Lake) -> None:
    assert old_tables(lake) == []
    assert not lake.root.exists()


def test_tables_of_this_version_are_not_old(lake: Lake) -> None:
    write(lake, BRONZE_TRACES)
    write(lake, QUALITY_HISTORY)

    assert old_tables(lake) == []


def test_a_table_of_rows_that_follow_from_files_is_to_be_made_anew(lake: Lake) -> None:
    write(lake, BRONZE_TRACES, without=("offset", "cdp"))

    (old,) = old_tables(lake)

    assert (old.table.name, old.remedy) == ("bronze_traces", "made anew")
    assert old.because == "bronze_traces is of an older version: it lacks cdp, offset"


def test_a_table_that_keeps_what_happened_is_to_be_widened(lake: Lake) -> None:
    write(lake, QUALITY_HISTORY, without=(QUALITY_HISTORY.schema.names[-1],))

    assert [old.remedy for old in old_tables(lake)] == ["widened"]


def test_columns_that_nobody_knows_are_of_a_newer_version(lake: Lake) -> None:
    write(lake, QUALITY_HISTORY, further=("of_tomorrow",))

    (old,) = old_tables(lake)

    assert old.remedy == "none"
    assert "of_tomorrow" in old.because and "a newer version wrote it" in old.because


def test_more_attributes_are_another_feature_set_and_no_other_version(lake: Lake) -> None:
    write(lake, TRACE_ATTRIBUTES, further=("my_attribute",))

    assert old_tables(lake) == []


def test_a_table_that_cannot_be_opened_is_told(lake: Lake) -> None:
    write(lake, BRONZE_TRACES)
    for path in (lake.path(BRONZE_TRACES) / "_delta_log").iterdir():
        path.unlink()

    (old,) = old_tables(lake)

    assert old.remedy == "none" and "cannot be opened" in old.because


def test_widening_keeps_every_row_and_the_order_of_columns(lake: Lake) -> None:
    gone = QUALITY_HISTORY.schema.names[1]
    write(lake, QUALITY_HISTORY, without=(gone,))
    before = pl.read_delta(str(lake.path(QUALITY_HISTORY)))

    assert widen(lake, QUALITY_HISTORY) == 2

    after = pl.read_delta(str(lake.path(QUALITY_HISTORY)))
    names = [field.name for field in DeltaTable(str(lake.path(QUALITY_HISTORY))).schema().fields]
    assert names == QUALITY_HISTORY.schema.names
    assert after.select(before.columns).equals(before)
    assert after[gone].null_count() == 2
    assert old_tables(lake) == []
