"""What is suspicious about the columns of bronze, file by file, in sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

from seismic_assets.insights.schema_statistics import BronzeStatistics
from seismic_assets.insights.wording import counted, listed, percent
from seismic_assets.lake import Table

Weight = Literal["error", "warning", "note"]
DEAD_SHARE = 0.1
"""From this share of dead traces on a file is told."""
USUAL_INTERVAL_US = (500, 4000)

_TYPES: Mapping[pa.DataType, str] = {
    pa.string(): "String",
    pa.int32(): "Int32",
    pa.int64(): "Int64",
    pa.float32(): "Float32",
    pa.float64(): "Float64",
    pa.bool_(): "Boolean",
    pa.large_binary(): "Binary",
    pa.binary(): "Binary",
}


@dataclass(frozen=True)
class SchemaFinding:
    """Something about the table that a geophysicist would ask about.

    Attributes:
        name: what it is about, such as `trace_index`.
        weight: `error`: rows cannot be relied on; `warning`: look at it; `note`: worth knowing.
        text: a sentence.
    """

    name: str
    weight: Weight
    text: str


def schema_findings(found: BronzeStatistics, table: Table) -> list[SchemaFinding]:
    """All findings, errors first; none of an empty table but those on its columns."""
    every = [*_definition(found, table), *_nulls(found), *_of_files(found), *_of_survey(found)]
    return sorted(every, key=lambda each: ("error", "warning", "note").index(each.weight))


def _definition(found: BronzeStatistics, table: Table) -> Iterator[SchemaFinding]:
    stored = dict(zip(found.columns["column"], found.columns["type"], strict=True))
    if missing := [name for name in table.schema.names if name not in stored]:
        yield SchemaFinding("columns", "error", f"The table lacks {listed(missing)}, which its definition has.")
    if further := [name for name in stored if name not in table.schema.names]:
        yield SchemaFinding("columns", "warning", f"The table has {listed(further)}, which its definition lacks.")
    for field in table.schema:
        wanted = _TYPES.get(field.type)
        if field.name in stored and wanted is not None and stored[field.name] != wanted:
            text = f"The column {field.name} is stored as {stored[field.name]}; its definition says {wanted}."
            yield SchemaFinding(field.name, "error", text)


def _nulls(found: BronzeStatistics) -> Iterator[SchemaFinding]:
    for row in found.columns.to_dicts():
        if row["nulls"]:
            text = f"{row['column']} is null in {counted(row['nulls'], 'trace')}; every trace has a header."
            yield SchemaFinding(row["column"], "error", text)


@dataclass(frozen=True)
class _Question:
    """What is asked of each file: whether it is so, and what to say of the files where it is."""

    name: str
    weight: Weight
    is_so: Callable[[dict[str, Any]], bool]
    text: str


_QUESTIONS = (
    _Question(
        "trace_index",
        "error",
        lambda row: row["indices"] < row["traces"],
        "The key is not unique: traces of {files} have the same trace_index. Read the files again.",
    ),
    _Question(
        "trace_index",
        "warning",
        lambda row: row["indices"] == row["traces"] != row["last_index"] + 1,
        "There are gaps in trace_index of {files}: traces of the file are missing from the table.",
    ),
    _Question(
        "sample_interval_us",
        "error",
        lambda row: row["intervals"] > 1,
        "The sample interval varies within {files}: one trace is not sampled like the next.",
    ),
    _Question(
        "num_samples",
        "error",
        lambda row: row["lengths"] > 1,
        "The number of samples varies within {files}.",
    ),
    _Question(
        "inline",
        "warning",
        lambda row: row["unplaced"] == row["traces"],
        "Inline and crossline are 0 in every trace of {files}: the header words are elsewhere, or were never written. "
        "`seismic inspect` proposes where they are.",
    ),
    _Question(
        "inline",
        "warning",
        lambda row: row["traces"] > 1 and row["places"] == 1 and row["unplaced"] < row["traces"],
        "Every trace of {files} has the same inline and crossline: the header words are elsewhere. `seismic inspect` "
        "proposes where they are.",
    ),
    _Question(
        "inline",
        "note",
        lambda row: row["places"] > 1 == min(row["inlines"], row["crosslines"]),
        "There is one inline or one crossline only in {files}: a line rather than a volume. A spatial split has one "
        "direction there.",
    ),
    _Question(
        "inline",
        "note",
        lambda row: 1 < row["places"] < row["traces"] and row["offsets"] == 1,
        "Places occur more than once in {files}, with the same offset: traces that were written twice, or a second "
        "survey in the same file.",
    ),
    _Question(
        "offset",
        "warning",
        lambda row: row["places"] < row["traces"] and row["offsets"] > 1,
        "There are several offsets at one place in {files}: gathers before stack. The classes here are of stacked "
        "traces.",
    ),
    _Question(
        "cdp_x",
        "warning",
        lambda row: row["without_coordinates"] == row["traces"],
        "The coordinates are 0 in every trace of {files}: a map in metres cannot be drawn, and surveys cannot be told "
        "apart by place.",
    ),
    _Question(
        "cdp_x",
        "warning",
        lambda row: 0 < row["without_coordinates"] < row["traces"],
        "The coordinates are 0 in some traces of {files}, and not in others.",
    ),
    _Question(
        "is_dead",
        "warning",
        lambda row: row["dead"] >= DEAD_SHARE * row["traces"] and row["dead"] > 0,
        f"At least {percent(DEAD_SHARE)} of the traces of {{files}} are dead: mute zones, or a survey edge that was "
        "filled.",
    ),
    _Question(
        "has_nan",
        "warning",
        lambda row: row["not_finite"] > 0,
        "Samples that are not finite occur in {files}; such traces get no class.",
    ),
    _Question(
        "sample_interval_us",
        "warning",
        lambda row: not USUAL_INTERVAL_US[0] <= row["interval_us"] <= USUAL_INTERVAL_US[1],
        "The sample interval of {files} is outside 0.5 to 4 ms, which is unusual for reflection data.",
    ),
)


def _of_files(found: BronzeStatistics) -> Iterator[SchemaFinding]:
    rows = found.files.to_dicts()
    for question in _QUESTIONS:
        files = [row["file_id"] for row in rows if question.is_so(row)]
        if files:
            named = "all files" if len(files) == len(rows) > 1 else listed(files, 3)
            yield SchemaFinding(question.name, question.weight, question.text.format(files=named))


def _of_survey(found: BronzeStatistics) -> Iterator[SchemaFinding]:
    intervals = found.files["interval_us"].unique().sort().to_list()
    if len(intervals) > 1:
        shown = listed([f"{each / 1000:g} ms" for each in intervals])
        text = f"Files have different sample intervals ({shown}); a model takes one of them."
        yield SchemaFinding("sample_interval_us", "warning", text)
    lengths = found.files["num_samples"].unique().sort().to_list()
    if len(lengths) > 1:
        text = f"Traces have from {lengths[0]:,} to {lengths[-1]:,} samples, by file."
        yield SchemaFinding("num_samples", "note", text)
