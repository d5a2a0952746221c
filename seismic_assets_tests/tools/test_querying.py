"""Queries in their own process: what they may see, and what becomes of those that want too much."""

import json
import time
from pathlib import Path

import polars as pl
import pytest
from structlog.testing import capture_logs

from seismic_assets.llm.tool_use import ToolError
from seismic_assets.settings import Settings
from seismic_assets.tools.querying import QueryLimits, Tables
from seismic_assets.tools.toolbox import Toolbox

_LARGE = 600_000


def query(toolbox: Toolbox, sql: str, **more: int) -> dict:
    return toolbox.call("query_table", {"sql": sql, **more})


def test_tables_are_named_with_rows_and_columns(toolbox: Toolbox) -> None:
    tables = {table["name"]: table for table in toolbox.call("list_tables", {})["tables"]}

    assert tables["bronze_traces"]["rows"] == 30
    assert tables["bronze_traces"]["columns"]["samples"] == "Binary"


def test_rows_come_with_columns_and_samples_as_their_size(toolbox: Toolbox) -> None:
    answer = query(toolbox, "SELECT trace_index, is_dead, samples FROM bronze_traces ORDER BY trace_index", limit=2)

    assert answer["rows"] == [[0, False, "<400 bytes>"], [1, False, "<400 bytes>"]]
    assert answer["row_count"] == 2 and "more than 2 rows" in answer["truncated"]


def test_numbers_that_json_has_no_word_for_are_texts(toolbox: Toolbox) -> None:
    sql = "SELECT CAST('NaN' AS DOUBLE) AS a, CAST('inf' AS DOUBLE) AS b, NULL AS c, now FROM clock"

    row = query(toolbox, sql)["rows"][0]

    assert row[:3] == ["NaN", "Infinity", None] and row[3].startswith("20")


def test_the_rows_are_bounded_in_bytes(made: Settings) -> None:
    answer = Tables(made, QueryLimits(answer=300)).query("SELECT * FROM bronze_traces", 1000)

    assert 0 < answer.row_count < 30 and "300 bytes" in answer.truncated
    assert len(json.dumps(answer.rows)) < 400


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('{secret}')",
        "SELECT * FROM READ_CSV ('{secret}')",
        "SELECT * FROM \"read_csv\"('{secret}')",
        "WITH x AS (SELECT * FROM read_parquet('{secret}')) SELECT * FROM x",
        "SELECT * FROM (SELECT * FROM read_json('{secret}')) AS y",
        "SELECT * FROM bronze_traces WHERE file_id IN (SELECT * FROM read_ipc('{secret}'))",
        "SELECT * FROM scan_lines('{secret}')",
        "SELECT * FROM \"read_anything_new\" ('{secret}')",
        "SELECT * FROM '{secret}'",
        'SELECT * FROM "{secret}"',
        "/* */ DROP TABLE bronze_traces",
        "SELECT 1; DROP TABLE bronze_traces",
        "CREATE TABLE mine AS SELECT * FROM bronze_traces",
        "DELETE FROM bronze_traces",
        "TRUNCATE TABLE bronze_traces",
        "INSERT INTO bronze_traces SELECT * FROM bronze_traces",
        "COPY bronze_traces TO '{secret}'",
        "ATTACH '{secret}' AS mine",
        "SELECT * INTO mine FROM bronze_traces",
        "PRAGMA database_list",
        "\x00",
        "SELECT * FROM bronze_traces WHERE",
        "ſelect 🙈",
    ],
)
def test_files_and_statements_that_write_are_refused(toolbox: Toolbox, tmp_path: Path, sql: str) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("word\nswordfish\n")

    with pytest.raises(ToolError) as raised:
        query(toolbox, sql.format(secret=secret))

    assert "swordfish" not in str(raised.value) and "\n" not in str(raised.value)
    assert secret.read_text() == "word\nswordfish\n"


def test_a_plan_does_not_tell_where_the_tables_lie(toolbox: Toolbox, made: Settings) -> None:
    text = json.dumps(query(toolbox, "EXPLAIN SELECT * FROM bronze_traces"))

    assert "<storage>/lake/bronze_traces" in text and str(made.storage_root) not in text


def test_a_process_that_fails_is_not_told_as_a_limit(made: Settings) -> None:
    tables = Tables(made, QueryLimits(memory=1 << 70))  # more than a system can count

    with capture_logs() as logs, pytest.raises(ToolError, match="its process failed"):
        tables.query("SELECT 1 AS one", 10)

    assert "OverflowError" in logs[0]["stderr"]


@pytest.mark.slow
@pytest.mark.parametrize("call", ["generate_series(1, 20000000000)", "range(20000000000)"])
def test_a_query_that_needs_too_much_memory_is_ended(made: Settings, call: str) -> None:
    tables = Tables(made, QueryLimits(memory=1 << 30))

    with pytest.raises(ToolError, match=r"more memory or time|not understood|fails"):
        tables.query(f"SELECT * FROM {call}", 10)

    assert tables.query("SELECT 1 AS one", 10).rows == [[1]]


@pytest.mark.slow
def test_a_cross_join_of_large_tables_is_ended_in_time(tmp_path: Path) -> None:
    settings = Settings(landing_dir=tmp_path / "landing", storage_root=tmp_path / "storage")
    frame = pl.DataFrame({"x": range(_LARGE)})
    for name in ("one", "other"):
        frame.write_delta(settings.lake_dir / name)
    tables = Tables(settings, QueryLimits(seconds=4, memory=1 << 30))
    started = time.monotonic()

    with pytest.raises(ToolError, match="was ended"):
        tables.query("SELECT SUM(one.x * other.x) AS s FROM one CROSS JOIN other", 10)
    with pytest.raises(ToolError, match="was ended"):
        tables.query("SELECT one.x, other.x AS y FROM one CROSS JOIN other ORDER BY one.x * other.x DESC", 10)

    assert time.monotonic() - started < 60


def test_queries_wait_for_a_turn_and_are_turned_away(made: Settings) -> None:
    tables = Tables(made, QueryLimits(concurrent=1, waiting_seconds=0.01))

    with tables._turn(), pytest.raises(ToolError, match="ask again later"):
        tables.query("SELECT 1", 1)

    assert tables.query("SELECT 1 AS one", 1).rows == [[1]]
