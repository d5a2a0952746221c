"""Queries over real tables of a lake and of served requests."""

import shutil
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from deltalake import write_deltalake
from hypothesis import given
from hypothesis import strategies as st

from seismic_assets.lake import BRONZE_TRACES, SEGY_CATALOGUE, TRACE_QUALITY, Lake, Table, predictions_table
from seismic_assets.monitoring.sql import SqlError, UnknownTableError, ask, file_ages, find_tables
from seismic_assets.segy.discovery import file_id_of
from seismic_assets.serving.recording.rows import INFERENCE_LOG, RecordedCall
from seismic_assets_tests.frames.building import COUNT, FILE, SAMPLES, bronze_lake

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
PREDICTIONS = predictions_table(("sand", "shale"))
_NOTHING = {pa.string(): "", pa.bool_(): False, pa.list_(pa.int64()): [], pa.large_binary(): b""}


def frame_of(table: Table, *rows: dict[str, Any]) -> pl.DataFrame:
    """Rows of a table; what is not given is empty or zero."""
    blank = {field.name: _NOTHING.get(field.type, 0) for field in table.schema}
    schema = pl.DataFrame(pl.from_arrow(table.schema.empty_table())).schema
    return pl.DataFrame([{**blank, **row} for row in rows], schema=schema)


def add_rows(lake: Lake, table: Table, *rows: dict[str, Any]) -> None:
    """Rows of a per-file table, all of one file."""
    frame = frame_of(table, *rows)
    lake.replace_file(table, frame["file_id"][0], frame.drop("file_id"))


def add_predictions(lake: Lake, file_id: str, **windows: int) -> None:
    """So many predicted windows of each class."""
    names = [name for name, count in windows.items() for _ in range(count)]
    rows = [
        {"file_id": file_id, "trace_index": index, "predicted_class": ["sand", "shale"].index(name),
         "predicted_class_name": name, "model_version": "3"}
        for index, name in enumerate(names)
    ]  # fmt: skip
    add_rows(lake, PREDICTIONS, *rows)


def add_calls(serving: Path, statuses: Iterable[int], received_at: datetime = NOW) -> None:
    """Requests with these statuses in the inference table."""
    calls = [
        RecordedCall(str(uuid.uuid4()), received_at, "/v1/predict", "json", None, "3", status, 1, 2, 5.0, {"sand": 1})
        for status in statuses
    ]
    write_deltalake(serving / "inference_log", INFERENCE_LOG.rows_to_arrow(calls), partition_by=["date"], mode="append")


