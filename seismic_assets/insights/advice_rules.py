"""Rules that say, before any search, which families of models suit a training set, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seismic_assets.training import SEARCH_SPACES, SLOW_FAMILIES, TrainingData, TrialReport

RARE_SHARE = 0.1
"""A class below this share of the windows counts as rare."""
FEW_WINDOWS, MANY_WINDOWS, FEW_BLOCKS = 2_000, 20_000, 6
_FULL_MARK, _MARKS_PER_GAP = 8.0, 40.0


@dataclass(frozen=True)
class TrainingProfile:
    """What the rules look at.

    Attributes:
        class_windows: training windows by class name.
        features: how many a window has.
        blocks: spatial blocks that the windows lie in; 0 where that is not known.
        files: surveys that they come from; 0 where that is not known.
    """

    class_windows: Mapping[str, int]
    features: int
    blocks: int = 0
    files: int = 0

    @property
    def windows(self) -> int:
        """Of all classes."""
        return sum(self.class_windows.values())

    @property
    def held(self) -> dict[str, int]:
        """Windows of the classes that occur."""
        return {name: count for name, count in self.class_windows.items() if count > 0}

    @property
    def rarest(self) -> tuple[str, int]:
        """Name and windows of the rarest class that occurs; an empty name without any."""
        return min(self.held.items(), key=lambda item: item[1], default=("", 0))

    @property
    def rarest_share(self) -> float:
        """Of the rarest class among all windows; 0 without any."""
        return self.rarest[1] / max(self.windows, 1)


def profile_of(data: TrainingData, class_names: Sequence[str], files: int = 0) -> TrainingProfile:
    """The profile of training windows."""
    train = data.train
    counts = {name: int((train.classes == index).sum()) for index, name in enumerate(class_names)}
    blocks = 0 if train.blocks is None else len(set(train.blocks.tolist()))
    return TrainingProfile(counts, len(data.feature_names), blocks, files)


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes:
        families: that it speaks of.
        marks: that it gives them where it holds; negative ones speak against.
        holds: whether it does.
        reason: a clause, whose figures are those of the training set.
    """

    families: tuple[str, ...]
    marks: float
    holds: Callable[[TrainingProfile], bool]
    reason: Callable[[TrainingProfile], str]


_BOOSTED = ("hist_gradient_boosting", "lightgbm")
_TREES = (*_BOOSTED, "random_forest", "gradient_boosting")
WEIGHED = tuple(name for name, space in SEARCH_SPACES.items() if "class_weight" in space)
"""Families whose classes can be weighed."""
_UNWEIGHED = tuple(name for name in SEARCH_SPACES if name not in WEIGHED)
KINDS: Mapping[str, str] = {
    "hist_gradient_boosting": "boosted trees on histograms",
    "lightgbm": "boosted trees on histograms",
    "gradient_boosting": "boosted trees on each value",
    "random_forest": "averaged trees",
    "decision_tree": "single tree",
    "logistic_regression": "linear boundary",
    "deep_cnn": "convolutional network",
}
"""What a family is, in two words or some more."""


def _always(_: TrainingProfile) -> bool:
    return True


def _rare(profile: TrainingProfile) -> bool:
    return len(profile.held) > 1 and profile.rarest_share < RARE_SHARE


def _few_blocks(profile: TrainingProfile) -> bool:
    return 0 < profile.blocks < FEW_BLOCKS


def _scarce(profile: TrainingProfile) -> bool:
    return profile.rarest[1] < 10 * profile.features


