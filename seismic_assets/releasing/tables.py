"""Tables that another version of the package wrote: what it takes to read them with this one.

The columns of a table are its version. A table whose rows follow from the SEG-Y files is made anew; of one that keeps
what happened the rows stay, and columns that are new are null in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import DeltaError

from seismic_assets.lake import (
    BRONZE_TRACES,
    DATASET_SPLIT,
    DRIFT_TILES,
    DRIFT_VERDICTS,
    FEATURE_DRIFT,
    LABEL_MATCHES,
    MONITORING_HISTORY,
    MONITORING_REPORTS,
    PREDICTION_DRIFT,
    QUALITY_HISTORY,
    RETRAINING_DECISIONS,
    SEGY_CATALOGUE,
    TRACE_ATTRIBUTES,
    TRACE_LABELS,
    TRACE_QUALITY,
    Lake,
    Table,
    predictions_table,
    trace_features_table,
)
from seismic_assets.objects.files import is_folder

_OF_ANY_WIDTH = (TRACE_ATTRIBUTES, trace_features_table(()), predictions_table(()))
_MADE_ANEW = (
    SEGY_CATALOGUE,
    BRONZE_TRACES,
    TRACE_QUALITY,
    TRACE_LABELS,
    LABEL_MATCHES,
    DATASET_SPLIT,
    FEATURE_DRIFT,
    PREDICTION_DRIFT,
    DRIFT_VERDICTS,
    DRIFT_TILES,
    *_OF_ANY_WIDTH,
)
_KEPT = (MONITORING_HISTORY, MONITORING_REPORTS, RETRAINING_DECISIONS, QUALITY_HISTORY)

Remedy = Literal["made anew", "widened", "none"]


@dataclass(frozen=True)
class OldTable:
    """A table that this version does not read as it is.

    Attributes:
        table: as this version has it.
        remedy: whether its rows are made anew, columns are added, or nothing can be done.
        because: what is wrong with it.
    """

    table: Table
    remedy: Remedy
    because: str


def old_tables(lake: Lake) -> list[OldTable]:
    """Tables that lack columns, that have columns which this version does not know, or that it cannot open."""
    found = []
    for table in (*_MADE_ANEW, *_KEPT):
        if is_folder(lake.path(table)) and (judged := _judged(lake, table)) is not None:
            found.append(judged)
    return found


def widen(lake: Lake, table: Table) -> int:
    """Write a table with the columns of this version, null where they are new, in one commit; returns its rows.

    Raises:
        OSError: the disk is full or not writable; the table is as it was.
    """
    delta = DeltaTable(str(lake.path(table)))
    rows = delta.to_pyarrow_table()
    columns = [
        rows[field.name].cast(field.type) if field.name in rows.column_names else pa.nulls(rows.num_rows, field.type)
        for field in table.schema
    ]
    write_deltalake(
        str(lake.path(table)),
        pa.table(columns, schema=table.schema),
        mode="overwrite",
        schema_mode="overwrite",
        partition_by=["file_id"] if table.per_file else None,
    )
    return rows.num_rows


def _judged(lake: Lake, table: Table) -> OldTable | None:
    try:
        present = [field.name for field in DeltaTable(str(lake.path(table))).schema().fields]
    except (DeltaError, OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        return OldTable(table, "none", f"{lake.path(table)} cannot be opened ({reason}); restore it from a backup")
    lacking = [name for name in table.schema.names if name not in present]
    unknown = [name for name in present if name not in table.schema.names]
    if unknown and table not in _OF_ANY_WIDTH:
        sentence = f"{table.name} has columns that this version does not know ({', '.join(unknown)})"
        return OldTable(table, "none", f"{sentence}: a newer version wrote it; deploy that one, or restore a backup")
    if not lacking:
        return None
    remedy: Remedy = "widened" if table in _KEPT else "made anew"
    return OldTable(table, remedy, f"{table.name} is of an older version: it lacks {', '.join(lacking)}")
