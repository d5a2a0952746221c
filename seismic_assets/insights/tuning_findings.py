"""What a study of trials shows: how it converged, what it gained, which bounds it touched."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import fmean, stdev
from typing import Any

from seismic_assets.training import SEARCH_SPACES, OneOf, Real, TrialReport
from seismic_assets.training.search import LEAST_GAIN, trials_without_gain

FEW_TRIALS = 15
"""Complete trials below which nothing can be told of convergence."""
_EDGE = 0.02
_WORTH = 0.002
# A share of all, a leaf of one window: beyond such a bound there is nothing.
_NATURAL = {
    "max_features": 1.0,
    "subsample": 1.0,
    "colsample_bytree": 1.0,
    "min_samples_leaf": 1,
    "min_samples_split": 2,
    "dropout": 0.0,
}


@dataclass(frozen=True)
class Convergence:
    """How the best score rose.

    Attributes:
        best: best score so far after each complete trial.
        late_gain: what the last third of the complete trials added to it.
        without_gain: trials at the end that added nothing.
        more: whether more trials are worth it: `yes`, `no`, or `too few to tell`.
    """

    best: tuple[float, ...]
    late_gain: float
    without_gain: int
    more: str


def complete(trials: Sequence[TrialReport]) -> list[tuple[TrialReport, float]]:
    """Complete trials with their scores, in order."""
    return [(each, each.score) for each in trials if each.score is not None]


def convergence(trials: Sequence[TrialReport]) -> Convergence:
    """Whether the search had come to rest: judged by what its last third added."""
    best = tuple(accumulate((score for _, score in complete(trials)), max))
    if not best:
        return Convergence((), 0.0, len(trials), "too few to tell")
    earlier = best[max(len(best) - math.ceil(len(best) / 3), 1) - 1]
    gain = best[-1] - earlier
    more = "too few to tell" if len(best) < FEW_TRIALS else "yes" if gain > _WORTH else "no"
    return Convergence(best, gain, trials_without_gain(list(trials)), more)


@dataclass(frozen=True)
class Against:
    """One trial beside another on the same folds.

    Attributes:
        gain: mean of the differences of their scores.
        spread: their standard deviation; None for fewer than two folds.
        folds, better: folds that both were scored on, and those of them where the first is better.
    """

    gain: float
    spread: float | None
    folds: int
    better: int

    @property
    def is_certain(self) -> bool:
        """Whether the gain is more than twice its standard error."""
        return self.spread is not None and self.gain > 2 * self.spread / math.sqrt(self.folds) + LEAST_GAIN


def against(first: TrialReport, second: TrialReport) -> Against | None:
    """Fold by fold; None where they have no fold in common."""
    differences = [one - other for one, other in zip(first.fold_scores, second.fold_scores, strict=False)]
    if not differences:
        return None
    spread = stdev(differences) if len(differences) > 1 else None
    better = sum(each > 0 for each in differences)
    return Against(fmean(differences), spread, len(differences), better)


@dataclass(frozen=True)
class TouchedBound:
    """A parameter of the best trial that lies at an end of its range.

    Attributes:
        parameter: its name.
        value: that was tried.
        end: `lower` or `upper`.
    """

    parameter: str
    value: float
    end: str


def touched_bounds(trial: TrialReport) -> list[TouchedBound]:
    """Parameters within 2 % of an end of their range, on the scale that they are drawn on.

    Ends beyond which there is nothing, as a share of 1, are left out.
    """
    found = []
    for name, space in SEARCH_SPACES.get(trial.family, {}).items():
        value = trial.parameters.get(name)
        if isinstance(space, OneOf) or not isinstance(value, (int, float)) or value == _NATURAL.get(name):
            continue
        log = isinstance(space, Real) and space.log
        place = _scaled(value, log) - _scaled(space.low, log)
        place /= _scaled(space.high, log) - _scaled(space.low, log)
        if place <= _EDGE or place >= 1 - _EDGE:
            found.append(TouchedBound(name, float(value), "lower" if place <= _EDGE else "upper"))
    return found


def _scaled(value: float, log: bool) -> float:
    return math.log(value) if log else float(value)


@dataclass(frozen=True)
class FamilyResult:
    """What the trials of a family came to.

    Attributes:
        family: its name.
        trials, complete, pruned, failed: how many.
        best: its best trial; None where none was completed.
        seconds: of a trial, on average over the complete ones; None without any.
    """

    family: str
    trials: int
    complete: int
    pruned: int
    failed: int
    best: TrialReport | None
    seconds: float | None


def family_results(trials: Sequence[TrialReport]) -> list[FamilyResult]:
    """By family, the best score first."""
    return sorted(
        (_family(name, [each for each in trials if each.family == name]) for name in {each.family for each in trials}),
        key=lambda each: (-(each.best.score or 0.0) if each.best else 1.0, each.family),
    )


def _family(name: str, trials: Sequence[TrialReport]) -> FamilyResult:
    done = [each for each, _ in complete(trials)]
    states: Mapping[str, int] = {state: sum(each.state == state for each in trials) for state in ("pruned", "failed")}
    best: Any = max(done, key=lambda each: each.score or 0.0) if done else None
    seconds = fmean(each.seconds for each in done) if done else None
    return FamilyResult(name, len(trials), len(done), states["pruned"], states["failed"], best, seconds)
