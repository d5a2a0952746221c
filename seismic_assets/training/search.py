"""What a search over models is asked for, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from seismic_assets.training.errors import TrainingError
from seismic_assets.training.spaces import space_of

DEFAULT_FAMILY = "hist_gradient_boosting"
SEARCHED_FAMILIES = (
    "hist_gradient_boosting",
    "random_forest",
    "gradient_boosting",
    "logistic_regression",
    "decision_tree",
)
LEAST_GAIN = 1e-4

StoppedBecause = Literal["trials", "time", "plateau"]


@dataclass(frozen=True)
class TuningOptions:
    """How long to search, where, and how candidates are scored.

    scikit-learn's gradient boosting takes minutes on 20,000 windows (300 trees of depth 10 on 16,000 x 40: two minutes
    for one fold). It looks at a square root of the features in each node and stops on the validation windows, and in
    the search it is fitted on at most `slow_windows` of each fold: its scores are a little lower than with all.

    Attributes:
        families: keys of `SEARCH_SPACES`.
        trials: finished trials wanted in all; those of earlier runs of the study count.
        seconds: no trial starts after so long; None for no limit. At least one trial completes.
        patience: stop once so many finished trials in a row brought no gain above 1e-4; None to go on.
        folds: spatial folds, 2 or more; never more than there are blocks.
        buffer: traces that are left out between the folds.
        seed: of the sample, the folds, the search and the fits.
        study_name: under which the storage keeps the study.
        most_windows: training windows that take part, drawn by class and evenly over the blocks; a quarter as many
            validation windows stop the boosting.
        slow_windows: training windows of a fold for a slow family (`SLOW_FAMILIES`).
        prior: what to try before the search proposes by itself, after every family's defaults: each with `family`, and
            `<family>.<parameter>` for all of its own. The families' defaults are tried in the order of their first
            appearance here.
    """

    families: tuple[str, ...] = SEARCHED_FAMILIES
    trials: int = 50
    seconds: float | None = None
    patience: int | None = None
    folds: int = 5
    buffer: int = 0
    seed: int = 42
    study_name: str = "seismic_classifier"
    most_windows: int = 20_000
    slow_windows: int = 4_000
    prior: tuple[Mapping[str, Any], ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no search can do.

        Raises:
            TrainingError: no family, an unknown one, a number below its least, or a prior outside the search space.
        """
        if not self.families:
            raise TrainingError("a search needs at least one model family")
        for family in self.families:
            space_of(family)
        least = {"trials": 1, "folds": 2, "buffer": 0, "most_windows": 1, "slow_windows": 1, "seed": 0}
        for name, smallest in least.items():
            if getattr(self, name) < smallest:
                raise TrainingError(f"{name} of a search is at least {smallest}, not {getattr(self, name)}")
        for start in self.prior:
            self._check_prior(start)
        if self.patience is not None and self.patience < 1:
            raise TrainingError(f"patience of a search is at least 1 or None, not {self.patience}")

    def _check_prior(self, start: Mapping[str, Any]) -> None:
        family = start.get("family")
        if family not in self.families:
            raise TrainingError(f"a search over {', '.join(self.families)} cannot begin with {family!r}")
        space = space_of(family)
        wanted = {"family", *(f"{family}.{name}" for name in space)}
        outside = [name for name, values in space.items() if not values.holds(start.get(f"{family}.{name}"))]
        if set(start) != wanted or outside:
            wrong = ", ".join(sorted({*outside, *(set(start) ^ wanted)}))
            raise TrainingError(f"a search cannot begin with these parameters of {family}: {wrong} outside its space")


@dataclass(frozen=True)
class TrialReport:
    """One candidate of a search.

    Attributes:
        number: of the trial in the study, from 0.
        state: `pruned` after fewer folds than there are because it was behind the others.
        family, parameters: what was tried, by the names of the family's space.
        score: mean macro-F1 over the folds; None unless complete.
        fold_scores: macro-F1 of each fold that was measured.
        weighted_f1: mean over the same folds of the F1 weighted by class; None if none was measured.
        seconds: the trial took.
        fit_seconds: of them, those of the fits.
        reason: why it failed or was pruned, else empty.
        is_default: whether these are the family's default parameters.
    """

    number: int
    state: Literal["complete", "pruned", "failed"]
    family: str
    parameters: dict[str, Any]
    score: float | None
    fold_scores: tuple[float, ...]
    weighted_f1: float | None
    seconds: float
    fit_seconds: float
    reason: str
    is_default: bool


@dataclass(frozen=True)
class TuningResult:
    """What a search found.

    Attributes:
        best_family, best_parameters, best_score: of the first trial with the highest mean macro-F1.
        default_score: of histogram gradient boosting with its default parameters; None where it was not tried.
        trials: in order, those of earlier runs of the study included.
        parameter_importance: share of each parameter (`family`, `<family>.<parameter>`) in what tells good trials from
            the rest (PED-ANOVA), largest first, of families with at least 5 complete trials; rough below some 50
            trials, empty below 10 complete ones.
        stopped_because: the trials were done, the time was up, or nothing better was found for long.
        fit_seconds: sum of the fits of this call; 0 where the study had been finished before.
        total_seconds: of this call.
    """

    best_family: str
    best_parameters: dict[str, Any]
    best_score: float
    default_score: float | None
    trials: list[TrialReport]
    parameter_importance: dict[str, float]
    stopped_because: StoppedBecause
    fit_seconds: float
    total_seconds: float


def best_of(reports: list[TrialReport], study_name: str) -> TrialReport:
    """The first complete trial with the highest score.

    Raises:
        TrainingError: there is none; says the commonest reason.
    """
    complete = [each for each in reports if each.state == "complete"]
    if complete:
        return max(complete, key=lambda each: each.score or 0.0)
    reasons = [each.reason for each in reports]
    commonest = max(sorted(set(reasons)), key=reasons.count)
    raise TrainingError(
        f"none of the {len(reports)} trials of the study '{study_name}' could be completed; "
        f"{reasons.count(commonest)} of them: {commonest}"
    )


def trials_without_gain(reports: list[TrialReport]) -> int:
    """How many trials at the end brought nothing that was better by more than 1e-4 than all before them."""
    best, since = -1.0, 0
    for each in reports:
        if each.score is not None and each.score > best + LEAST_GAIN:
            best, since = each.score, 0
        else:
            since += 1
    return since
