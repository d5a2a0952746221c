"""SQL over Delta tables: a query opens the tables that it names and no others, and only reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl
import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError
from polars.exceptions import PanicException, PolarsError

from seismic_assets.monitoring.errors import MonitoringError
from seismic_assets.objects import Place
from seismic_assets.objects.delta import LOG, delta_tables
from seismic_assets.objects.files import sizes_of

CLOCK = "clock"
FILE_AGES = "file_ages"
_FIRST_WORD = re.compile(r"(?:\s|\(|--[^\n]*(?:\n|$)|/\*.*?\*/)*(\w*).*", re.DOTALL)
_QUERIES = ("select", "with", "from", "values", "explain")
# Looked for anywhere, in quotes and comments too: what polars takes for a call need not look like one to us.
_FILE_READERS = re.compile(
    r"(?:read|scan)_(?:csv|parquet|ipc|json|ndjson|avro|excel|delta|iceberg|lines)"
    r"|(?<!\w)(?:read|scan)_\w+(?=[\"`]?\s*\()",  # one that a later polars may bring
    re.IGNORECASE,
)
SERVED_TABLES = ("inference_log", "feedback")
_UNKNOWN_TABLE = re.compile(r"(?:relation|no table or alias named) '([^']*)'")
_TIME = pl.Datetime("us", "UTC")
_FILE_AGES: dict[str, Any] = {
    "table": pl.String,
    "file_id": pl.String,
    "rows": pl.Int64,
    "bytes": pl.Int64,
    "written_at": _TIME,
}


class SqlError(MonitoringError):
    """A query, an alert or a table cannot be used: which, why, what to do."""


class UnknownTableError(SqlError):
    """A query names a table that is not there.

    Attributes:
        table: its name.
    """

    def __init__(self, table: str, sentence: str) -> None:
        super().__init__(sentence)
        self.table = table


@dataclass(frozen=True)
class Answer:
    """The answer to a query, computed when it is asked for.

    Attributes:
        frame: its rows, lazily.
        tables: the tables that the query names, sorted.
    """

    frame: pl.LazyFrame
    tables: tuple[str, ...]

    def rows(self, most: int | None = None) -> pl.DataFrame:
        """The rows, at most so many.

        Raises:
            SqlError: the query fails on the rows, or a table is damaged.
        """
        with self.sentences():
            return (self.frame if most is None else self.frame.head(most)).collect()

    def first_and_count(self) -> tuple[dict[str, object], int]:
        """The first row by column, empty without any, and the number of rows; memory does not grow with them.

        Raises:
            SqlError: the query fails on the rows, or a table is damaged.
        """
        with self.sentences():
            names = self.frame.collect_schema().names()
            found = self.frame.select(pl.struct(pl.all()).first().alias("row"), pl.len().alias("count")).collect()
        count = int(found["count"][0])
        return (dict(zip(names, found["row"][0].values(), strict=True)) if count else {}), count

    @contextmanager
    def sentences(self) -> Iterator[None]:
        """What fails while the rows are computed becomes an SqlError."""
        try:
            yield
        except (PolarsError, PanicException, OSError) as error:
            raise self._failed(error) from error

    def _failed(self, error: BaseException) -> SqlError:
        why = _first_line(error)
        if isinstance(error, FileNotFoundError | PanicException) or "parquet" in why.lower():
            named = ", ".join(self.tables)
            return SqlError(f"a file of the tables {named} is gone or damaged ({why}); materialise the table again")
        if isinstance(error, OSError):
            return SqlError(f"the rows cannot be computed ({why}); check the rights and the free space")
        return SqlError(f"the query fails on the rows: {why}")


def find_tables(lake: Place, serving: Path) -> dict[str, Place]:
    """Folders of the Delta tables of a deployment by name: those of the lake, and of the served requests.

    Args:
        lake: folder of the lake.
        serving: folder of the service.

    Raises:
        SqlError: the lake cannot be listed.
    """
    try:
        made = delta_tables(lake)
    except OSError as error:
        raise SqlError(f"{lake} cannot be listed ({_first_line(error)}); fix the rights or the keys") from error
    served = {name: serving / name for name in SERVED_TABLES if (serving / name / LOG).is_dir()}
    return dict(sorted({**made, **served}.items()))


def ask(sql: str, tables: Mapping[str, Place], *, version: int | None = None, now: datetime | None = None) -> Answer:
    """The answer to a query in the SQL of polars.

    Beside the given tables there are two more, unless a table has their name: `clock`, one row with the column `now`
    (UTC), and `file_ages`, a row for each file in each table that is partitioned by `file_id`, with the columns
    `table`, `file_id`, `rows`, `bytes` and `written_at`.

    Args:
        sql: one query.
        tables: folder of each Delta table by its name in SQL.
        version: of the table that the query names, as it was once.
        now: what the clock says, aware; by default the time.

    Raises:
        UnknownTableError: the query names a table that is not there.
        SqlError: it is no query, names a file, is not understood, or a table or its version cannot be opened.
    """
    refuse_what_is_no_query(sql)
    named = sorted(name for name in tables if _names(sql, name))
    if version is not None and len(named) != 1:
        raise SqlError(
            f"an older version is of one table, and the query names {len(named)} ({', '.join(named) or 'none'})"
        )
    frames = {name: _scanned(name, tables[name], version) for name in named}
    if CLOCK not in tables:
        frames[CLOCK] = _clock(now or datetime.now(UTC))
    if FILE_AGES not in tables and _names(sql, FILE_AGES):
        frames[FILE_AGES] = file_ages(tables).lazy()
    answer = pl.SQLContext(frames)
    try:
        frame = answer.execute(sql)
        frame.collect_schema()
    except (PolarsError, PanicException) as error:
        raise _not_understood(error, tables) from error
    return Answer(frame, tuple(named))


def file_ages(tables: Mapping[str, Place]) -> pl.DataFrame:
    """When the rows of each file were written to each table, from the tables' logs.

    Args:
        tables: folder of each Delta table by name; those that are not partitioned by `file_id` are passed over.

    Returns:
        Columns `table`, `file_id`, `rows`, `bytes`, `written_at` (UTC, of the latest part), sorted.

    Raises:
        SqlError: a table cannot be opened.
    """
    found = []
    for name, path in tables.items():
        delta = open_table(name, path)
        if delta.metadata().partition_columns == ["file_id"]:
            found.append(
                _parts(delta)
                .group_by(pl.col("partition.file_id").alias("file_id"))
                .agg(
                    pl.lit(name).first().alias("table"),
                    pl.col("num_records").sum().cast(pl.Int64).alias("rows"),
                    pl.col("size_bytes").sum().cast(pl.Int64).alias("bytes"),
                    pl.from_epoch(pl.col("modification_time").max(), "ms").cast(_TIME).alias("written_at"),
                )
            )
    nothing = pl.DataFrame(schema=_FILE_AGES)
    return pl.concat([nothing, *(each.select(nothing.columns) for each in found)]).sort("table", "file_id")


def open_table(name: str, path: Place, version: int | None = None) -> DeltaTable:
    """A Delta table.

    Args:
        name: in SQL, for sentences.
        path: its folder.
        version: as it was once; by default as it is.

    Raises:
        SqlError: its log is damaged, or it has no such version.
    """
    try:
        latest = DeltaTable(str(path))
        if version is None:
            return latest
        if version > latest.version():
            raise SqlError(f"table {name} has no version {version}; its latest is {latest.version()}")
        return DeltaTable(str(path), version=version)
    except (DeltaError, OSError) as error:
        what = f"table {name}" if version is None else f"version {version} of table {name}"
        raise SqlError(f"{what} cannot be opened ({_first_line(error)}); restore its _delta_log folder") from error


def _scanned(name: str, path: Place, version: int | None) -> pl.LazyFrame:
    """The rows of a table whose files are all there, and whole: polars panics on one that is cut short."""
    delta = open_table(name, path, version)
    parts = _parts(delta).select("path", "size_bytes").rows()
    for (part, size), found in zip(parts, sizes_of(path / unquote(part) for part, _ in parts), strict=True):
        if found != size:
            what = "is gone" if found is None else f"has {found:,} of {size:,} bytes"
            advice = "materialise it again" if version is None else "`seismic tidy` removes files of old versions"
            raise SqlError(f"table {name} is damaged: {part} {what}; {advice}")
    return pl.scan_delta(delta)


def _parts(delta: DeltaTable) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(pa.table(delta.get_add_actions(flatten=True))))


def _clock(now: datetime) -> pl.LazyFrame:
    return pl.LazyFrame({"now": [now.astimezone(UTC)]}, schema={"now": _TIME})


def refuse_what_is_no_query(sql: str) -> None:
    """See that a text may be a query over tables, before anything is opened.

    Raises:
        SqlError: it begins like another statement, or reads a file.
    """
    found = _FIRST_WORD.match(sql)
    word = found[1] if found else ""
    if not word:
        raise SqlError("there is no query; begin it with SELECT or WITH")
    if word.lower() not in _QUERIES:
        raise SqlError(f"a query only reads, and begins with SELECT or WITH, not with {word}")
    reader = _FILE_READERS.search(sql)
    if reader is not None:
        raise SqlError(f"{reader.group()} is not to be had: a query reads the tables, and no files beside them")


def _names(sql: str, table: str) -> bool:
    """Whether the name occurs in the query as a word; to open a table too many does no harm."""
    return re.search(rf"(?<!\w){re.escape(table)}(?!\w)", sql, re.IGNORECASE) is not None


def _not_understood(error: BaseException, tables: Mapping[str, Place]) -> SqlError:
    why = _first_line(error)
    unknown = _UNKNOWN_TABLE.search(why)
    if unknown is not None:
        known = ", ".join(sorted(tables))
        return UnknownTableError(unknown[1], f"there is no table {unknown[1]}; the tables are {known}")
    return SqlError(f"the query is not understood: {why}")


def _first_line(error: BaseException) -> str:
    """What went wrong in one line: polars adds the plan, deltalake colours and a backtrace."""
    text = re.split(r"\n\s*\n|\n\s+0: ", str(error).strip())[0]
    return " ".join(re.sub(r"\x1b\[\d+m|↳", "", text).split())
