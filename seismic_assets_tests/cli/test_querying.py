"""`seismic sql`."""

import json
from pathlib import Path

import polars as pl
import pytest
import typer
from click.testing import Result
from polars.testing import assert_frame_equal
from typer.testing import CliRunner

from seismic_assets.cli.querying import sql
from seismic_assets.cli.render import output
from seismic_assets.lake import BRONZE_TRACES, SEGY_CATALOGUE, TRACE_QUALITY, Lake
from seismic_assets.monitoring.sql import SqlError
from seismic_assets_tests.frames.building import COUNT, FILE, SAMPLES, bronze_lake
from seismic_assets_tests.monitoring.test_sql import add_calls, add_predictions, add_rows, frame_of

app = typer.Typer(rich_markup_mode="rich")
app.command()(sql)
ON = "- {name: mine, severity: critical, sentence: 'n is {n}', sql: SELECT 1 AS n}\n"
BROKEN = "- {name: mine, severity: critical, sentence: 'n is {m}', sql: SELECT 1 AS n}\n"


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("storage")
    lake, _ = bronze_lake(root)
    add_predictions(lake, FILE, sand=100, shale=20)
    add_calls(root / "serving", [200, 200, 500])
    entry = {"file_id": FILE, "relative": FILE, "stamp": [1, 2, 3], "admitted": True}
    lake.replace(SEGY_CATALOGUE, frame_of(SEGY_CATALOGUE, entry))
    add_rows(lake, TRACE_QUALITY, {"file_id": FILE, "status": "read", "traces": 100, "dead_traces": 1})
    return root


def call(*arguments: str | Path, width: int = 160) -> Result:
    output.width = width  # a worker of pytest-xdist has a COLUMNS of its own when the console is made
    return CliRunner().invoke(app, [str(each) for each in arguments])


def asked(storage: Path, *arguments: str | Path, width: int = 160) -> str:
    result = call(*arguments, "--storage-root", storage, width=width)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def refused(storage: Path, *arguments: str | Path) -> str:
    """The sentence of an error; the command line turns it into status 2."""
    result = call(*arguments, "--storage-root", storage)
    assert isinstance(result.exception, SqlError), (result.output, result.exception)
    return str(result.exception)


def test_rows_are_a_table(storage: Path) -> None:
    text = asked(storage, "SELECT predicted_class_name AS class, COUNT(*) AS n FROM predictions GROUP BY 1 ORDER BY n")

    lines = [line.split() for line in text.splitlines() if line.strip()]
    assert lines[0] == ["class", "n"]
    assert lines[2:] == [["shale", "20"], ["sand", "100"]]


def test_a_table_is_cut_after_fifty_rows_or_so_many_as_are_asked_for(storage: Path) -> None:
    query = "SELECT trace_index FROM predictions ORDER BY trace_index"

    assert "the first 50 rows; --limit shows more, --out writes all" in asked(storage, query)
    assert "\n          119" in (whole := asked(storage, query, "--limit", "120"))
    assert "the first" not in whole
    assert "no row" in asked(storage, f"{query} LIMIT 0")


def test_what_is_wider_than_the_terminal_is_shown_row_by_row(storage: Path) -> None:
    wide = asked(storage, "SELECT * FROM segy_catalogue", width=80)

    assert "row 1" in wide
    assert any(line.split() == ["stamp", "[1,", "2,", "3]"] for line in wide.splitlines())
    assert "row 1" not in asked(storage, "SELECT * FROM segy_catalogue", width=400)


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("columns", [3, 6, 9])
def test_no_cell_and_no_column_is_cut_off_in_silence(storage: Path, columns: int, width: int) -> None:
    texts = ", ".join(f"'words of {number}' AS c{number}" for number in range(columns))

    shown = asked(storage, f"SELECT {texts} FROM segy_catalogue LIMIT 1", width=width)

    assert "…" not in shown
    for number in range(columns):
        assert f"words of {number}" in shown


def test_bytes_are_shown_by_their_number(storage: Path) -> None:
    query = "SELECT samples FROM bronze_traces LIMIT 1"
    shown = f"<{4 * SAMPLES} bytes>"

    assert shown in asked(storage, query)
    assert json.loads(asked(storage, query, "--json")) == [{"samples": shown}]
    assert asked(storage, query, "--csv") == f"samples\n{shown}\n"


def test_brackets_in_names_are_not_taken_for_markup(storage: Path) -> None:
    assert "[red]word" in asked(storage, "SELECT '[red]word' AS \"[bold]\"")


def test_json_holds_all_rows_unless_limited(storage: Path) -> None:
    query = "SELECT file_id, trace_index, confidence / 0 AS gap FROM predictions ORDER BY trace_index"

    rows = json.loads(asked(storage, query, "--json"))

    assert len(rows) == 120
    assert rows[3] == {"file_id": FILE, "trace_index": 3, "gap": None}  # NaN, which JSON does not know
    assert len(json.loads(asked(storage, query, "--json", "--limit", "7"))) == 7


def test_times_and_lists_are_text_in_csv(storage: Path) -> None:
    (time,) = asked(storage, "SELECT received_at FROM inference_log LIMIT 1", "--csv").splitlines()[1:]

    assert time == "2026-05-04T12:00:00.000000+0000"
    assert asked(storage, "SELECT stamp FROM segy_catalogue", "--csv") == 'stamp\n"[1, 2, 3]"\n'


def test_parquet_holds_the_rows_as_they_are(storage: Path, tmp_path: Path) -> None:
    query, out = "SELECT file_id, trace_index, samples FROM bronze_traces ORDER BY trace_index", tmp_path / "b.parquet"

    assert asked(storage, query, "-o", out) == f"{COUNT} rows: {out}\n"

    bronze = Lake(storage / "lake").read(BRONZE_TRACES, columns=["file_id", "trace_index", "samples"])
    assert_frame_equal(pl.read_parquet(out), bronze)
    assert [each.name for each in tmp_path.iterdir()] == ["b.parquet"]


