"""Whether what a model leans on has moved since the version before: important features whose distribution changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seismic_assets.evaluation.importance import Importance

MOVED = 0.1
"""Standard deviations: a tenth is half of what J. Cohen calls a small shift of the mean (0.2)."""
_TOP = 10


@dataclass(frozen=True)
class FeatureChange:
    """One important feature of a new version beside the version before.

    Attributes:
        name: of the feature or group.
        rank, old_rank: place by importance, 1 the greatest; None where that version does not have it.
        distance: how far its distribution among the training windows moved, standard deviations of the version before;
            of a group the farthest of its features. None where it cannot be compared.
        risk: a sentence where an important feature moved, else None.
    """

    name: str
    rank: int | None
    old_rank: int | None
    distance: float | None
    risk: str | None

    def rank_text(self) -> str:
        """`3 (was 1)`, `3 (new)`, `gone (was 2)` or `3` where it kept its place."""
        here = "gone" if self.rank is None else str(self.rank)
        if self.old_rank == self.rank:
            return here
        return f"{here} (new)" if self.old_rank is None else f"{here} (was {self.old_rank})"


def moved_features(new: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, float]:
    """How far each feature that both versions have moved, in standard deviations of the old one.

    The distance is the Wasserstein distance of order 1, the mean over u of |Q_new(u) - Q_old(u)| for quantile functions
    Q (S. S. Vallender, Theory of Probability and Its Applications 18, 1974), over the percentiles 1 to 99, divided by
    the old standard deviation. A shift of the mean by d deviations gives d. The outermost percentiles are left out:
    they are single windows. Of an old feature that does not vary the new deviation counts, and where neither varies
    the larger of the two values.

    Args:
        new, old: `features` of the reference statistics of two versions: for each name `percentiles` (101 values, of
            0 to 100) and `std`.
    """
    return {name: _distance(new[name], old[name]) for name in new if name in old}


def importance_drift(
    new: Sequence[Importance],
    old: Sequence[Importance],
    distances: Mapping[str, float],
    *,
    top: int = _TOP,
    threshold: float = MOVED,
    redefined: Collection[str] = (),
) -> list[FeatureChange]:
    """The top features of either version: where they rank, how far they moved, and which of them are a risk.

    Args:
        new, old: importance by `permutation_importance`, most important first.
        distances: by feature, from `moved_features`.
        top: how many features of each version.
        threshold: standard deviations beyond which an important feature of the new version is a risk.
        redefined: features that mean something else in the new version, as the components of an embedding that was
            fitted anew do: signs and order of components are free, so that their distances say nothing.

    Returns:
        In order of the new rank; those the new version does not have come last.
    """
    ranks = {each.name: rank for rank, each in enumerate(new, 1)}
    old_ranks = {each.name: rank for rank, each in enumerate(old, 1)}
    members = {each.name: each.features for each in (*old, *new)}
    names = dict.fromkeys([each.name for each in (*new[:top], *old[:top])])
    comparable = {name: value for name, value in distances.items() if name not in redefined}

    def change(name: str) -> FeatureChange:
        moved = {feature: comparable[feature] for feature in members[name] if feature in comparable}
        distance = max(moved.values(), default=None)
        rank = ranks.get(name)
        important = rank is not None and rank <= top
        risk = None
        if important and distance is not None and distance > threshold:
            risk = _risk(name, rank, moved, threshold)
        return FeatureChange(name, rank, old_ranks.get(name), distance, risk)

    return sorted(map(change, names), key=lambda each: each.rank or len(new) + 1)


def _risk(name: str, rank: int | None, moved: Mapping[str, float], threshold: float) -> str:
    farthest = max(moved, key=lambda feature: moved[feature])
    which = "" if farthest == name else f" ({farthest} the farthest)"
    return (
        f"{name}, number {rank} by importance, has moved by {moved[farthest]:.2f} standard deviations{which} since the "
        f"version before, beyond {threshold:g}: the model leans on values that the version before did not see so."
    )


def _distance(new: Mapping[str, Any], old: Mapping[str, Any]) -> float:
    ours, theirs = (np.asarray(each["percentiles"], np.float64)[1:100] for each in (new, old))
    moved = float(np.abs(ours - theirs).mean())
    scale = float(old["std"]) or float(new["std"]) or float(np.abs([ours, theirs]).max())
    return moved / scale if moved > 0 else 0.0
