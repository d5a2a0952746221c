"""From the windows of a trace to one answer for the trace."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class TraceSummary:
    """One answer for each of n traces.

    Attributes:
        probabilities: (n, classes) float64; NaN for a trace that could not be classified.
        classes: (n,) int64, index of the most probable class; -1 for a trace that could not be classified.
        confidence: (n,) float64, probability of that class; NaN for a trace that could not be classified.
    """

    probabilities: NDArray[np.float64]
    classes: NDArray[np.int64]
    confidence: NDArray[np.float64]


def roll_up(probabilities: NDArray[np.float32]) -> TraceSummary:
    """Summarise traces by the mean probability of their windows.

    Every window counts the same, and the class is that of the largest mean; of equal ones, the first. The mean says
    what most of a trace is: something thin, such as a boundary, shows in the windows rather than in the summary.

    Args:
        probabilities: (n, k, classes) of the k windows of n traces, k >= 1; NaN where a trace could not be classified.
    """
    mean = probabilities.mean(axis=1, dtype=np.float64)
    if math.isfinite(mean.sum()):
        return TraceSummary(mean, mean.argmax(axis=1), mean.max(axis=1))
    known = np.isfinite(mean).all(axis=1)
    classes = np.where(known, np.nan_to_num(mean).argmax(axis=1), -1)
    return TraceSummary(mean, classes, np.where(known, mean.max(axis=1), np.nan))
