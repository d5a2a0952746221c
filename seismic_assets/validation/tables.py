"""The Delta tables: readable, whole, and as many rows of each file in one as the other promises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl
from deltalake import DeltaTable

from seismic_assets.attributes import WindowGrid
from seismic_assets.lake import (
    BRONZE_TRACES,
    DATASET_SPLIT,
    LABEL_MATCHES,
    SEGY_CATALOGUE,
    TRACE_ATTRIBUTES,
    TRACE_LABELS,
    TRACE_QUALITY,
    Lake,
    LakeError,
    Table,
    predictions_table,
    trace_features_table,
)
from seismic_assets.objects.files import is_folder
from seismic_assets.validation.assets import told
from seismic_assets.validation.report import Finding

_FEATURES, _PREDICTIONS = trace_features_table(()), predictions_table(())
_OF_USABLE = (TRACE_ATTRIBUTES.name, _FEATURES.name)  # no row of a trace that is dead or not finite
_TABLES: tuple[tuple[str, Table], ...] = (
    ("raw", SEGY_CATALOGUE),
    ("bronze", BRONZE_TRACES),
    ("bronze", TRACE_QUALITY),
    ("silver", TRACE_ATTRIBUTES),
    ("silver", TRACE_LABELS),
    ("silver", LABEL_MATCHES),
    ("features", DATASET_SPLIT),
    ("features", _FEATURES),
    ("evaluation", _PREDICTIONS),
)
_RESTORE = "restore it from a backup, or move the folder of the table away and materialise its asset again"


def table_findings(lake: Lake, window: WindowGrid) -> tuple[list[Finding], dict[str, int]]:
    """What is wrong with the tables, and the rows of each layer's tables. Of all but the quality, logs alone are read.

    A table that is not there is no finding: whether it should be is what the history knows.

    Args:
        lake: the tables.
        window: how traces are cut, which says how many rows a file must have.
    """
    found: list[Finding] = []
    rows: dict[str, int] = {}
    counts: dict[str, Mapping[str, int]] = {}
    for layer, table in _TABLES:
        if not is_folder(lake.path(table)):
            continue
        try:
            holes = list(_holes(lake, layer, table))
            found += holes
            if lake.exists(table):
                rows[layer] = rows.get(layer, 0) + DeltaTable(str(lake.path(table))).count()
            if table.per_file and not holes:
                counts[table.name] = lake.row_counts(table)
        except LakeError as error:
            found.append(Finding(layer, "failed", str(error), _RESTORE))
    if TRACE_QUALITY.name in counts:
        found += _disagreements(counts, _promised(lake, window))
    return found, rows


def _holes(lake: Lake, layer: str, table: Table) -> Iterator[Finding]:
    if not lake.exists(table):
        yield Finding(layer, "failed", f"the folder {lake.path(table)} is no table: its log is missing", _RESTORE)
    elif not lake.is_whole(table):
        yield Finding(layer, "failed", f"the table {table.name} has lost Parquet parts that its log names", _RESTORE)


def _promised(lake: Lake, window: WindowGrid) -> dict[str, dict[str, int]]:
    """Rows that each file must have, by table and file, as its quality was recorded when it was read."""
    columns = ["file_id", "status", "traces", "dead_traces", "nan_traces", "num_samples"]
    files = lake.read(TRACE_QUALITY, columns=columns).filter(pl.col("status") == "read")
    promised: dict[str, dict[str, int]] = {name: {} for name in (BRONZE_TRACES.name, *_OF_USABLE, _PREDICTIONS.name)}
    for file in files.iter_rows(named=True):
        windows = len(window.starts(file["num_samples"]))
        usable = file["traces"] - file["dead_traces"] - file["nan_traces"]
        promised[BRONZE_TRACES.name][file["file_id"]] = file["traces"]
        promised[_PREDICTIONS.name][file["file_id"]] = file["traces"] * windows
        for name in _OF_USABLE:
            promised[name][file["file_id"]] = usable * windows
    return promised


def _disagreements(
    counts: Mapping[str, Mapping[str, int]], promised: Mapping[str, Mapping[str, int]]
) -> Iterator[Finding]:
    for layer, table in _TABLES:
        wanted = promised.get(table.name, {})
        wrong = [
            f"{file} ({rows:,} rows, {wanted.get(file, 0):,} expected)"
            for file, rows in counts.get(table.name, {}).items()
            if table.name in promised and rows != wanted.get(file, 0)
        ]
        if wrong:
            yield Finding(
                layer, "failed", f"{table.name} disagrees with what was read of {told(sorted(wrong))}", _RESTORE
            )
