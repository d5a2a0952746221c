"""Where the folds lie: a map of the traces that train, validate and test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Told apart by readers who do not see red from green.
_COLOURS = {"train": "#0072b2", "validation": "#e69f00", "test": "#d55e00"}
_OTHER_COLOUR = "#bbbbbb"
_MOST_AREAS = 6
_MOST_POINTS = 20_000


def split_figure(
    inline: NDArray[np.integer[Any]], crossline: NDArray[np.integer[Any]], fold: NDArray[Any], area: NDArray[Any]
) -> Figure:
    """Positions by inline and crossline, coloured by fold, one panel for each area; the six with most traces.

    Args:
        inline, crossline: (m,) numbers of the windows or traces; positions that repeat are drawn once.
        fold: (m,) names: train, validation, test; others, as what lies between blocks, are grey.
        area: (m,) names of places that share a block grid.
    """
    from matplotlib.figure import Figure

    names, member = np.unique(np.asarray(area, dtype=str), return_inverse=True)
    largest = np.argsort(-np.bincount(member, minlength=len(names)), kind="stable")[:_MOST_AREAS]
    columns = min(max(len(largest), 1), 3)
    rows = -(-max(len(largest), 1) // columns)
    figure = Figure(figsize=(1.2 + 3.9 * columns, 0.8 + 3.4 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    folds = np.asarray(fold, dtype=str)
    for panel, index in zip(panels, largest, strict=False):
        inside = member == index
        _draw(panel, inline[inside], crossline[inside], folds[inside])
        panel.set(title=str(names[index]), xlabel="crossline", ylabel="inline")
    for panel in panels[len(largest) :]:
        panel.set_visible(False)
    handles = {
        label: handle for panel in panels for handle, label in zip(*panel.get_legend_handles_labels(), strict=True)
    }
    if handles:
        figure.legend(
            handles.values(), handles, loc="outside lower center", ncols=len(handles), frameon=False, markerscale=3
        )
    if len(names) > len(largest):
        figure.suptitle(f"the {len(largest)} largest of {len(names):,} areas")
    return figure


def _draw(panel: Any, inline: NDArray[Any], crossline: NDArray[Any], fold: NDArray[Any]) -> None:
    known = [*_COLOURS, *sorted(set(fold.tolist()) - set(_COLOURS))]
    for name in known:
        positions = np.unique(np.stack([crossline[fold == name], inline[fold == name]], axis=1), axis=0)
        shown = positions[:: -(-len(positions) // _MOST_POINTS) or 1]
        if len(shown):
            colour = _COLOURS.get(name, _OTHER_COLOUR)
            panel.scatter(*shown.T, s=5, marker="s", linewidths=0, color=colour, label=name, rasterized=True)
