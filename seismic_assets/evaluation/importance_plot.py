"""Figures of what a model leans on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seismic_assets.evaluation.importance import Importance
from seismic_assets.evaluation.shapley import ShapImportance

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_BARS = 20


def importance_figure(found: Sequence[Importance]) -> Figure:
    """Fall of macro-F1 by feature, the greatest above, with intervals over blocks; the first 20."""
    from matplotlib.figure import Figure

    shown = list(found[:_MOST_BARS])
    figure = Figure(figsize=(6.4, 1.2 + 0.3 * max(len(shown), 1)), layout="constrained")
    axes = figure.subplots()
    places = range(len(shown))
    axes.barh(places, [each.fall.value for each in shown], color="#4c78a8")
    for place, each in enumerate(shown):
        if each.fall.low is not None and each.fall.high is not None:
            axes.plot([each.fall.low, each.fall.high], [place, place], color="black", linewidth=1.2)
    axes.axvline(0, color="grey", linewidth=0.8)
    axes.set(yticks=places, xlabel="fall of macro-F1 when permuted")
    axes.set_yticklabels([_label(each) for each in shown])
    axes.invert_yaxis()
    return figure


def shap_figure(found: Sequence[ShapImportance]) -> Figure:
    """Mean |Shapley value| by feature, stacked by class and divided by their number; the first 20."""
    from matplotlib.figure import Figure

    shown = list(found[:_MOST_BARS])
    figure = Figure(figsize=(6.4, 1.6 + 0.3 * max(len(shown), 1)), layout="constrained")
    axes = figure.subplots()
    places = range(len(shown))
    left = [0.0] * len(shown)
    names = list(shown[0].by_class) if shown else []
    for name in names:
        widths = [each.by_class[name] / len(names) for each in shown]
        axes.barh(places, widths, left=left, label=name)
        left = [start + width for start, width in zip(left, widths, strict=True)]
    axes.set(yticks=places, xlabel="mean |Shapley value| (probability)")
    axes.set_yticklabels([each.name for each in shown])
    axes.invert_yaxis()
    if names:
        axes.legend(loc="lower right", frameon=False)
    return figure


def _label(each: Importance) -> str:
    return each.name if len(each.features) == 1 else f"{each.name} ({len(each.features)} together)"
