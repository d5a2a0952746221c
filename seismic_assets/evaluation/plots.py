"""Figures of an evaluation."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def confusion_figure(confusion: Sequence[Sequence[int]], class_names: Sequence[str]) -> Figure:
    """Confusion matrix with the share of each true class in colour and counts in the cells."""
    from matplotlib.figure import Figure

    counts = np.asarray(confusion)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = 2.6 + 0.62 * len(class_names)
    figure = Figure(figsize=(side + 0.6, side), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(*counts.shape):
        colour = "white" if shares[row, column] > 0.55 else "black"
        axes.text(column, row, f"{counts[row, column]:,}", ha="center", va="center", color=colour, fontsize=8)
    ticks = range(len(class_names))
    axes.set(xticks=ticks, yticks=ticks, xlabel="predicted class", ylabel="interpreted class")
    axes.set_xticklabels(class_names, rotation=45, ha="right")
    axes.set_yticklabels(class_names)
    figure.colorbar(image, ax=axes, shrink=0.8, label="share of the interpreted class")
    return figure


def reliability_figure(truth: NDArray[np.int32], probabilities: NDArray[np.float64], bins: int = 10) -> Figure:
    """Confidence against the share that was right, with the number of windows in each bin below."""
    from matplotlib.figure import Figure

    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    edges = np.linspace(0, 1, bins + 1)
    member = np.clip(np.digitize(confidence, edges) - 1, 0, bins - 1)
    counts = np.bincount(member, minlength=bins)
    filled = counts > 0
    mean_confidence = np.bincount(member, confidence, bins)[filled] / counts[filled]
    share_right = np.bincount(member, right, bins)[filled] / counts[filled]
    figure = Figure(figsize=(4.6, 5), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    upper.plot([0, 1], [0, 1], color="grey", linestyle="--", label="perfectly calibrated")
    upper.plot(mean_confidence, share_right, marker="o", label="test windows")
    upper.set(ylabel="share right", xlim=(0, 1), ylim=(0, 1))
    upper.legend(loc="upper left", frameon=False)
    lower.bar((edges[:-1] + edges[1:]) / 2, counts, width=0.9 / bins)
    lower.set(xlabel="confidence", ylabel="windows")
    return figure


def png_bytes(figure: Figure, dpi: int = 110) -> bytes:
    """A figure as a PNG."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi)
    return buffer.getvalue()
