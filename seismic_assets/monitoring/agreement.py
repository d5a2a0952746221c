"""How versions compare with the champion: on the same requests without truth, on their own with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from seismic_assets.evaluation import Interval
from seismic_assets.monitoring.intervals import share_difference
from seismic_assets.monitoring.scores import accuracy_of
from seismic_assets.monitoring.served import ANSWERED


@dataclass(frozen=True)
class Agreement:
    """How often a second model gave the same class on the same requests.

    Attributes:
        version, role: of the second model; `shadow` or `canary`.
        requests: that both answered.
        share: of the windows, 0 to 1.
    """

    version: str
    role: str
    requests: int
    share: float


@dataclass(frozen=True)
class CanaryComparison:
    """A canary and the champion, each on its own requests while both answered.

    Attributes:
        champion, canary: versions.
        since, until: first and last request of the canary.
        champion_accuracy, canary_accuracy: on the traces with truth; None where there is none.
        difference: of the canary less the champion; None where one has no truth.
        sentence: what can be said.
    """

    champion: str
    canary: str
    since: datetime
    until: datetime
    champion_accuracy: Interval | None
    canary_accuracy: Interval | None
    difference: Interval | None
    sentence: str


def agreements(rows: pl.DataFrame) -> tuple[Agreement, ...]:
    """Agreement of each second model, weighted by windows, over requests of `read_calls`."""
    both = rows.filter(ANSWERED & pl.col("second_agreement").is_finite() & (pl.col("windows") > 0))
    found = (
        both.group_by("second_version", "second_role")
        .agg(
            requests=pl.len(),
            share=(pl.col("second_agreement") * pl.col("windows")).sum() / pl.col("windows").sum(),
        )
        .sort("second_version", "second_role")
    )
    return tuple(Agreement(*row) for row in found.iter_rows())


def canaries(rows: pl.DataFrame, champion: str | None) -> tuple[str, ...]:
    """Versions that answered requests as a canary, by requests of `read_calls`."""
    named = rows.filter((pl.col("second_role") == "canary") & (pl.col("second_version") == pl.col("model_version")))
    return tuple(version for version in named["model_version"].unique().sort().to_list() if version != champion)


def compare_canary(rows: pl.DataFrame, truths: pl.DataFrame, champion: str, canary: str) -> CanaryComparison:
    """Compare the accuracies; requests are shared out by caller, so that the two answer different traces.

    Args:
        rows: requests of `read_calls`; the canary has some.
        truths: of `match_truth`.
        champion, canary: versions.
    """
    own = rows.filter(pl.col("model_version") == canary)
    since, until = own["received_at"][0], own["received_at"][-1]
    while_both = rows.filter(pl.col("received_at").is_between(since, until)).select("row")
    shared = truths.join(while_both, "row", how="semi", maintain_order="left")
    ours, theirs = (accuracy_of(shared.filter(pl.col("version") == each)) for each in (canary, champion))
    difference = share_difference(ours, theirs) if ours is not None and theirs is not None else None
    return CanaryComparison(
        champion, canary, since, until, theirs, ours, difference, _sentence(champion, canary, difference)
    )


def _sentence(champion: str, canary: str, difference: Interval | None) -> str:
    names = f"canary {canary} and champion {champion}"
    if difference is None:
        return f"{names} cannot be compared yet: truth has come for one of them at most"
    if difference.low is None or difference.high is None:
        return f"{names} cannot be compared yet: the truth of more requests is needed"
    low, value, high = (100 * each for each in (difference.low, difference.value, difference.high))
    if low > 0:
        return f"canary {canary} is right more often than champion {champion}, by {_points(value, low, high)}"
    if high < 0:
        return f"canary {canary} is right less often than champion {champion}, by {_points(-value, -high, -low)}"
    return f"{names} cannot be told apart: they differ by {_points(value, low, high)}"


def _points(value: float, low: float, high: float) -> str:
    return f"{value:.1f} points of accuracy ({low:.1f} to {high:.1f})"