def tables_of(root: Path) -> dict[str, Path]:
    return find_tables(root / "lake", root / "serving")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A storage root with bronze and quality of a real file, predictions and requests; not to be changed."""
    root = tmp_path_factory.mktemp("storage")
    lake, _ = bronze_lake(root)
    add_predictions(lake, FILE, sand=30, shale=10)
    add_predictions(lake, "other.sgy", shale=5)
    add_calls(root / "serving", [200, 200, 500])
    return root


def test_tables_of_the_lake_and_of_the_service_are_found_and_nothing_else(made: Path) -> None:
    (made / "lake" / "_audits").mkdir(exist_ok=True)

    assert set(tables_of(made)) == {"bronze_traces", "trace_quality", "predictions", "inference_log"}
    assert find_tables(made / "nowhere", made / "nowhere") == {}


def test_a_query_groups_filters_and_orders(made: Path) -> None:
    answer = ask(
        "SELECT file_id, predicted_class_name AS class, COUNT(*) AS windows FROM predictions "
        "GROUP BY file_id, predicted_class_name ORDER BY windows DESC",
        tables_of(made),
    )

    assert answer.rows().rows() == [(FILE, "sand", 30), (FILE, "shale", 10), ("other.sgy", "shale", 5)]
    assert answer.rows(most=1).height == 1


def test_tables_of_lake_and_service_are_joined(made: Path) -> None:
    answer = ask(
        "SELECT COUNT(*) AS pairs FROM predictions JOIN inference_log "
        "ON predictions.model_version = inference_log.model_version",
        tables_of(made),
    )

    assert answer.rows().item() == 45 * 3
    assert answer.tables == ("inference_log", "predictions")


def test_samples_come_as_they_are_stored(made: Path) -> None:
    rows = ask("SELECT samples FROM bronze_traces", tables_of(made)).rows()

    assert [len(each) for each in rows["samples"]] == [4 * SAMPLES] * COUNT


def test_only_the_tables_that_are_named_are_opened(made: Path, tmp_path: Path) -> None:
    (tmp_path / "damaged" / "_delta_log").mkdir(parents=True)
    tables = tables_of(made) | {"damaged": tmp_path / "damaged"}

    assert ask("SELECT COUNT(*) AS n FROM trace_quality", tables).rows().item() == 1
    with pytest.raises(SqlError, match=r"table damaged cannot be opened .*; restore its _delta_log folder"):
        ask("SELECT * FROM damaged", tables)


def test_an_unknown_table_is_named_with_those_that_are_there(made: Path) -> None:
    with pytest.raises(UnknownTableError) as raised:
        ask("SELECT * FROM prediction", tables_of(made))

    assert str(raised.value) == (
        "there is no table prediction; the tables are bronze_traces, inference_log, predictions, trace_quality"
    )
    assert raised.value.table == "prediction"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("SELECT nothing_like_it FROM predictions", 'unable to find column "nothing_like_it"'),
        ("SELECT a FROM (predictions", "the query is not understood: sql parser error"),
        ("SELECT 1 AS a; SELECT 2 AS b", "one .and only one. statement"),
        ("SELECT median_of_means(confidence) FROM predictions", "unsupported function 'median_of_means'"),
        ("", "there is no query"),
        ("  -- nothing but a comment", "there is no query"),
        ("CREATE TABLE mine AS SELECT * FROM predictions", "only reads, and begins with SELECT or WITH, not with CREA"),
        ("/* first */ delete FROM predictions", "not with delete"),
        ("DROP TABLE predictions", "not with DROP"),
        ("TRUNCATE TABLE predictions", "not with TRUNCATE"),
        ("COPY predictions TO 'stolen.csv'", "not with COPY"),
    ],
)
def test_what_is_no_query_or_not_understood_is_one_sentence(made: Path, query: str, sentence: str) -> None:
    with pytest.raises(SqlError, match=sentence) as raised:
        ask(query, tables_of(made))

    assert "\n" not in str(raised.value)
    assert "Resolved plan" not in str(raised.value)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    frame = pl.DataFrame({"secret": ["s3cr3t"]})
    frame.write_csv(tmp_path / "file.csv")
    frame.write_parquet(tmp_path / "file.parquet")
    frame.write_ipc(tmp_path / "file.ipc")
    frame.write_ndjson(tmp_path / "file.json")
    return tmp_path


@pytest.mark.parametrize("kind", ["csv", "parquet", "ipc", "json"])
@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM {name}('{path}')",
        "SELECT * FROM \"{name}\"('{path}')",
        "SELECT * FROM {upper}/**/ ('{path}') AS t",
        "WITH t AS (SELECT * FROM {name}('{path}')) SELECT * FROM t",
        "SELECT * FROM predictions WHERE file_id IN (SELECT secret FROM {name}('{path}'))",
        "SELECT * FROM predictions CROSS JOIN {name} -- there\n ('{path}')",
        "EXPLAIN SELECT * FROM {name}('{path}')",
    ],
)
def test_a_query_reads_no_file_by_a_function(made: Path, secret: Path, query: str, kind: str) -> None:
    name = f"read_{kind}"
    asked = query.format(name=name, upper=name.upper(), path=secret / f"file.{kind}")

    with pytest.raises(SqlError, match=f"(?i){name} is not to be had: a query reads the tables, and no files"):
        ask(asked, tables_of(made)).rows()


@pytest.mark.parametrize("kind", ["csv", "parquet", "ipc", "json"])
@pytest.mark.parametrize("query", ["SELECT * FROM '{path}'", 'SELECT * FROM "{path}"', "FROM '{path}'"])
def test_a_query_reads_no_file_by_its_path(made: Path, secret: Path, query: str, kind: str) -> None:
    with pytest.raises(SqlError, match="there is no table"):
        ask(query.format(path=secret / f"file.{kind}"), tables_of(made)).rows()


@pytest.mark.parametrize("prefix", ["read", "scan", "load", "open"])
@pytest.mark.parametrize("kind", ["lines", "text", "blob", "avro", "xlsx", "sqlite", "delta", "iceberg", "ndjson"])
def test_polars_has_no_other_function_that_reads_a_file(made: Path, secret: Path, prefix: str, kind: str) -> None:
    """Should a later version have one more, this test says so, as far as its name can be guessed."""
    with pytest.raises(SqlError, match=r"not a supported table function|is not to be had"):
        ask(f"SELECT * FROM {prefix}_{kind}('{secret / 'file.csv'}')", tables_of(made)).rows()


@given(st.text(max_size=60))
def test_any_text_is_answered_or_refused_in_a_sentence(text: str) -> None:
    try:
        ask(text, {})
    except SqlError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize("call", ["read_hdf('x')", 'SCAN_ORC ("x")', "\"read_new\" ('x')"])
def test_a_reader_of_files_that_a_later_polars_may_bring_is_refused(call: str) -> None:
    with pytest.raises(SqlError, match="a query reads the tables, and no files beside them"):
        ask(f"SELECT * FROM {call}", {})


def test_a_column_whose_name_begins_like_a_reader_may_be_asked_for() -> None:
    assert ask("SELECT read_time FROM (SELECT 5 AS read_time) AS t WHERE read_time IN (5)", {}).rows().item() == 5


def test_a_query_that_fails_on_the_rows_says_so(made: Path) -> None:
    answer = ask("SELECT CAST(file_id AS INT) AS n FROM predictions", tables_of(made))

    with pytest.raises(SqlError, match="the query fails on the rows: conversion from `str` to `i32` failed"):
        answer.rows()


@pytest.fixture
def copied(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "copied")


def test_a_missing_part_of_a_table_is_one_sentence(copied: Path) -> None:
    for part in (copied / "lake" / "predictions").glob("**/*.parquet"):
        part.unlink()

    with pytest.raises(
        SqlError, match=r"table predictions is damaged: .*parquet is gone; materialise it again"
    ) as raised:
        ask("SELECT * FROM predictions", tables_of(copied)).rows()
    assert "\n" not in str(raised.value)


def test_a_damaged_part_of_a_table_is_one_sentence(copied: Path) -> None:
    for part in (copied / "lake" / "predictions").glob("**/*.parquet"):
        part.write_bytes(part.read_bytes()[: part.stat().st_size // 2])

    with pytest.raises(SqlError, match=r"table predictions is damaged: .*parquet has [\d,]+ of [\d,]+ bytes"):
        ask("SELECT * FROM predictions", tables_of(copied))


def test_a_part_that_went_bad_in_place_is_one_sentence(copied: Path) -> None:
    for part in (copied / "lake" / "predictions").glob("**/*.parquet"):
        part.write_bytes(b"?" * part.stat().st_size)

    with pytest.raises(SqlError, match="a file of the tables predictions is gone or damaged") as raised:
        ask("SELECT * FROM predictions", tables_of(copied)).rows()
    assert "\n" not in str(raised.value)


def test_files_of_any_name_are_asked(tmp_path: Path) -> None:
    names = sorted(file_id_of(path) for path in ("north/line 100%.sgy", "Störung [3].sgy", "a=b%20c.sgy"))
    for name in names:
        add_predictions(Lake(tmp_path / "lake"), name, sand=2)

    rows = ask("SELECT DISTINCT file_id FROM predictions ORDER BY file_id", tables_of(tmp_path)).rows()

    assert rows["file_id"].to_list() == names


def test_a_damaged_log_is_one_sentence(copied: Path) -> None:
    for entry in (copied / "lake" / "predictions" / "_delta_log").glob("*.json"):
        entry.write_text('{"add": ')

    with pytest.raises(SqlError, match="table predictions cannot be opened") as raised:
        ask("SELECT * FROM predictions", tables_of(copied))
    assert "\n" not in str(raised.value)


def test_an_older_version_of_a_table_is_asked(copied: Path) -> None:
    Lake(copied / "lake").delete_files(PREDICTIONS, ["other.sgy"])
    count = "SELECT COUNT(*) AS n FROM predictions"

    assert ask(count, tables_of(copied)).rows().item() == 40
    assert ask(count, tables_of(copied), version=2).rows().item() == 45


def test_a_version_that_is_not_there_or_of_two_tables_is_refused(made: Path) -> None:
    with pytest.raises(SqlError, match=r"table predictions has no version 9; its latest is 2"):
        ask("SELECT * FROM predictions", tables_of(made), version=9)
    with pytest.raises(SqlError, match=r"of one table, and the query names 2 \(inference_log, predictions\)"):
        ask("SELECT * FROM predictions CROSS JOIN inference_log", tables_of(made), version=1)


def test_a_version_whose_files_were_tidied_away_is_one_sentence(copied: Path) -> None:
    lake = Lake(copied / "lake")
    lake.delete_files(PREDICTIONS, ["other.sgy"])
    lake.tidy(0)

    with pytest.raises(SqlError, match="`seismic tidy` removes files of old versions"):
        ask("SELECT * FROM predictions", tables_of(copied), version=2).rows()


def test_the_clock_is_a_table(made: Path) -> None:
    recent = "SELECT COUNT(*) AS n FROM inference_log CROSS JOIN clock WHERE received_at > now - INTERVAL '1 hour'"

    assert ask(recent, tables_of(made), now=NOW + timedelta(minutes=59)).rows().item() == 3
    assert ask(recent, tables_of(made), now=NOW + timedelta(minutes=61)).rows().item() == 0


def test_file_ages_say_when_the_rows_of_each_file_were_written(made: Path) -> None:
    before = datetime.now(UTC)

    ages = file_ages(tables_of(made))

    assert ages.select("table", "file_id", "rows").rows() == [
        ("bronze_traces", FILE, COUNT),
        ("predictions", FILE, 40),
        ("predictions", "other.sgy", 5),
        ("trace_quality", FILE, 1),
    ]
    assert all(before - timedelta(minutes=5) < moment <= before for moment in ages["written_at"])
    assert all(ages["bytes"] > 0)
    assert ask("SELECT MAX(rows) AS most FROM file_ages", tables_of(made)).rows().item() == 40


def test_file_ages_without_tables_are_empty() -> None:
    assert file_ages({}).height == 0


def test_a_table_called_like_a_built_in_one_is_the_one_that_counts(tmp_path: Path) -> None:
    write_deltalake(tmp_path / "clock", pl.DataFrame({"now": ["half past two"]}).to_arrow())

    assert ask("SELECT now FROM clock", {"clock": tmp_path / "clock"}).rows().item() == "half past two"


def test_the_first_row_and_the_number_of_rows(made: Path) -> None:
    answer = ask("SELECT file_id, trace_index FROM predictions ORDER BY trace_index DESC", tables_of(made))

    assert answer.first_and_count() == ({"file_id": FILE, "trace_index": 39}, 45)
    assert ask("SELECT * FROM predictions WHERE trace_index < 0", tables_of(made)).first_and_count() == ({}, 0)


def test_a_table_without_rows_answers_without_rows(tmp_path: Path) -> None:
    Lake(tmp_path / "lake").replace(SEGY_CATALOGUE, frame_of(SEGY_CATALOGUE))

    assert ask("SELECT relative FROM segy_catalogue", tables_of(tmp_path)).rows().height == 0
    assert {BRONZE_TRACES.name, TRACE_QUALITY.name}.isdisjoint(tables_of(tmp_path))
