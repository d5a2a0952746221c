"""Figures of a tuning study, from plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MARKERS = {"complete": "o", "pruned": "v"}


@dataclass(frozen=True)
class Trial:
    """One trial of a study.

    Attributes:
        number: from 0, in the order they were started.
        family: the kind of model, which gives its colour.
        state: `complete`; `pruned` (stopped after some folds); `failed`.
        value: its score, of the folds it was given if pruned; None where it has none.
    """

    number: int
    family: str
    state: Literal["complete", "pruned", "failed"]
    value: float | None


def history_figure(trials: Sequence[Trial], score_name: str = "macro-F1 (mean over folds)") -> Figure:
    """Score of each trial by its number, coloured by family, with the best so far as a line; higher is better.

    Pruned trials are hollow triangles at the score they had reached; trials without a score are crosses at the bottom.
    """
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.2), layout="constrained")
    axes = figure.subplots()
    for index, family in enumerate(dict.fromkeys(trial.family for trial in trials)):
        colour = colormaps["tab10"](index % 10)
        for state, marker in _MARKERS.items():
            of_state = [each for each in trials if (each.family, each.state) == (family, state)]
            points = [(each.number, each.value) for each in of_state if each.value is not None]
            if points or state == "complete":
                face = colour if state == "complete" else "none"
                label = family if state == "complete" else f"{family}, pruned"
                numbers, values = zip(*points, strict=True) if points else ((), ())
                axes.scatter(numbers, values, marker=marker, edgecolors=[colour], facecolors=face, label=label, s=28)
    without = [trial.number for trial in trials if trial.value is None or trial.state == "failed"]
    if without:
        bottom = axes.get_xaxis_transform()
        axes.scatter(without, [0.02] * len(without), marker="x", color="black", transform=bottom, label="no score")
    best = best_so_far(trials)
    if best:
        numbers, values = zip(*best, strict=True)
        axes.step(numbers, values, where="post", color="grey", linewidth=1.2, label="best so far")
    axes.set(xlabel="trial", ylabel=score_name)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, fontsize=8)
    return figure


def best_so_far(trials: Sequence[Trial]) -> list[tuple[int, float]]:
    """Number and best score up to it of every complete trial, in order of number."""
    scored = sorted((each.number, each.value) for each in trials if each.state == "complete" and each.value is not None)
    best = accumulate((value for _, value in scored), max)
    return [(number, value) for (number, _), value in zip(scored, best, strict=True)]


def parameter_importance_figure(importance: Mapping[str, float]) -> Figure:
    """Share of the study's variation that each hyperparameter explains, the greatest above."""
    from matplotlib.figure import Figure

    ranked = sorted(importance.items(), key=lambda item: -item[1])
    figure = Figure(figsize=(6.4, 1.2 + 0.3 * max(len(ranked), 1)), layout="constrained")
    axes = figure.subplots()
    places = range(len(ranked))
    axes.barh(places, [value for _, value in ranked], color="#4c78a8")
    axes.set(yticks=places, xlabel="importance (share of 1)")
    axes.set_yticklabels([name for name, _ in ranked])
    axes.invert_yaxis()
    return figure