RULES: tuple[Rule, ...] = (
    Rule(
        _BOOSTED, 4, _always, lambda _: "boosted trees find thresholds of amplitude and frequency, and how they combine"
    ),
    Rule(("random_forest",), 3, _always, lambda _: "averaged trees rarely overfit and need little tuning"),
    Rule(("gradient_boosting",), 3, _always, lambda _: "boosted trees that look at every split"),
    Rule(("logistic_regression",), 1, _always, lambda _: "a linear boundary shows what the others gain by curved ones"),
    Rule(("decision_tree",), 0, _always, lambda _: "one tree can be read, and is seldom the best"),
    Rule(("deep_cnn",), 2, _always, lambda _: "a network finds its own features in the samples"),
    Rule(
        _BOOSTED,
        1,
        lambda profile: profile.windows >= MANY_WINDOWS,
        lambda profile: f"histograms make {profile.windows:,} windows cheap",
    ),
    Rule(
        tuple(SLOW_FAMILIES),
        -1,
        lambda profile: profile.windows >= MANY_WINDOWS,
        lambda _: "the search fits it on a part of the windows, since it is slow on many",
    ),
    Rule(
        ("random_forest",),
        1,
        lambda profile: profile.windows < FEW_WINDOWS,
        lambda profile: f"few windows ({profile.windows:,}) leave boosting little to stop on",
    ),
    Rule(
        ("logistic_regression",),
        2,
        lambda profile: profile.windows < FEW_WINDOWS or _scarce(profile),
        lambda profile: (
            f"{profile.rarest[1]:,} windows of {profile.rarest[0]} on {profile.features:,} features speak for a "
            "simple model"
        ),
    ),
    Rule(
        _BOOSTED,
        -1,
        lambda profile: profile.windows < FEW_WINDOWS,
        lambda profile: f"{profile.windows:,} windows are few for leaves of 20",
    ),
    Rule(
        ("deep_cnn",),
        2,
        lambda profile: profile.windows >= 5 * MANY_WINDOWS,
        lambda profile: f"{profile.windows:,} windows are enough to learn features from",
    ),
    Rule(
        ("deep_cnn",),
        -2,
        lambda profile: profile.windows < MANY_WINDOWS,
        lambda profile: f"{profile.windows:,} windows are few to learn features from",
    ),
    Rule(
        WEIGHED,
        0.5,
        _rare,
        lambda profile: f"classes can be weighed, and {profile.rarest[0]} has {100 * profile.rarest_share:.1f} %",
    ),
    Rule(
        _UNWEIGHED,
        -0.5,
        _rare,
        lambda profile: f"classes cannot be weighed, and {profile.rarest[0]} has {100 * profile.rarest_share:.1f} %",
    ),
    Rule(
        ("random_forest", "logistic_regression"),
        0.5,
        _few_blocks,
        lambda profile: f"{profile.blocks:,} spatial blocks reward models that adapt little to one of them",
    ),
    Rule(
        ("deep_cnn", "gradient_boosting"),
        -0.5,
        _few_blocks,
        lambda profile: f"{profile.blocks:,} spatial blocks are few, and it adapts to what is particular to one",
    ),
)


@dataclass(frozen=True)
class RankedFamily:
    """A family and what speaks for it and against it.

    Attributes:
        family: key of `SEARCH_SPACES`.
        marks: the more, the earlier it is tried; of no meaning beyond the order.
        reasons: clauses, those for it first.
        measured: its best mean macro-F1 in earlier searches; None where it was not searched.
    """

    family: str
    marks: float
    reasons: tuple[str, ...]
    measured: float | None = None


def ranked_families(
    profile: TrainingProfile, families: Iterable[str], past: Sequence[TrialReport] = ()
) -> list[RankedFamily]:
    """Families, the most promising first; one that was measured is placed by its score.

    A family of the best score gets more marks than rules can give, and loses 4 for each 0.1 of macro-F1 behind it: a
    measurement goes before a rule, but one far behind goes after what the rules promise of others.
    """
    best = best_by_family(past)
    top = max((each.score or 0.0 for each in best.values()), default=0.0)
    ranked = [_ranked(profile, family, best.get(family), top) for family in dict.fromkeys(families)]
    return sorted(ranked, key=lambda each: -each.marks)


def best_by_family(trials: Sequence[TrialReport]) -> dict[str, TrialReport]:
    """The first complete trial with the highest score of each family."""
    best: dict[str, TrialReport] = {}
    for each in trials:
        if each.score is not None and each.score > (best[each.family].score or 0.0 if each.family in best else -1.0):
            best[each.family] = each
    return best


def _ranked(profile: TrainingProfile, family: str, measured: TrialReport | None, top: float) -> RankedFamily:
    holding = [rule for rule in RULES if family in rule.families and rule.holds(profile)]
    reasons = [rule.reason(profile) for rule in sorted(holding, key=lambda rule: -rule.marks)]
    if measured is None or measured.score is None:
        return RankedFamily(family, sum(rule.marks for rule in holding), tuple(reasons))
    marks = _FULL_MARK - _MARKS_PER_GAP * (top - measured.score)
    told = f"its best score in earlier searches is {measured.score:.3f}"
    return RankedFamily(family, marks, (told, *reasons), measured.score)


def parameters_in_space(family: str, parameters: Mapping[str, Any]) -> bool:
    """Whether they are the family's parameters, all of them, each within its range."""
    space = SEARCH_SPACES[family]
    return parameters.keys() == space.keys() and all(space[name].holds(value) for name, value in parameters.items())
