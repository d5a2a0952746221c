"""Window classes painted on a section, beside what the interpreter saw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def paint_windows(
    classes: NDArray[np.integer[Any]], starts: NDArray[np.int64], window: int, num_samples: int
) -> NDArray[np.int16]:
    """Class of each sample: that of the window whose centre is nearest; -1 outside of all windows.

    Args:
        classes: (n, k) class of each window, negative where it has none.
        starts: (k,) first sample of each window.
        window: samples a window.
        num_samples: samples a trace.
    """
    samples = np.arange(num_samples)
    nearest = np.abs(samples[:, None] + 0.5 - (starts + window / 2)[None]).argmin(axis=1)
    covered = (samples >= starts[0]) & (samples < starts[-1] + window)
    return np.where(covered[None], classes[:, nearest], -1).astype(np.int16)


def comparison_figure(
    traces: NDArray[np.float32],
    predicted: NDArray[np.int16],
    truth: NDArray[np.int16],
    class_names: Sequence[str],
    *,
    sample_interval_us: int,
    start_ms: float = 0.0,
    positions: NDArray[np.integer[Any]],
    position_name: str = "crossline",
    title: str = "",
) -> Figure:
    """A section three times: its amplitudes, coloured by prediction, coloured by label.

    Args:
        traces: (n, num_samples) float32 amplitudes of one line.
        predicted, truth: (n, num_samples) class of each sample, -1 where there is none.
        class_names: names by index.
        sample_interval_us: microseconds.
        start_ms: time of the first sample.
        positions: (n,) numbers along the horizontal axis.
        position_name: what they are.
        title: what stands above.
    """
    from matplotlib import colormaps
    from matplotlib.colors import BoundaryNorm, ListedColormap
    from matplotlib.figure import Figure

    colours = ListedColormap(colormaps["tab10" if len(class_names) <= 10 else "tab20"](np.arange(len(class_names))))
    norm = BoundaryNorm(np.arange(len(class_names) + 1) - 0.5, len(class_names))
    end_ms = start_ms + traces.shape[1] * sample_interval_us / 1000
    extent = (float(positions[0]) - 0.5, float(positions[-1]) + 0.5, end_ms, start_ms)
    clip = float(np.percentile(np.abs(traces[np.isfinite(traces)]), 98)) or 1.0
    figure = Figure(figsize=(13, 4.8), layout="constrained")
    panels = figure.subplots(1, 3, sharex=True, sharey=True)
    for axes, name, classes in zip(panels, ("amplitude", "predicted", "label"), (None, predicted, truth), strict=True):
        axes.imshow(
            traces.T, cmap="gray", vmin=-clip, vmax=clip, aspect="auto", extent=extent, interpolation="bilinear"
        )
        if classes is not None:
            painted = np.ma.masked_less(classes.T, 0)
            image = axes.imshow(
                painted, cmap=colours, norm=norm, alpha=0.55, aspect="auto", extent=extent, interpolation="nearest"
            )
        axes.set(title=name, xlabel=position_name)
    panels[0].set_ylabel("two-way time [ms]")
    bar = figure.colorbar(image, ax=panels, ticks=range(len(class_names)), shrink=0.9)
    bar.ax.set_yticklabels(class_names)
    if title:
        figure.suptitle(title)
    return figure
