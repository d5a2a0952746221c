"""`seismic sql`: questions to the tables, and alerts that are such questions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table

from seismic_assets.cli.folders import StorageRoot, settings_for_reading
from seismic_assets.cli.render import facts_table, output
from seismic_assets.objects import Place

if TYPE_CHECKING:
    import polars as pl

    from seismic_assets.monitoring.sql import Answer
    from seismic_assets.monitoring.sql_alerts import SqlAlertResult
    from seismic_assets.settings import Settings

_ROWS_IN_A_TABLE = 50
_ANY_WIDTH = 1_000_000
_STYLES = {"on": "bold red", "off": "green", "broken": "bold yellow"}


def sql(
    query: Annotated[str | None, typer.Argument(help="A query in SQL, such as SELECT ... FROM predictions.")] = None,
    tables: Annotated[bool, typer.Option("--tables", help="List the tables, their rows and columns.")] = False,
    alerts: Annotated[
        bool, typer.Option("--alerts", help="Say how each SQL alert stands; exit status 1 when one is on.")
    ] = False,
    at: Annotated[
        int | None, typer.Option(min=0, help="Version of the Delta table that the query names, as it was once.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help=f"Rows at most; by default {_ROWS_IN_A_TABLE} in a table, else all.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV instead of a table.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write all rows to a .parquet or .csv file instead.")
    ] = None,
    alerts_file: Annotated[Path | None, typer.Option(help="YAML file of more alerts; SEISMIC_SQL_ALERTS.")] = None,
    storage_root: StorageRoot = None,
) -> None:
    """Ask the tables of the lake and of the served requests in SQL. Nothing is changed.

    [bold]Examples[/]

      seismic sql --tables --storage-root store/

      seismic sql "SELECT file_id, dead_traces, score FROM trace_quality ORDER BY score LIMIT 5"

      seismic sql "SELECT predicted_class_name, COUNT(*) AS windows FROM predictions GROUP BY 1" -o shares.csv

      seismic sql --alerts --json
    """
    _check_options(query, tables, alerts, at=at, csv=as_csv, out=out, json_too=as_json)
    settings = settings_for_reading(storage_root=storage_root, sql_alerts=alerts_file)
    found = _tables(settings)
    if tables:
        _print_tables(found, as_json)
    elif alerts:
        _print_alerts(found, settings.sql_alerts, as_json)
    else:
        from seismic_assets.monitoring.sql import ask

        answer = ask(str(query), found, version=at)
        if out is not None:
            rows = write_answer(answer, out, limit)
            _say(f"{rows:,} rows: {out}")
        elif as_json:
            print(as_text(answer.rows(limit).lazy()).collect().write_json())
        elif as_csv:
            print(as_text(answer.rows(limit).lazy()).collect().write_csv(), end="")
        else:
            _print_rows(answer, limit or _ROWS_IN_A_TABLE)


def write_answer(answer: Answer, path: Path, most: int | None = None) -> int:
    """Write the rows as Parquet, or as CSV with what CSV cannot hold as text; whole or not at all.

    Args:
        answer: to a query; it is computed piece by piece, so that memory does not grow with it.
        path: ends in `.parquet` or `.csv`.
        most: rows at most.

    Returns:
        How many rows were written.

    Raises:
        SqlError: the query fails on the rows, or a table is damaged.
        OSError: the file cannot be written.
    """
    import polars as pl

    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.touch()  # says by itself what is wrong with the place, before any work
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    frame = answer.frame if most is None else answer.frame.head(most)
    try:
        with answer.sentences():
            if path.suffix.lower() == ".csv":
                as_text(frame).sink_csv(temporary)
                written = pl.scan_csv(temporary, infer_schema=False)
            else:
                frame.sink_parquet(temporary)
                written = pl.scan_parquet(temporary)
            rows = int(written.select(pl.len()).collect().item())
        temporary.replace(path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    return rows


def as_text(frame: pl.LazyFrame) -> pl.LazyFrame:
    """The frame with what has no text of its own as text: bytes as `<n bytes>`, lists as `[a, b]`, others as JSON."""
    import polars as pl

    shown = []
    for name, kind in frame.collect_schema().items():
        column = pl.col(name)
        if kind == pl.Binary:
            shown.append(pl.format("<{} bytes>", column.bin.size()).alias(name))
        elif isinstance(kind, pl.List) and isinstance(kind.inner, pl.String | pl.Boolean | pl.Int64 | pl.Float64):
            shown.append(pl.format("[{}]", column.cast(pl.List(pl.String)).list.join(", ")).alias(name))
        elif kind.is_nested():
            shown.append(pl.struct(column).struct.json_encode().alias(name))
    return frame.with_columns(shown)


@dataclass(frozen=True)
class TableFacts:
    """What a table is, from its log alone.

    Attributes:
        name: in SQL.
        version: of the Delta table.
        rows: how many.
        columns: type by name, in order.
        problem: why it cannot be opened; the other figures are 0 then.
    """

    name: str
    version: int
    rows: int
    columns: Mapping[str, str]
    problem: str = ""


def describe_tables(tables: Mapping[str, Place]) -> list[TableFacts]:
    """What each table is; one that cannot be opened says why."""
    return [_described(name, path) for name, path in tables.items()]


def _described(name: str, path: Place) -> TableFacts:
    import polars as pl

    from seismic_assets.monitoring.sql import SqlError, open_table

    try:
        delta = open_table(name, path)
    except SqlError as error:
        return TableFacts(name, 0, 0, {}, str(error))
    columns = {column: str(kind) for column, kind in pl.scan_delta(delta).collect_schema().items()}
    return TableFacts(name, delta.version(), delta.count(), columns)


def _check_options(
    query: str | None, tables: bool, alerts: bool, *, at: int | None, csv: bool, out: Path | None, json_too: bool
) -> None:
    if (query is not None) + tables + alerts != 1:
        raise typer.BadParameter("give a query, or --tables, or --alerts")
    if query is None and (at is not None or csv or out is not None):
        raise typer.BadParameter("--at, --csv and --out need a query")
    if csv + json_too + (out is not None) > 1:
        raise typer.BadParameter("give one of --json, --csv and --out")
    if out is not None and out.suffix.lower() not in (".parquet", ".csv"):
        raise typer.BadParameter(f"the rows are written as Parquet or CSV; give a name that ends so, not {out.name}")
    if out is not None and out.is_dir():
        raise typer.BadParameter(f"{out} is a folder; give the file to write")


def _tables(settings: Settings) -> dict[str, Place]:
    from seismic_assets.monitoring.sql import SqlError, find_tables

    found = find_tables(settings.lake_dir, settings.serving_dir)
    if not found:
        raise SqlError(
            f"{settings.storage_root} holds no table yet; give the storage root of your runs, or make tables with "
            "`seismic run`"
        )
    return found


def _print_tables(found: Mapping[str, Place], as_json: bool) -> None:
    facts = describe_tables(found)
    if as_json:
        output.print_json(json.dumps([asdict(each) for each in facts]))
        return
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("table", no_wrap=True)
    for column in ("version", "rows"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("columns")
    for each in facts:
        columns = f"[bold red]{escape(each.problem)}[/]" if each.problem else escape(", ".join(each.columns))
        table.add_row(escape(each.name), str(each.version), f"{each.rows:,}", columns)
    output.print(table)


def _print_rows(answer: Answer, most: int) -> None:
    frame = answer.rows(most + 1)
    shown = as_text(frame.head(most).lazy()).collect()
    table = Table(box=box.SIMPLE_HEAD)
    for name, kind in shown.schema.items():
        table.add_column(escape(name), justify="right" if kind.is_numeric() else "left", no_wrap=True)
    rows = [[_cell(value) for value in row] for row in shown.iter_rows()]
    for cells in rows:
        table.add_row(*map(escape, cells))
    if Measurement.get(output, output.options.update(max_width=_ANY_WIDTH), table).maximum <= output.width:
        output.print(table)
    else:  # squeezed into the terminal, cells or whole columns would be cut off
        for number, cells in enumerate(rows, 1):
            output.print(facts_table(f"row {number}", dict(zip(shown.columns, cells, strict=True))))
    if frame.height > most:
        _say(f"the first {most:,} rows; --limit shows more, --out writes all")
    elif not rows:
        _say("no row")


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    return f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else str(value)


def _print_alerts(found: Mapping[str, Place], own: Path | None, as_json: bool) -> None:
    from seismic_assets.lake import TABLE_NAMES
    from seismic_assets.monitoring.sql import SERVED_TABLES
    from seismic_assets.monitoring.sql_alerts import evaluate_alerts, shipped_and_own

    results = evaluate_alerts(shipped_and_own(own), found, to_come=TABLE_NAMES.union(SERVED_TABLES))
    if as_json:
        output.print_json(json.dumps([asdict(each) for each in results]))
    else:
        output.print(_alerts_table(results))
    statuses = {each.status for each in results}
    if "on" in statuses or "broken" in statuses:
        raise typer.Exit(1 if "on" in statuses else 2)


def _alerts_table(results: Sequence[SqlAlertResult]) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for column in ("alert", "severity", "status"):
        table.add_column(column, no_wrap=True)
    table.add_column("what")
    for each in results:
        style = _STYLES.get(each.status, "dim")
        table.add_row(escape(each.name), each.severity, f"[{style}]{each.status}[/]", escape(each.sentence))
    return table


def _say(sentence: str) -> None:
    output.print(sentence, highlight=False, markup=False, soft_wrap=True)
