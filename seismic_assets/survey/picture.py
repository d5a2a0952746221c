"""A picture of a section: the seismic, and beside it the same with its labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seismic_assets.survey.geology import CLASS_NAMES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Class 0 is what is left alone; the others are told apart by readers who do not see red from green.
_LABEL_COLOURS = ("#e69f00", "#009e73", "#56b4e9", "#cc79a7", "#d55e00", "#0072b2", "#f0e442")
_CLIP_PERCENTILE = 98.5
_THIN_SHARE = 0.02


def section_figure(
    traces: NDArray[np.float32],
    labels: NDArray[np.integer[Any]],
    *,
    crosslines: NDArray[np.integer[Any]],
    sample_interval_us: int,
    start_ms: float = 0.0,
    class_names: Sequence[str] = CLASS_NAMES,
    title: str = "",
) -> Figure:
    """Draw a section twice: as recorded (red and blue), and in grey under its labels.

    Args:
        traces: (n, samples) float32 amplitudes of one line.
        labels: (n, samples) integers; 0 is left uncoloured, and so is what is no class (negative, 255).
        crosslines: (n,) numbers along the horizontal axis, ascending.
        sample_interval_us: microseconds.
        start_ms: time of the first sample, milliseconds.
        class_names: the names of the classes, for the legend.
        title: what stands above.

    Returns:
        A matplotlib figure of 11 x 5 inches, to be saved or shown.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 5), dpi=100, layout="constrained")
    figure.suptitle(title)
    seismic, labelled = figure.subplots(1, 2, sharex=True, sharey=True)
    extent = _extent(crosslines, traces.shape[1], sample_interval_us / 1000, start_ms)
    clip = float(np.percentile(np.abs(traces), _CLIP_PERCENTILE)) or 1.0
    image = {"aspect": "auto", "extent": extent, "vmin": -clip, "vmax": clip, "interpolation": "bilinear"}
    amplitudes = seismic.imshow(traces.T, cmap="RdBu", **image)
    labelled.imshow(traces.T, cmap="Greys", **image)
    figure.colorbar(amplitudes, ax=seismic, label="amplitude")
    _overlay_labels(labelled, labels, class_names, extent)
    seismic.set(xlabel="crossline", ylabel="two-way time (ms)", title="seismic")
    labelled.set(xlabel="crossline", title="labels")
    return figure


def _extent(
    crosslines: NDArray[np.integer[Any]], samples: int, interval_ms: float, start_ms: float
) -> tuple[float, float, float, float]:
    """Left, right, bottom and top edges, half a cell outside the outermost centres; time runs downward."""
    half = interval_ms / 2
    last_ms = start_ms + (samples - 1) * interval_ms
    return float(crosslines[0]) - 0.5, float(crosslines[-1]) + 0.5, last_ms + half, start_ms - half


def _overlay_labels(
    axes: Any, labels: NDArray[np.integer[Any]], class_names: Sequence[str], extent: tuple[float, float, float, float]
) -> None:
    from matplotlib.colors import to_rgba
    from matplotlib.patches import Patch

    coloured = range(1, len(class_names))
    colours = {index: _LABEL_COLOURS[(index - 1) % len(_LABEL_COLOURS)] for index in coloured}
    overlay = np.zeros((*labels.shape, 4))
    for index, colour in colours.items():
        of_class = labels == index
        # A horizon is a few samples thick: what little there is of it must not be pale.
        overlay[of_class] = to_rgba(colour, 1.0 if of_class.mean() < _THIN_SHARE else 0.6)
    overlay = overlay.transpose(1, 0, 2)
    axes.imshow(overlay, aspect="auto", extent=extent, interpolation="nearest")
    handles = [Patch(facecolor="white", edgecolor="grey", label=class_names[0])]
    handles += [Patch(color=colour, label=class_names[index]) for index, colour in colours.items()]
    axes.figure.legend(handles=handles, loc="outside lower right", ncols=len(handles), frameon=False)
