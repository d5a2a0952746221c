"""Whether amplitudes are those of seismic traces: of one order, about zero, of a plausible range, not cut off."""

from __future__ import annotations

import math
from typing import Any

import polars as pl

from seismic_assets.insights.quality.findings import Finding, of_files
from seismic_assets.insights.quality.limits import QualityLimits
from seismic_assets.llm.facts import Fact
from seismic_assets.quality import amplitude_outliers

_LIMITS = (127.0, 128.0, 255.0, 32767.0, 32768.0, 65535.0, 8388607.0, 8388608.0, 2147483647.0, 2147483648.0)


def amplitude_findings(read: pl.DataFrame, limits: QualityLimits) -> list[Finding]:
    """What is wrong with the amplitudes of files that have live traces.

    Args:
        read: rows of `trace_quality` of files that were read; null where a figure is not finite.
        limits: of the agents.
    """
    rows = [row for row in read.iter_rows(named=True) if _is_live(row)]
    known = [row for row in rows if _is_measured(row)]
    found = of_files("unmeasured_amplitudes", "warn", *_unmeasured(rows))
    scales = {row["file_id"]: row["amplitude_scale"] for row in known}
    outliers = amplitude_outliers(scales, limits.files.amplitude_ratio)
    found += _scale_findings(outliers) or _spread_findings(scales, limits.files.amplitude_ratio)
    peaks = {row["file_id"]: _peak(row) / row["amplitude_scale"] for row in known}
    undecoded = {file: ratio for file, ratio in peaks.items() if ratio > limits.undecoded_ratio}
    wide = {file: ratio for file, ratio in peaks.items() if limits.peak_ratio < ratio <= limits.undecoded_ratio}
    found += of_files(
        "undecoded",
        "fail",
        "largest sample as a multiple of the usual amplitude, as of a wrong format",
        undecoded,
        "measure",
    )
    found += of_files("wide_range", "warn", "largest sample as a multiple of the usual amplitude", wide, "measure")
    one_sign = {row["file_id"]: row["mean_amplitude"] for row in known if _has_one_sign(row)}
    found += of_files("one_sign", "warn", "all samples of one sign, mean amplitude", one_sign, "measure")
    shifted = {row["file_id"]: _shift(row) for row in known if row["file_id"] not in one_sign}
    found += of_files(
        "shifted_mean",
        "warn",
        "mean amplitude in standard deviations, where a seismic trace swings about 0",
        {file: shift for file, shift in shifted.items() if shift > limits.mean_ratio},
        "measure",
    )
    return found + _plateau_findings(known, limits)


def _unmeasured(rows: list[dict[str, Any]]) -> tuple[str, dict[str, float], Any]:
    traces = {row["file_id"]: float(_live(row)) for row in rows if not _is_measured(row)}
    return "live traces without usable amplitude statistics", traces, "count"


def _scale_findings(outliers: dict[str, float]) -> list[Finding]:
    """Loud files and quiet ones, each as a multiple of the survey's median."""
    loud = {file: ratio for file, ratio in outliers.items() if ratio > 1}
    quiet = {file: ratio for file, ratio in outliers.items() if ratio < 1}
    what = "amplitude scale as a multiple of the survey's median"
    return [
        *of_files("amplitude_outlier", "warn", what, loud, "measure"),
        *of_files("amplitude_outlier", "warn", what, quiet, "measure", rising=False),
    ]


def _spread_findings(scales: dict[str, float], ratio: float) -> list[Finding]:
    """Where none is the outlier, as of two files: that the loudest and the quietest are worlds apart."""
    if len(scales) < 2:
        return []
    ordered = sorted(scales, key=lambda file: scales[file])
    factor = scales[ordered[-1]] / scales[ordered[0]]
    if factor <= ratio:
        return []
    figure = Fact("amplitude_spread.factor", "amplitude scale of the loudest file over the quietest", factor, "measure")
    sentence = f"The amplitudes of {ordered[-1]} are {figure.shown()} times those of {ordered[0]}."
    return [Finding("amplitude_spread", "warn", sentence, (ordered[-1], ordered[0]), (figure,))]


def _plateau_findings(known: list[dict[str, Any]], limits: QualityLimits) -> list[Finding]:
    """Clipped files whose largest sample is what an integer can hold at most were cut off when they were written."""
    full = {
        row["file_id"]: _peak(row)
        for row in known
        if _peak(row) in _LIMITS and row["clipped_traces"] > limits.files.clipped_share * row["traces"]
    }
    return of_files(
        "integer_limit", "warn", "clipped at the largest whole number of its format", full, "measure", digits=10
    )


def _live(row: dict[str, Any]) -> int:
    return int(row["traces"] - row["dead_traces"] - row["nan_traces"])


def _is_live(row: dict[str, Any]) -> bool:
    return _live(row) > 0


def _is_measured(row: dict[str, Any]) -> bool:
    names = ("mean_amplitude", "std_amplitude", "min_amplitude", "max_amplitude", "amplitude_scale")
    return all(row[name] is not None and math.isfinite(row[name]) for name in names) and row["amplitude_scale"] > 0


def _peak(row: dict[str, Any]) -> float:
    return float(max(abs(row["min_amplitude"]), abs(row["max_amplitude"])))


def _has_one_sign(row: dict[str, Any]) -> bool:
    return bool(row["min_amplitude"] >= 0 or row["max_amplitude"] <= 0)


def _shift(row: dict[str, Any]) -> float:
    return abs(row["mean_amplitude"]) / row["std_amplitude"] if row["std_amplitude"] > 0 else 0.0