def test_csv_is_written_and_replaces_what_was_there(storage: Path, tmp_path: Path) -> None:
    out = tmp_path / "rows.csv"
    out.write_text("old")

    asked(storage, "SELECT trace_index, predicted_class_name FROM predictions ORDER BY 1", "-o", out, "--limit", "3")

    assert out.read_text() == "trace_index,predicted_class_name\n0,sand\n1,sand\n2,sand\n"


def test_a_query_that_fails_leaves_no_file_and_the_old_one(storage: Path, tmp_path: Path) -> None:
    out = tmp_path / "rows.csv"
    out.write_text("old")

    sentence = refused(storage, "SELECT CAST(file_id AS INT) AS n FROM predictions", "-o", out)

    assert sentence.startswith("the query fails on the rows")
    assert [each.read_text() for each in tmp_path.iterdir()] == ["old"]


def test_a_folder_that_is_not_there_is_an_error_with_its_name(storage: Path, tmp_path: Path) -> None:
    out = tmp_path / "nowhere" / "rows.csv"

    result = call("SELECT 1 AS n", "-o", out, "--storage-root", storage)

    assert isinstance(result.exception, FileNotFoundError)
    assert result.exception.filename == str(out)


def test_tables_are_listed_with_rows_and_columns(storage: Path) -> None:
    text = asked(storage, "--tables", width=400)
    listed = {each["name"]: each for each in json.loads(asked(storage, "--tables", "--json"))}

    assert set(listed) == {"bronze_traces", "inference_log", "predictions", "segy_catalogue", "trace_quality"}
    assert (listed["bronze_traces"]["rows"], listed["predictions"]["rows"]) == (COUNT, 120)
    assert listed["bronze_traces"]["columns"]["samples"] == "Binary"
    assert any(line.split()[:3] == ["inference_log", "0", "3"] for line in text.splitlines() if line.strip())
    assert "request_id, received_at" in text


def test_a_damaged_table_is_listed_with_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "lake" / "predictions" / "_delta_log").mkdir(parents=True)

    (listed,) = json.loads(asked(tmp_path, "--tables", "--json"))

    assert "table predictions cannot be opened" in listed["problem"]
    assert "table predictions cannot be opened" in asked(tmp_path, "--tables", width=400)


def test_a_version_is_asked_for(storage: Path) -> None:
    query = "SELECT COUNT(*) AS n FROM trace_quality"

    assert json.loads(asked(storage, query, "--at", "0", "--json")) == [{"n": 0}]
    assert json.loads(asked(storage, query, "--json")) == [{"n": 1}]
    assert "no version 77" in refused(storage, query, "--at", "77")


def test_an_empty_storage_root_is_one_sentence(tmp_path: Path) -> None:
    for arguments in (["SELECT 1 AS n"], ["--tables"], ["--alerts"]):
        assert refused(tmp_path, *arguments) == (
            f"{tmp_path} holds no table yet; give the storage root of your runs, or make tables with `seismic run`"
        )


def test_an_unknown_table_and_a_file_are_refused(storage: Path) -> None:
    assert "there is no table prediction; the tables are bronze_traces" in refused(storage, "SELECT * FROM prediction")
    assert "read_csv is not to be had" in refused(storage, "SELECT * FROM read_csv('/etc/passwd')")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "give a query, or --tables, or --alerts"),
        (["SELECT 1", "--tables"], "give a query, or --tables, or --alerts"),
        (["--alerts", "--csv"], "--at, --csv and --out need a query"),
        (["SELECT 1", "--csv", "--json"], "give one of --json, --csv and --out"),
        (["SELECT 1", "-o", "rows.xlsx"], "give a name that ends so, not rows.xlsx"),
        (["SELECT 1", "--limit", "0"], "--limit"),
    ],
)
def test_options_that_do_not_go_together_are_refused(storage: Path, arguments: list[str], said: str) -> None:
    result = call(*arguments, "--storage-root", storage)

    assert result.exit_code == 2
    assert said in " ".join(result.output.replace("│", " ").split())


def test_alerts_are_a_table_and_status_0_while_none_is_on(storage: Path) -> None:
    text = asked(storage, "--alerts")

    assert any(line.split()[:3] == ["dead_traces", "warning", "off"] for line in text.splitlines() if line.strip())
    assert "drift_persists" in text
    assert "there is no table monitoring_history yet" in text


@pytest.mark.parametrize(("alerts", "code", "status"), [(ON, 1, "on"), (BROKEN, 2, "broken")])
def test_an_alert_that_is_on_is_status_1_and_a_broken_one_2(
    storage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alerts: str, code: int, status: str
) -> None:
    (tmp_path / "own.yaml").write_text(alerts)
    monkeypatch.setenv("SEISMIC_SQL_ALERTS", str(tmp_path / "own.yaml"))

    result = call("--alerts", "--json", "--storage-root", storage)

    assert result.exit_code == code
    found = {each["name"]: each for each in json.loads(result.output)}
    assert found["mine"]["status"] == status
    assert found["dead_traces"]["status"] == "off"
    assert call("--alerts", "--storage-root", storage).exit_code == code


def test_a_mistake_in_the_alerts_file_is_one_sentence(storage: Path, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("- {name: mine}")

    assert "alert 1 (mine): it has no severity; add it" in refused(
        storage, "--alerts", "--alerts-file", tmp_path / "own.yaml"
    )


def test_the_help_shows_examples() -> None:
    assert "seismic sql --alerts" in call("--help").output.split("Examples")[1]
