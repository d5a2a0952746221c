"""Checks at the door: is a new file like those that came before it. They warn and never block."""

from collections.abc import Iterable
from datetime import UTC, datetime

import dagster as dg
import numpy as np
import polars as pl

from seismic_assets.defs.raw.files import catalogue_entries
from seismic_assets.lake import BRONZE_TRACES, TRACE_LABELS, TRACE_QUALITY, Lake
from seismic_assets.monitoring.door import (
    PARTS_ALONG,
    Arrival,
    ClassFigures,
    DoorLimits,
    FileFigures,
    Finding,
    Severity,
    amplitude_finding,
    class_finding,
    newcomers,
    volume_finding,
)
from seismic_assets.segy import StockEntry
from seismic_assets.settings import Settings

_LIMITS = DoorLimits()
_MOST_NOTES = 3  # of the first hundred files of a deployment each has nothing to be compared with


@dg.asset_check(asset=BRONZE_TRACES.name, description="New files have about as many traces as those before them.")
def volume_like_before(lake: dg.ResourceParam[Lake]) -> dg.AssetCheckResult:
    """Half a file, or two in one, is read without complaint."""
    judged = newcomers(_figures(lake))
    return _result((volume_finding(file, earlier, _LIMITS) for file, earlier in judged), len(judged))


@dg.asset_check(asset=BRONZE_TRACES.name, description="Amplitudes of new files are scaled as those before them.")
def amplitude_like_before(lake: dg.ResourceParam[Lake], settings: dg.ResourceParam[Settings]) -> dg.AssetCheckResult:
    """Another gain is another world to a model, unless amplitudes are normalised file by file."""
    judged, normalised = newcomers(_figures(lake)), settings.normalise != "none"
    found = (amplitude_finding(file, earlier, _LIMITS, normalised=normalised) for file, earlier in judged)
    return _result(found, len(judged))


@dg.asset_check(asset=TRACE_LABELS.name, description="Classes of new files have about the shares of those before them.")
def classes_like_before(lake: dg.ResourceParam[Lake]) -> dg.AssetCheckResult:
    """Another interpreter, another convention or other geology: each is worth knowing before training on it."""
    entries, labelled = catalogue_entries(lake), lake.file_ids(TRACE_LABELS)
    judged = newcomers(Arrival(key, _judged_at(entries[key])) for key in labelled if key in entries)
    comparable = [(file, earlier) for file, earlier in judged if len(earlier) >= _LIMITS.least_files]
    wanted = {each.file_id for file, earlier in comparable for each in (file, *earlier)}
    classes, figures = _class_figures(lake, [entries[key] for key in sorted(wanted)])
    found = (
        class_finding(figures[file.file_id], [figures[each.file_id] for each in earlier], classes, _LIMITS)
        for file, earlier in comparable
    )
    return _result(found, len(judged))


def _result(found: Iterable[Finding | None], files: int) -> dg.AssetCheckResult:
    """Passed unless a finding is worse than low; then only those that are worse are said."""
    findings = [finding for finding in found if finding is not None]
    loud = [finding for finding in findings if finding.severity is not Severity.LOW]
    quiet = [f"{finding.sentence}." for finding in findings[:_MOST_NOTES]]
    if len(findings) > _MOST_NOTES:
        quiet.append(f"The same holds for {len(findings) - _MOST_NOTES} more.")
    worst = max((list(Severity).index(finding.severity) for finding in findings), default=0)
    return dg.AssetCheckResult(
        passed=not loud,
        severity=dg.AssetCheckSeverity.WARN,
        description=" ".join([f"{finding.sentence}." for finding in loud] or quiet),
        metadata={"verdict": list(Severity)[worst].verdict, "new_files": files, "findings": len(loud)},
    )


def _figures(lake: Lake) -> list[FileFigures]:
    entries = catalogue_entries(lake)
    columns = ["file_id", "status", "traces", "amplitude_scale", "source_interval_us"]
    rows = lake.read(TRACE_QUALITY, columns=columns).filter(pl.col("status") == "read")
    return [
        FileFigures(file_id, _judged_at(entries[file_id]), traces, scale, interval)
        for file_id, _, traces, scale, interval in rows.iter_rows()
        if file_id in entries
    ]


def _class_figures(lake: Lake, entries: list[StockEntry]) -> tuple[list[str], dict[str, ClassFigures]]:
    """Names of the classes, and labelled windows by part and class of each file, by file id."""
    if not entries:
        return [], {}
    areas = pl.LazyFrame(
        [(each.file_id, each.inline_min, each.inline_max, each.crossline_min, each.crossline_max) for each in entries],
        schema=["file_id", "inline_min", "inline_max", "crossline_min", "crossline_max"],
        orient="row",
    )
    along, across = _extent("inline"), _extent("crossline")
    part = _part("inline", along, across) * PARTS_ALONG**2 + _part("crossline", across, along)
    wanted = pl.col("file_id").is_in([each.file_id for each in entries])
    labels = pl.scan_delta(str(lake.path(TRACE_LABELS))).filter(wanted).join(areas, on="file_id")
    counted, labelled = pl.collect_all(
        [
            labels.group_by("file_id", part.alias("part"), "class_name").len(),
            labels.group_by("file_id").agg(pl.col("trace_index").n_unique()),
        ]
    )
    classes, traces = sorted(counted["class_name"].unique()), dict(labelled.iter_rows())
    windows = counted.partition_by("file_id", as_dict=True)
    return classes, {
        each.file_id: ClassFigures(
            each.file_id, _judged_at(each), traces[each.file_id], _matrix(windows[each.file_id,], classes)
        )
        for each in entries
    }


def _extent(axis: str) -> pl.Expr:
    return pl.col(f"{axis}_max") - pl.col(f"{axis}_min") + 1


def _part(axis: str, extent: pl.Expr, other: pl.Expr) -> pl.Expr:
    """Which part along an axis; a line is cut along itself as often as an area on both sides together."""
    parts = pl.when(other > 1).then(PARTS_ALONG).otherwise(PARTS_ALONG**2)
    return ((pl.col(axis) - pl.col(f"{axis}_min")) * parts // extent).clip(0, parts - 1)


def _matrix(counts: pl.DataFrame, classes: list[str]) -> np.ndarray:
    """(parts, classes) counts of the parts that have any."""
    rows = {part: row for row, part in enumerate(sorted(counts["part"].unique()))}
    windows = np.zeros((len(rows), len(classes)), np.int64)
    for part, name, count in counts.select("part", "class_name", "len").iter_rows():
        windows[rows[part], classes.index(name)] = count
    return windows


def _judged_at(entry: StockEntry) -> datetime:
    return datetime.fromisoformat(entry.judged_at) if entry.judged_at else datetime.fromtimestamp(0, UTC)


DOOR_CHECKS = [volume_like_before, amplitude_like_before, classes_like_before]
