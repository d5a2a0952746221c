"""The frames that the agents judge, from the tables; samples are never read."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import polars as pl
from deltalake.exceptions import DeltaError

from seismic_assets.insights.quality.inputs import QualityInputs
from seismic_assets.insights.quality.positions import HEADER_COLUMNS, POSITION_SCHEMA, positions_of
from seismic_assets.lake import (
    BRONZE_TRACES,
    DATASET_SPLIT,
    QUALITY_HISTORY,
    SEGY_CATALOGUE,
    TRACE_ATTRIBUTES,
    TRACE_LABELS,
    TRACE_QUALITY,
    Lake,
    LakeError,
    Table,
)

_TRACES_AT_A_TIME = 250_000
CLASS_SCHEMA: dict[str, type[pl.DataType]] = {
    "file_id": pl.String,
    "class": pl.Int32,
    "class_name": pl.String,
    "windows": pl.Int64,
}
FOLD_SCHEMA: dict[str, type[pl.DataType]] = {"fold": pl.String, "class": pl.Int32, "windows": pl.Int64}


def gather_quality(lake: Lake) -> QualityInputs:
    """What the agents judge. A table that cannot be read is a problem of the agents that need it, not of the others.

    Args:
        lake: of the deployment; a table that has not been written is an empty frame.
    """
    problems: dict[str, str] = {}

    def had(name: str, make: Callable[[], pl.DataFrame], otherwise: pl.DataFrame) -> pl.DataFrame:
        try:
            return make()
        except LakeError as error:
            problems[name] = str(error)
            return otherwise

    def whole(name: str, table: Table) -> pl.DataFrame:
        return had(name, lambda: lake.read(table), _empty(table))

    def windows(name: str, table: Table, schema: dict[str, type[pl.DataType]]) -> pl.DataFrame:
        return had(name, lambda: _counted(lake, table, schema), pl.DataFrame(schema=schema))

    return QualityInputs(
        quality=whole("quality", TRACE_QUALITY),
        catalogue=whole("catalogue", SEGY_CATALOGUE),
        positions=had("positions", lambda: _positions(lake), pl.DataFrame(schema=POSITION_SCHEMA)),
        classes=windows("classes", TRACE_LABELS, CLASS_SCHEMA),
        folds=windows("folds", DATASET_SPLIT, FOLD_SCHEMA),
        history=whole("history", QUALITY_HISTORY),
        windows=_window_count(lake),
        problems=problems,
    )


def _positions(lake: Lake) -> pl.DataFrame:
    """Some files at a time, so that memory does not grow with the survey."""
    if not lake.exists(BRONZE_TRACES):
        return pl.DataFrame(schema=POSITION_SCHEMA)
    figures = [
        positions_of(_collected(lake, BRONZE_TRACES, _headers(lake, file_ids)))
        for file_ids in _groups(lake.row_counts(BRONZE_TRACES))
    ]
    return pl.concat(figures).sort("file_id") if figures else pl.DataFrame(schema=POSITION_SCHEMA)


def _headers(lake: Lake, file_ids: list[str]) -> pl.LazyFrame:
    return _scan(lake, BRONZE_TRACES).filter(pl.col("file_id").is_in(file_ids)).select(HEADER_COLUMNS)


def _groups(rows: dict[str, int]) -> Iterator[list[str]]:
    group: list[str] = []
    held = 0
    for file_id in sorted(rows):
        if group and held + rows[file_id] > _TRACES_AT_A_TIME:
            yield group
            group, held = [], 0
        group.append(file_id)
        held += rows[file_id]
    if group:
        yield group


def _counted(lake: Lake, table: Table, schema: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    """Rows of a table by the columns of the schema but the last, which is their number."""
    if not lake.exists(table):
        return pl.DataFrame(schema=schema)
    *by, count = schema
    counted = _scan(lake, table).group_by(by).agg(pl.len().cast(pl.Int64).alias(count))
    return _collected(lake, table, counted).sort(by)


def _scan(lake: Lake, table: Table) -> pl.LazyFrame:
    lake.version(table)  # says in a sentence what is wrong with a log that cannot be opened
    return pl.scan_delta(str(lake.path(table)))


def _collected(lake: Lake, table: Table, frame: pl.LazyFrame) -> pl.DataFrame:
    try:
        return frame.collect(engine="streaming")
    except (pl.exceptions.PolarsError, DeltaError, OSError) as error:
        why = " ".join(str(error).split())[:200]
        raise LakeError(f"table {table.name} cannot be read ({why}); materialise its asset again") from error


def _window_count(lake: Lake) -> int:
    """From the log of the table alone; 0 where it cannot be read, as it is only what a share is a share of."""
    try:
        return sum(lake.row_counts(TRACE_ATTRIBUTES).values())
    except LakeError:
        return 0


def _empty(table: Table) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(table.schema.empty_table()))
