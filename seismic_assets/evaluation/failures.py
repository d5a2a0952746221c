"""Where a model is known to fail, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seismic_assets.evaluation.metrics import Scores
from seismic_assets.evaluation.slices import SliceScore

_MOST = 3  # of each kind: the worst are told, the tables show the rest
_POOR_F1 = 0.5
_CONFUSED_SHARE = 0.1
_FEW_WINDOWS = 10


def known_failures(scores: Scores, slices: Sequence[SliceScore] = ()) -> list[str]:
    """Plain sentences with figures: the weakest classes, the commonest confusions, the weakest parts of the data.

    - The class of the lowest F1, and others below 0.5, three at most.
    - Pairs of classes where at least a tenth of the one is taken for the other, the three largest shares.
    - Parts of the data whose macro-F1 is credibly below that of the whole (the upper end of its interval is), the three
      lowest; parts of one block have no interval and are not judged, nor are those with fewer than ten windows of a
      class.
    - Classes too rare to judge: fewer than ten test windows.

    Args:
        scores: of the model on the test windows.
        slices: of the same windows.
    """
    return [*_weak_classes(scores), *_confusions(scores), *_weak_parts(scores, slices), *_rare_classes(scores)]


def _weak_classes(scores: Scores) -> list[str]:
    held = {name: values for name, values in scores.per_class.items() if values["support"] > 0}
    ranked = sorted(held.items(), key=lambda item: item[1]["f1"])
    told = [item for place, item in enumerate(ranked) if place == 0 or item[1]["f1"] < _POOR_F1][:_MOST]
    return [
        f"{name} is {'the weakest class' if place == 0 else 'weak too'}: F1 {values['f1']:.2f}, {values['recall']:.0%} "
        f"of its {values['support']:,.0f} test windows found, {values['precision']:.0%} of what is called so right."
        for place, (name, values) in enumerate(told)
    ]


def _confusions(scores: Scores) -> list[str]:
    counts = np.array(scores.confusion, np.int64)
    names = list(scores.per_class)
    totals = counts.sum(axis=1)
    pairs = [
        (counts[row, column] / totals[row], row, column)
        for row, column in np.ndindex(*counts.shape)
        if row != column and counts[row, column] >= _CONFUSED_SHARE * totals[row] > 0
    ]
    worst = sorted(pairs, key=lambda pair: -pair[0])[:_MOST]
    return [
        f"{share:.0%} of the {names[row]} windows ({counts[row, column]:,} of {totals[row]:,}) are taken for "
        f"{names[column]}."
        for share, row, column in worst
    ]


def _weak_parts(scores: Scores, slices: Sequence[SliceScore]) -> list[str]:
    judged = [each for each in slices if each.rarest is None or each.rarest >= _FEW_WINDOWS]
    low = [each for each in judged if each.f1.high is not None and each.f1.high < scores.f1_macro]
    worst = sorted(low, key=lambda each: each.f1.value)[:_MOST]
    return [
        f"Where {each.slicing} is {each.part}, macro-F1 is {each.f1.text()} on {each.windows:,} windows, against "
        f"{scores.f1_macro:.3f} over all."
        for each in worst
    ]


def _rare_classes(scores: Scores) -> list[str]:
    rare = {
        name: int(values["support"]) for name, values in scores.per_class.items() if values["support"] < _FEW_WINDOWS
    }
    told = ", ".join(f"{name} ({support})" for name, support in rare.items())
    return [f"Too few test windows to judge: {told}."] if rare else []
