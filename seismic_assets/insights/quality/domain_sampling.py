"""Whether sample intervals and record lengths are those of reflection seismic, and the same in all files."""

from __future__ import annotations

from collections import Counter

import polars as pl

from seismic_assets.insights.quality.findings import Finding, of_files
from seismic_assets.insights.quality.limits import QualityLimits

_MOST_MILLISECONDS = 16  # what a sample interval is in milliseconds, at most: a header in the wrong unit


def sampling_findings(read: pl.DataFrame, limits: QualityLimits) -> list[Finding]:
    """What is wrong with intervals, lengths and first samples.

    Args:
        read: rows of `trace_quality` of files that were read.
        limits: of the agents.
    """
    intervals = {file: us for file, us in read.select("file_id", "source_interval_us").iter_rows() if us is not None}
    low, high = limits.files.interval_us
    tiny = {file: float(us) for file, us in intervals.items() if us <= _MOST_MILLISECONDS}
    outside = {file: us / 1000 for file, us in intervals.items() if not low <= us <= high and file not in tiny}
    found = of_files(
        "interval_unit",
        "warn",
        "sample interval in microseconds, which looks like milliseconds",
        tiny,
        "count",
        unit="us",
    )
    found += of_files(
        "interval_outside",
        "warn",
        f"sample interval outside the usual {low / 1000:g} to {high / 1000:g} ms",
        outside,
        "measure",
        unit="ms",
        digits=4,
    )
    return [*found, *_mixed(read), *_resampled(read), *_lengths(read, limits)]


def _mixed(read: pl.DataFrame) -> list[Finding]:
    """Files that are not of the commonest interval: a window of 64 samples spans another time there."""
    used = {file: us for file, us in read.select("file_id", "sample_interval_us").iter_rows() if us is not None}
    if len(set(used.values())) < 2:
        return []
    usual = min(Counter(used.values()).items(), key=lambda each: (-each[1], each[0]))[0]
    others = {file: us / 1000 for file, us in used.items() if us != usual}
    what = f"sample interval other than the {usual / 1000:g} ms of most files"
    return of_files("mixed_intervals", "warn", what, others, "measure", unit="ms", digits=4)


def _resampled(read: pl.DataFrame) -> list[Finding]:
    changed = read.filter(pl.col("source_interval_us") != pl.col("sample_interval_us"))
    from_ms = {file: us / 1000 for file, us in changed.select("file_id", "source_interval_us").iter_rows()}
    return of_files("resampled", "info", "resampled from a sample interval", from_ms, "measure", unit="ms", digits=4)


def _lengths(read: pl.DataFrame, limits: QualityLimits) -> list[Finding]:
    """Records that are too short or too long to be plausible, and lengths that differ."""
    lasting = (pl.col("num_samples") * pl.col("sample_interval_us") / 1000).alias("ms")
    length = dict(read.select("file_id", lasting).drop_nulls().iter_rows())
    low, high = limits.record_ms
    short = {file: ms for file, ms in length.items() if ms < low}
    long = {file: ms for file, ms in length.items() if ms > high}
    found = of_files(
        "record_short", "warn", f"record shorter than {low:g} ms", short, "measure", unit="ms", digits=4, rising=False
    )
    found += of_files("record_long", "warn", f"record longer than {high:,.0f} ms", long, "measure", unit="ms", digits=6)
    samples = [count for count in read["num_samples"].drop_nulls().to_list() if count]
    if len(set(samples)) > 1:
        sentence = f"Files differ in length: from {min(samples):,} to {max(samples):,} samples a trace."
        found.append(Finding("mixed_lengths", "info", sentence))
    return found
