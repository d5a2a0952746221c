"""Whether traces lie where traces of surveys lie: coordinates, spacing, grids, and how files lie to each other."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations
from statistics import median_low

import polars as pl

from seismic_assets.insights.quality.findings import Finding, listed, of_files
from seismic_assets.insights.quality.limits import QualityLimits

_NEAR_POWER = 0.03  # of a common logarithm: 7 %
_OTHER_SPACING = 0.25
_MOST_BOXES = 500


def place_findings(read: pl.DataFrame, positions: pl.DataFrame, limits: QualityLimits) -> list[Finding]:
    """What is wrong with positions within files and between them.

    Args:
        read: rows of `trace_quality` of files that were read.
        positions: rows of `positions_of`.
        limits: of the agents.
    """
    return [
        *_missing(read, positions),
        *_repeated(read, positions),
        *_steps(positions, limits),
        *_holes(read, limits),
        *_scales(positions),
        *_overlaps(positions, limits),
    ]


def _missing(read: pl.DataFrame, positions: pl.DataFrame) -> list[Finding]:
    """Traces without coordinates, and those without any position at all."""
    without = 1 - pl.col("located") / pl.col("traces")
    shares = positions.filter(pl.col("located") < pl.col("traces")).select("file_id", without)
    unplaced = {file: count / traces for file, traces, count in _counts(read, "traces_without_position") if count}
    severity = "fail" if unplaced and _all_unplaced(read) else "warn"
    return [
        *of_files("no_position", severity, "traces without numbers and coordinates", unplaced),  # type: ignore[arg-type]
        *of_files("no_coordinates", "warn", "traces without coordinates", dict(shares.iter_rows())),
    ]


def _all_unplaced(read: pl.DataFrame) -> bool:
    traces = int(read["traces"].sum())
    return traces > 0 and int(read["traces_without_position"].sum()) == traces


def _repeated(read: pl.DataFrame, positions: pl.DataFrame) -> list[Finding]:
    """Traces at the numbers of another, and different numbers at the same coordinates."""
    numbers = {file: count / traces for file, traces, count in _counts(read, "repeated_positions") if count}
    several = positions.filter((pl.col("positions") > pl.col("places")) & (pl.col("places") > 0))
    one = {row["file_id"]: float(row["positions"]) for row in several.iter_rows(named=True) if row["places"] == 1}
    some = {
        row["file_id"]: 1 - row["places"] / row["positions"]
        for row in several.iter_rows(named=True)
        if row["places"] > 1
    }
    return [
        *of_files("repeated_positions", "warn", "traces at the position of another", numbers),
        *of_files("one_place", "warn", "different positions with one and the same coordinates", one, "count"),
        *of_files("repeated_coordinates", "warn", "positions with the coordinates of another", some),
    ]


def _steps(positions: pl.DataFrame, limits: QualityLimits) -> list[Finding]:
    """Jumps of coordinates, as a wrong scalar in some headers makes, and uneven spacing otherwise."""
    known = positions.filter(pl.col("steps") > 0)
    jumping = {row["file_id"]: float(row["jumps"]) for row in known.iter_rows(named=True) if row["jumps"]}
    uneven = {
        row["file_id"]: row["irregular_steps"] / row["steps"]
        for row in known.iter_rows(named=True)
        if row["file_id"] not in jumping and row["irregular_steps"] > limits.irregular_share * row["steps"]
    }
    return [
        *of_files("coordinate_jumps", "warn", "jumps of the coordinates between neighbouring traces", jumping, "count"),
        *of_files("uneven_spacing", "info", "steps between neighbouring traces off the usual one", uneven),
    ]


def _holes(read: pl.DataFrame, limits: QualityLimits) -> list[Finding]:
    """Positions of the inline/crossline grid without a trace."""
    shares = {file: count / (traces + count) for file, traces, count in _counts(read, "missing_positions") if count}
    large = {file: share for file, share in shares.items() if share > limits.missing_share}
    small = {file: share for file, share in shares.items() if share <= limits.missing_share}
    what = "positions of the grid without a trace"
    return [*of_files("grid_holes", "warn", what, large), *of_files("grid_holes", "info", what, small)]


def _scales(positions: pl.DataFrame) -> list[Finding]:
    """Files whose coordinates or spacing differ from the others' by a power of ten, or whose spacing is another."""
    centre = (((pl.col("x_min") + pl.col("x_max")) / 2) ** 2 + ((pl.col("y_min") + pl.col("y_max")) / 2) ** 2).sqrt()
    far = _against_usual(dict(positions.select("file_id", centre.alias("far")).drop_nulls().iter_rows()))
    spacing = _against_usual(dict(positions.select("file_id", "spacing").drop_nulls().iter_rows()))
    both = {file: far[file] for file in far if _is_power(far[file])}
    both |= {file: ratio for file, ratio in spacing.items() if file not in both and _is_power(ratio)}
    others = {file: ratio for file, ratio in spacing.items() if file not in both and abs(ratio - 1) > _OTHER_SPACING}
    what = "coordinates as a multiple of the other files', as of another coordinate scalar or unit"
    usual = "trace spacing as a multiple of the other files'"
    return [
        *of_files("coordinate_scale", "warn", what, both, "measure"),
        *of_files("other_spacing", "info", usual, others, "measure"),
    ]


def _against_usual(values: Mapping[str, float]) -> dict[str, float]:
    """Each value over the median of all; nothing where there are not two positive ones."""
    known = {file: value for file, value in values.items() if value > 0 and math.isfinite(value)}
    if len(known) < 2:
        return {}
    usual = median_low(known.values())
    return {file: value / usual for file, value in known.items()}


def _is_power(ratio: float) -> bool:
    power = math.log10(ratio)
    return round(power) != 0 and abs(power - round(power)) < _NEAR_POWER


def _overlaps(positions: pl.DataFrame, limits: QualityLimits) -> list[Finding]:
    """Pairs of files whose areas share more than half of the smaller one; lines have no area."""
    corners = ("x_min", "x_max", "y_min", "y_max")
    areas = positions.drop_nulls(corners).filter((pl.col("inlines") > 1) & (pl.col("crosslines") > 1))
    boxes = {row["file_id"]: tuple(row[name] for name in corners) for row in areas.head(_MOST_BOXES).to_dicts()}
    pairs = [pair for pair in combinations(boxes, 2) if _shared(boxes[pair[0]], boxes[pair[1]]) > limits.overlap_share]
    if not pairs:
        return []
    files = tuple(sorted({file for pair in pairs for file in pair}))
    named = listed([f"{first} and {second}" for first, second in pairs[:3]], len(pairs))
    return [Finding("overlap", "info", f"Files that cover the same ground: {named}.", files)]


def _shared(first: tuple[float, ...], second: tuple[float, ...]) -> float:
    """Common area of two boxes (x_min, x_max, y_min, y_max) over the smaller one's; 0 where one has none."""
    width = min(first[1], second[1]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[2], second[2])
    smaller = min((box[1] - box[0]) * (box[3] - box[2]) for box in (first, second))
    return width * height / smaller if min(width, height, smaller) > 0 else 0.0


def _counts(read: pl.DataFrame, name: str) -> list[tuple[str, int, int]]:
    """File, traces and a count, of files with traces."""
    return list(read.filter(pl.col("traces") > 0).select("file_id", "traces", pl.col(name).fill_null(0)).iter_rows())
