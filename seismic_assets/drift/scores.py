"""Normal scores: what a value would be if the reference were normally distributed.

A feature's values are sorted into bins by quantiles of the reference; a bin's score is the normal quantile of its
middle rank (B. L. van der Waerden, Proc. Kon. Ned. Akad. Wet. 55, 1952). Scores do not care about units, tails or
ties: their mean tells a shift, the mean of their squares a change of spread, and a gain of 20 % is as plain in an
energy as in an amplitude.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

# The tails are finer than the rest: a gain shows there first.
LEVELS = np.concatenate([[0.005, 0.01, 0.025], np.arange(1, 20) / 20, [0.975, 0.99, 0.995]])
BINS = len(LEVELS) + 1


@dataclass(frozen=True)
class Bins:
    """The bins of f features.

    Attributes:
        edges: (f, k - 1) float32, not falling; a value equal to an edge is in the bin above it.
        shares: (f, k) float64, the reference's share of windows in each bin; 0 where edges coincide.
        scores: (f, k) float64, normal score of each bin.
    """

    edges: NDArray[np.float32]
    shares: NDArray[np.float64]
    scores: NDArray[np.float64]

    def codes(self, values: NDArray[np.float32], feature: int) -> NDArray[np.int64]:
        """The bin of each value of one feature."""
        return np.searchsorted(self.edges[feature], np.ascontiguousarray(values), side="right")


def fit_bins(features: NDArray[np.float32]) -> Bins:
    """Bins by the quantiles `LEVELS` of (m, f) features."""
    edges = np.quantile(features, LEVELS, axis=0).T.astype(np.float32)
    shares = np.stack([_shares(edges[each], features[:, each]) for each in range(features.shape[1])])
    return Bins(edges, shares, scores_of(shares))


def scores_of(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Normal scores (f, k) of bins that hold these shares; an empty bin scores as the edge that it lies on."""
    middle = np.cumsum(shares, axis=1) - shares / 2
    return np.asarray(ndtri(np.clip(middle, 1e-4, 1 - 1e-4)))


def _shares(edges: NDArray[np.float32], values: NDArray[np.float32]) -> NDArray[np.float64]:
    codes = np.searchsorted(edges, np.ascontiguousarray(values), side="right")
    return np.bincount(codes, minlength=len(edges) + 1) / max(len(values), 1)
