"""Scores of parts of the test windows: by survey, by depth, by signal-to-noise ratio, by amplitude."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seismic_assets.evaluation.bootstrap import DEFAULT, Interval, Labels, Resampling, f1_interval
from seismic_assets.evaluation.errors import EvaluationError

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Slicing:
    """A division of windows into parts.

    Attributes:
        parts: names of the parts, in the order they are shown.
        member: (m,) which part each window is of.
    """

    parts: tuple[str, ...]
    member: NDArray[np.int64]


@dataclass(frozen=True)
class SliceScore:
    """Scores of one part.

    Attributes:
        slicing: what windows were divided by, as `depth`.
        part: the part, as `400 to under 800 ms`.
        windows: test windows in it.
        accuracy: share of 1.
        f1: macro-F1 over the classes that occur in the part, with its interval over blocks; parts in which other
            classes occur are not of the same difficulty.
        rarest: windows of the rarest class that occurs in it; of few, its macro-F1 is chance.
    """

    slicing: str
    part: str
    windows: int
    accuracy: float
    f1: Interval
    rarest: int | None = None


def by_name(names: Sequence[str] | NDArray[Any]) -> Slicing:
    """A division by (m,) names, as of surveys; parts in alphabetical order."""
    parts, member = np.unique(np.asarray(names), return_inverse=True)
    return Slicing(tuple(str(part) for part in parts), member.astype(np.int64))


def by_quantile(figures: NDArray[Any], unit: str, bins: int = 4) -> Slicing:
    """A division of (m,) figures, as depths in ms, into bins of about as many windows each.

    Edges are quantiles rounded to three significant digits before windows are told apart by them, so that the names of
    the parts are true. Ties and rounding can make fewer bins than asked. Figures that are not finite are `unknown`.

    Args:
        figures: one a window.
        unit: stands behind the numbers of a name, may be empty.
        bins: how many.
    """
    values = np.asarray(figures, np.float64)
    finite = np.isfinite(values)
    cuts = np.quantile(values[finite], np.arange(1, bins) / bins) if finite.any() else np.zeros(0)
    edges = np.unique([float(f"{cut:.3g}") for cut in cuts])
    member = np.where(finite, np.searchsorted(edges, values, side="right"), len(edges) + 1)
    names = [*_bin_names(edges, unit), UNKNOWN]
    held, place = np.unique(member, return_inverse=True)
    return Slicing(tuple(names[index] for index in held), place.astype(np.int64))


def slice_scores(
    truth: Labels,
    predicted: Labels,
    blocks: NDArray[Any],
    slicings: Mapping[str, Slicing],
    num_classes: int,
    resampling: Resampling = DEFAULT,
) -> list[SliceScore]:
    """Windows, accuracy and macro-F1 of every part of every slicing, in the order given.

    Args:
        truth, predicted: (m,) class indices.
        blocks: (m,) spatial blocks.
        slicings: divisions of the same m windows by name.
        num_classes: classes there are.
        resampling: level, resamples and seed.

    Raises:
        EvaluationError: a slicing is of another number of windows.
    """
    found = []
    for name, slicing in slicings.items():
        if len(slicing.member) != len(truth):
            raise EvaluationError(
                f"the slicing {name} is of {len(slicing.member)} windows, but there are {len(truth)}: "
                "give one part per window"
            )
        for index, part in enumerate(slicing.parts):
            inside = slicing.member == index
            f1 = f1_interval(truth[inside], predicted[inside], blocks[inside], num_classes, resampling)
            accuracy = float((truth[inside] == predicted[inside]).mean())
            counts = np.bincount(truth[inside])
            rarest = int(counts[counts > 0].min())
            found.append(SliceScore(name, part, int(inside.sum()), accuracy, f1, rarest))
    return found


def _bin_names(edges: NDArray[np.float64], unit: str) -> list[str]:
    behind = f" {unit}" if unit else ""
    if len(edges) == 0:
        return [f"any{behind}"]
    shown = [_three_digits(edge) for edge in edges]
    between = [f"{low} to under {high}{behind}" for low, high in pairwise(shown)]
    return [f"under {shown[0]}{behind}", *between, f"from {shown[-1]}{behind}"]


def _three_digits(edge: float) -> str:
    if 1000 <= abs(edge) < 1e7:
        return f"{edge:,.0f}"
    return f"{edge:.3g}"
