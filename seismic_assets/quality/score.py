"""The quality of a file as one number from 0 to 100, and the parts that it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SCORE_PARTS = ("completeness", "signal", "amplitude", "uniqueness", "geometry", "headers")
_PER_NOTE = 0.05


@dataclass(frozen=True)
class Thresholds:
    """From when on a figure is worth a sentence.

    Attributes:
        dead_share: of the traces that are dead or have samples that are not finite.
        clipped_share: of the traces that are clipped.
        spiked_share: of the traces that have a spike.
        duplicate_share: of the traces that repeat another.
        score: below which a file is named.
        amplitude_ratio: between a file's amplitude scale and the survey's median.
        interval_us: usual range of sample intervals in microseconds.
    """

    dead_share: float = 0.05
    clipped_share: float = 0.05
    spiked_share: float = 0.01
    duplicate_share: float = 0.01
    score: float = 80.0
    amplitude_ratio: float = 10.0
    interval_us: tuple[int, int] = (500, 4000)


def score_parts(figures: Mapping[str, float], notes: int) -> dict[str, float]:
    """Parts of the score, from 0 to 1 each.

    - completeness: traces read of those that the headers and the size of the file promise.
    - signal: share of traces that are neither dead nor have samples that are not finite.
    - amplitude: share of traces that are neither clipped nor spiked.
    - uniqueness: share of traces that do not repeat the samples of another.
    - geometry: share of traces that have a position, and one of their own.
    - headers: 1, less 0.05 for each contradiction or oddity among the headers.

    Args:
        figures: counts of the quality table.
        notes: number of contradictions.
    """
    traces = figures["traces"]

    def rest(*names: str) -> float:
        return max(0.0, 1.0 - sum(figures[name] for name in names) / traces) if traces else 0.0

    return {
        "completeness": min(1.0, traces / figures["traces_declared"]) if figures["traces_declared"] else 0.0,
        "signal": rest("dead_traces", "nan_traces"),
        "amplitude": rest("clipped_traces", "spiked_traces"),
        "uniqueness": rest("duplicate_traces"),
        "geometry": rest("traces_without_position", "repeated_positions"),
        "headers": max(0.0, 1.0 - _PER_NOTE * notes),
    }


def score_of(parts: Mapping[str, float]) -> float:
    """100 times the product of the parts: what is ruined in one respect is not made good by the others."""
    result = 100.0
    for name in SCORE_PARTS:
        result *= parts[name]
    return result


def findings(figures: Mapping[str, float], thresholds: Thresholds) -> list[str]:
    """What is worth a look in the figures of a file, a sentence each."""
    traces = figures["traces"]
    shares = (
        (
            "are dead or have samples that are not finite",
            ("dead_traces", "nan_traces"),
            thresholds.dead_share,
        ),
        ("are clipped", ("clipped_traces",), thresholds.clipped_share),
        ("have a spike", ("spiked_traces",), thresholds.spiked_share),
        ("repeat the samples of another", ("duplicate_traces",), thresholds.duplicate_share),
        ("have no position", ("traces_without_position",), 0.0),
        ("repeat the position of another", ("repeated_positions",), 0.0),
    )
    found = []
    for what, names, share in shares:
        count = int(sum(figures[name] for name in names))
        if count > share * traces:
            found.append(f"{count:,} of {int(traces):,} traces {what}")
    low, high = thresholds.interval_us
    if not low <= figures["source_interval_us"] <= high:
        found.append(f"a sample interval of {figures['source_interval_us']} us is outside the usual {low} to {high} us")
    if figures["score"] < thresholds.score:
        found.append(f"quality score {figures['score']:.0f} is below {thresholds.score:.0f}")
    return found


def amplitude_outliers(scales: Mapping[str, float], ratio: float) -> dict[str, float]:
    """Files whose amplitude scale is more than `ratio` times the survey's median, or less than the inverse.

    Args:
        scales: amplitude scale by file; files without amplitudes (0) are left out.
        ratio: greater than 1.

    Returns:
        Scale over median by file.
    """
    known = {file: scale for file, scale in scales.items() if scale > 0}
    if len(known) < 3:
        return {}  # of two that differ, neither is the outlier
    ordered = sorted(known.values())
    median = ordered[len(ordered) // 2]
    return {file: scale / median for file, scale in known.items() if not 1 / ratio <= scale / median <= ratio}
