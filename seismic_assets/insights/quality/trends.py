"""Whether figures rise or fall over the last states of the data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from scipy.stats import kendalltau

from seismic_assets.insights.quality.findings import Finding
from seismic_assets.insights.quality.snapshot import Snapshot

Direction = Literal["rising", "falling", "steady"]
_LEAST_STATES = 5  # of four, no order is rarer than one in twelve
_FIGURES: tuple[tuple[str, str, float], ...] = (
    ("score_mean", "mean quality score", 2.0),
    ("lost_share", "share of dead or broken traces", 0.02),
    ("traces", "number of traces", 0.0),
    ("log_scale_mean", "logarithm of the amplitude scale", 0.1),
)
_BAD = {
    ("score_mean", "falling"),
    ("lost_share", "rising"),
    ("log_scale_mean", "rising"),
    ("log_scale_mean", "falling"),
}


@dataclass(frozen=True)
class Trend:
    """A figure over the last states.

    Attributes:
        name: attribute of `Snapshot`.
        words: what it is.
        direction: where it goes.
        states: how many there are.
    """

    name: str
    words: str
    direction: Direction
    states: int


def trends_of(states: Sequence[Snapshot], p: float) -> list[Trend]:
    """Trends by Kendall's rank correlation with the order of the states (H. B. Mann, Econometrica 13, 1945).

    Args:
        states: the oldest first; of fewer than five nothing is said.
        p: a trend is one whose order is less probable by chance, and whose whole change is worth a word.
    """
    if len(states) < _LEAST_STATES:
        return []
    return [Trend(name, words, _direction(states, name, least, p), len(states)) for name, words, least in _FIGURES]


def trend_findings(trends: Sequence[Trend]) -> list[Finding]:
    """Trends that lead to harm."""
    return [
        Finding(
            f"trend_{each.name}", "warn", f"Over the last {each.states} states the {each.words} is {each.direction}."
        )
        for each in trends
        if (each.name, each.direction) in _BAD
    ]


def _direction(states: Sequence[Snapshot], name: str, least: float, p: float) -> Direction:
    values = [float(getattr(state, name)) for state in states]
    known = [value for value in values if math.isfinite(value)]
    if len(known) < _LEAST_STATES or len(set(known)) == 1 or abs(known[-1] - known[0]) < least:
        return "steady"
    found = kendalltau(range(len(known)), known)
    if not found.pvalue < p:
        return "steady"
    return "rising" if found.statistic > 0 else "falling"
