"""What is found of tables, on real ones; that of whole runs is in driver/test_validation.py."""

from pathlib import Path

import polars as pl
import pytest

from seismic_assets.attributes import WindowGrid
from seismic_assets.lake import BRONZE_TRACES, TRACE_ATTRIBUTES, TRACE_QUALITY, Lake, Table, predictions_table
from seismic_assets.validation import table_findings

WINDOW = WindowGrid(64, 32)
TRACES, SAMPLES = 5, 128  # three windows each
PREDICTIONS = predictions_table(("a", "b"))


def rows(table: Table, count: int, **values: object) -> pl.DataFrame:
    """Rows with the columns of a table, null where no value is given."""
    empty = pl.DataFrame(pl.from_arrow(table.schema.empty_table()))
    base = pl.DataFrame({"trace_index": range(count)}).with_columns(
        *(pl.lit(value).alias(name) for name, value in values.items())
    )
    columns = [
        base[name].cast(kind) if name in base.columns else pl.Series(name, [None] * count, kind)
        for name, kind in empty.schema.items()
    ]
    return pl.DataFrame(columns)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path / "lake")
    quality = {"file_id": "a.sgy", "status": "read", "traces": TRACES, "num_samples": SAMPLES}
    quality |= {"dead_traces": 1, "nan_traces": 0}
    lake.replace_file(TRACE_QUALITY, "a.sgy", rows(TRACE_QUALITY, 1, **quality))
    lake.replace_file(BRONZE_TRACES, "a.sgy", rows(BRONZE_TRACES, TRACES, file_id="a.sgy"))
    lake.replace_file(TRACE_ATTRIBUTES, "a.sgy", rows(TRACE_ATTRIBUTES, (TRACES - 1) * 3, file_id="a.sgy"))
    lake.replace_file(PREDICTIONS, "a.sgy", rows(PREDICTIONS, TRACES * 3, file_id="a.sgy"))
    return lake


def test_tables_that_agree_give_no_finding_and_their_rows(lake: Lake) -> None:
    found, counted = table_findings(lake, WINDOW)

    assert found == []
    assert counted == {"bronze": TRACES + 1, "silver": 12, "evaluation": 15}


def test_nothing_is_found_where_nothing_was_written(tmp_path: Path) -> None:
    assert table_findings(Lake(tmp_path / "none"), WINDOW) == ([], {})
    assert not (tmp_path / "none").exists()


def test_a_parquet_part_that_vanished_is_found_without_reading_rows(lake: Lake) -> None:
    next(lake.path(TRACE_ATTRIBUTES).glob("**/*.parquet")).unlink()

    (finding,) = table_findings(lake, WINDOW)[0]

    assert (finding.layer, finding.state) == ("silver", "failed")
    assert "trace_attributes has lost Parquet parts" in finding.reason


def test_rows_that_were_lost_on_the_way_are_named_with_how_many_there_should_be(lake: Lake) -> None:
    lake.replace_file(PREDICTIONS, "a.sgy", rows(PREDICTIONS, TRACES * 3 - 1, file_id="a.sgy"))

    (finding,) = table_findings(lake, WINDOW)[0]

    assert finding.layer == "evaluation"
    assert "a.sgy (14 rows, 15 expected)" in finding.reason


def test_rows_of_a_file_that_nobody_read_are_named(lake: Lake) -> None:
    lake.replace_file(TRACE_ATTRIBUTES, "gone.sgy", rows(TRACE_ATTRIBUTES, 2, file_id="gone.sgy"))

    (finding,) = table_findings(lake, WINDOW)[0]

    assert "gone.sgy (2 rows, 0 expected)" in finding.reason


def test_a_log_that_was_deleted_is_found(lake: Lake) -> None:
    for path in (lake.path(BRONZE_TRACES) / "_delta_log").iterdir():
        path.unlink()

    findings = table_findings(lake, WINDOW)[0]

    assert [(finding.layer, finding.state) for finding in findings] == [("bronze", "failed")]
    assert "its log is missing" in findings[0].reason


def test_a_log_that_is_no_json_is_found(lake: Lake) -> None:
    for path in (lake.path(BRONZE_TRACES) / "_delta_log").glob("*.json"):
        path.write_text("{")

    findings = table_findings(lake, WINDOW)[0]

    assert {(finding.layer, finding.state) for finding in findings} == {("bronze", "failed")}
