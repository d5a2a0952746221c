"""What bronze is: its columns with unit, meaning and origin, what they hold, and what is suspicious about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seismic_assets.evaluation.document import Block, Bullets, Paragraph, Section, Table
from seismic_assets.insights.gathering import Gathering, fact_name
from seismic_assets.insights.insight import Insight, Verdict
from seismic_assets.insights.schema_findings import SchemaFinding, schema_findings
from seismic_assets.insights.schema_statistics import BronzeStatistics, Reading, bronze_statistics
from seismic_assets.insights.wording import counted, figure, listed, percent
from seismic_assets.lake import Table as LakeTable

__all__ = ["BronzeStatistics", "Reading", "bronze_statistics", "schema_insight"]

NAME, TITLE = "schema_report", "Schema of the bronze table"
_MOST_FILES = 30
_MOST_FILE_FACTS = 5


@dataclass(frozen=True)
class _Column:
    """Unit, meaning and origin in the SEG-Y file of a column of bronze."""

    unit: str
    meaning: str
    origin: str


_COLUMNS: Mapping[str, _Column] = {
    "file_id": _Column("", "stable name of the SEG-Y file", "path in the landing folder"),
    "trace_index": _Column("", "place of the trace in the file, from 0", "order in the file"),
    "inline": _Column("", "inline number", "trace header"),
    "crossline": _Column("", "crossline number", "trace header"),
    "cdp": _Column("", "number of the CDP ensemble", "trace header, bytes 21-24"),
    "offset": _Column("file's", "distance from source to receiver", "trace header, bytes 37-40"),
    "cdp_x": _Column("file's", "x of the CDP, scalar applied", "trace header and scalar of bytes 71-72"),
    "cdp_y": _Column("file's", "y of the CDP, scalar applied", "trace header and scalar of bytes 71-72"),
    "sample_interval_us": _Column("µs", "between samples, after resampling", "binary header, bytes 3217-3218"),
    "start_ms": _Column("ms", "time of the first sample", "trace header, bytes 109-110, scalar of 215-216"),
    "num_samples": _Column("", "samples of the trace", "binary header, bytes 3221-3222"),
    "is_dead": _Column("", "whether the trace has no signal", "its samples"),
    "has_nan": _Column("", "whether a sample is not finite", "its samples"),
    "samples": _Column("file's", "amplitudes, little-endian float32", "samples of the trace"),
}
_PLACED = ("inline", "crossline", "cdp_x", "cdp_y")


def schema_insight(found: BronzeStatistics, table: LakeTable, readings: Mapping[str, Reading] | None = None) -> Insight:
    """Schema analysis of bronze.

    Args:
        found: of `bronze_statistics`.
        table: the definition, `BRONZE_TRACES`; its `meanings` go before those known here.
        readings: by file id, where the catalogue says from which bytes positions were read.
    """
    gathered, files, known = Gathering(), found.files.height, readings or {}
    findings = schema_findings(found, table)
    errors = sum(each.weight == "error" for each in findings)
    warnings = sum(each.weight == "warning" for each in findings)
    verdict: Verdict = "FAIL" if errors else "WARN" if warnings else "PASS" if files else ""
    summary = _summary(gathered, found, errors, warnings)
    _column_facts(gathered, found, table)
    _file_facts(gathered, found, findings)
    sections = (
        Section("Findings", _finding_blocks(findings, files)),
        Section("Columns", (_column_table(found, table), Paragraph(_key(found, table)))),
        Section("Where positions were read", _reading_blocks(known)),
        Section("Files", _file_blocks(found)),
    )
    return Insight(NAME, TITLE, summary, verdict, gathered.facts, sections)


def _summary(gathered: Gathering, found: BronzeStatistics, errors: int, warnings: int) -> str:
    columns = gathered.count("columns", "columns of the table", found.columns.height, "columns")
    traces = gathered.count("traces", "traces stored", found.traces, "trace" if found.traces == 1 else "traces")
    files = gathered.count("files", "files stored", found.files.height, "file" if found.files.height == 1 else "files")
    gathered.count("errors", "findings that make rows unreliable", errors)
    gathered.count("warnings", "findings to look at", warnings)
    if found.stored_bytes is not None:
        gathered.measure("stored", "size of the table on disk", found.stored_bytes / 1e6, "MB")
    if found.files.height == 0:
        return "bronze_traces holds no traces yet: put SEG-Y files into the landing folder."
    said = [counted(errors, "error")] if errors else []
    said += [f"{warnings:,} to look at"] if warnings else []
    end = listed(said) if said else "nothing about them is suspicious"
    return f"bronze_traces holds {traces} of {files} in {columns}: {end}."


def _column_facts(gathered: Gathering, found: BronzeStatistics, table: LakeTable) -> None:
    if found.files.height == 0:
        return
    gathered.verdict(
        "key_unique", f"whether {' and '.join(table.key)} are unique", "yes" if _is_unique(found) else "no"
    )
    nulls = int(found.columns["nulls"].fill_null(0).sum())
    gathered.count("nulls", "null values in all columns but the samples", nulls)
    for name in ("inline", "crossline"):
        row = found.of_column(name)
        for end in ("low", "high"):
            gathered.measure(
                fact_name(name, end), f"{'least' if end == 'low' else 'greatest'} {name}", _real(row, end), digits=7
            )
    interval = found.of_column("sample_interval_us")
    gathered.measure("interval.low", "least sample interval", _thousandth(_real(interval, "low")), "ms", 4)
    gathered.measure("interval.high", "greatest sample interval", _thousandth(_real(interval, "high")), "ms", 4)
    gathered.measure(
        "samples.most", "most samples of a trace", _real(found.of_column("num_samples"), "high"), "samples", 7
    )
    gathered.share("dead", "share of dead traces", _share(found, "dead"))
    gathered.share("not_finite", "share of traces with samples that are not finite", _share(found, "not_finite"))
    constant = _constant(found)
    gathered.count("constant_columns", "columns with one value only", len(constant))
    for name in constant[:_MOST_FILE_FACTS]:
        gathered.name(fact_name("constant", name), "a column with one value only", name)


def _file_facts(gathered: Gathering, found: BronzeStatistics, findings: Sequence[SchemaFinding]) -> None:
    for row in found.files.sort("traces", descending=True).head(_MOST_FILE_FACTS).to_dicts():
        gathered.count(fact_name("traces", row["file_id"]), f"traces of {row['file_id']}", row["traces"], "traces")
    for each in findings[:_MOST_FILE_FACTS]:
        gathered.verdict(fact_name("finding", each.name), each.text, each.weight)


def _real(row: Mapping[str, float | int | str | None], key: str) -> float | None:
    value = row.get(key)
    return float(value) if isinstance(value, (int, float)) else None


def _share(found: BronzeStatistics, column: str) -> float:
    return int(found.files[column].sum()) / found.traces


def _thousandth(value: float | None) -> float | None:
    return None if value is None else value / 1000


def _is_unique(found: BronzeStatistics) -> bool:
    return bool((found.files["indices"] == found.files["traces"]).all())


def _constant(found: BronzeStatistics) -> list[str]:
    if found.traces < 2:
        return []
    rows = found.columns.to_dicts()
    return [row["column"] for row in rows if row["distinct"] == 1 and row["column"] not in ("file_id", "has_nan")]


def _finding_blocks(findings: Sequence[SchemaFinding], files: int) -> tuple[Block, ...]:
    if findings:
        return (Bullets(tuple(f"{each.weight.capitalize()}: {each.text}" for each in findings)),)
    return (Paragraph("No file has been read, so that there is nothing to find." if files == 0 else "None."),)


def _column_table(found: BronzeStatistics, table: LakeTable) -> Table:
    rows = []
    constant = set(_constant(found))
    for row in found.columns.to_dicts():
        name = row["column"]
        told = _COLUMNS.get(name, _Column("", "", ""))
        rows.append(
            (
                f"{name} (constant)" if name in constant else name,
                table.meanings.get(name) or told.meaning,
                told.origin,
                row["type"],
                told.unit or "-",
                *(_cell(row, key) for key in ("nulls", "distinct", "low", "high")),
            )
        )
    header = ("column", "meaning", "read from", "type", "unit", "nulls", "distinct", "least", "greatest")
    return Table(header, tuple(rows), words=3)


def _cell(row: Mapping[str, Any], key: str) -> str:
    truth = row["type"] == "Boolean" and key in ("low", "high") and row[key] is not None
    return figure(bool(row[key])) if truth else figure(row[key], 2)


def _key(found: BronzeStatistics, table: LakeTable) -> str:
    key = " and ".join(table.key)
    if found.files.height == 0:
        return f"A row is known by {key}. The samples are not read for this page."
    unique = "no two rows have the same" if _is_unique(found) else "some rows have the same"
    stored = "" if found.stored_bytes is None else f" The table takes {found.stored_bytes / 1e6:,.1f} MB on disk."
    return f"A row is known by {key}: {unique}.{stored} The samples are not read for this page."


def _reading_blocks(readings: Mapping[str, Reading]) -> tuple[Block, ...]:
    if not readings:
        return (Paragraph("The catalogue does not say from which bytes of the trace header positions were read."),)
    alike: dict[Reading, list[str]] = {}
    for file_id, reading in sorted(readings.items()):
        alike.setdefault(reading, []).append(file_id)
    rows = []
    for reading, files in sorted(alike.items(), key=lambda item: -len(item[1])):
        first = [part.strip() for part in reading.header_bytes.split(",")]
        places = [_four(byte) for byte in first] if len(first) == len(_PLACED) else ["-"] * len(_PLACED)
        rows.append((listed(files, 3), *places, reading.format))
    header = ("files", *(f"{name} bytes" for name in _PLACED), "samples")
    intro = "Bytes of the trace header, counted from 1; the standard has inline in 189-192 and crossline in 193-196."
    return Paragraph(intro), Table(header, tuple(rows), words=len(header))


def _four(first: str) -> str:
    return f"{first}-{int(first) + 3}" if first.isdigit() else "-"


def _file_blocks(found: BronzeStatistics) -> tuple[Block, ...]:
    if found.files.height == 0:
        return (Paragraph("None."),)
    shown = found.files.sort("traces", descending=True).head(_MOST_FILES)
    rows = tuple(
        (
            row["file_id"],
            f"{row['traces']:,}",
            f"{row['inlines']:,} x {row['crosslines']:,}",
            f"{row['places']:,}",
            f"{row['interval_us'] / 1000:g}",
            f"{row['num_samples']:,}",
            percent(row["dead"] / row["traces"]),
        )
        for row in shown.to_dicts()
    )
    header = ("file", "traces", "inlines x crosslines", "places", "interval [ms]", "samples", "dead")
    blocks: list[Block] = [Table(header, rows)]
    if found.files.height > _MOST_FILES:
        blocks.append(Paragraph(f"The {_MOST_FILES} largest of {found.files.height:,} files."))
    return tuple(blocks)
