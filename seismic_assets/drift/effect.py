"""How large a difference is, whatever its significance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PERCENTILES = np.arange(1, 100)
_LEAST_SHARE = 1e-4
_MOST_ROWS = 1 << 16


def ks_distances(current: NDArray[np.float64], reference: NDArray[np.float64]) -> NDArray[np.float64]:
    """Largest difference of two distribution functions at the edges of bins, (f,) of (f, k) shares of the bins."""
    return np.abs(np.cumsum(current - reference, axis=1)).max(axis=1)


def stability_indices(current: NDArray[np.float64], reference: NDArray[np.float64]) -> NDArray[np.float64]:
    """Population stability index, (f,): sum (c - r) ln(c / r) over the (f, k) shares of bins, empty ones at 1e-4.

    N. Siddiqi, Credit Risk Scorecards, 2006: below 0.1 little, from 0.25 large. Of bins the reference has none of and
    the sample neither, nothing is added.
    """
    c, r = np.maximum(current, _LEAST_SHARE), np.maximum(reference, _LEAST_SHARE)
    return np.asarray(((c - r) * np.log(c / r)).sum(axis=1))


def percentiles_of(features: NDArray[np.float32]) -> NDArray[np.float64]:
    """Percentiles 1 to 99 of (m, f) features, (f, 99) float64.

    Of more than 65,536 rows so many are taken, evenly: an empirical distribution function of that many independent
    rows is off by more than 0.0064 with probability 0.01 (Dvoretzky, Kiefer, Wolfowitz; P. Massart, Ann. Probab. 18,
    1990), a fifteenth of what counts as a change.
    """
    if len(features) > _MOST_ROWS:
        features = features[np.linspace(0, len(features) - 1, _MOST_ROWS).astype(np.int64)]
    return np.stack([np.percentile(column, PERCENTILES) for column in features.T]).astype(np.float64)


def wasserstein_distances(
    current: NDArray[np.float64], reference: NDArray[np.float64], deviation: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mean |Q_current - Q_reference| over the percentiles 1 to 99 in standard deviations of the reference, (f,).

    The Wasserstein distance of order 1 is the area between the quantile functions (S. S. Vallender, Theory of
    Probability and Its Applications 18, 1974). Of a feature that did not vary the distance counts in the larger of
    the two values themselves: 1 where it left 0.

    Args:
        current, reference: (f, 99) percentiles.
        deviation: (f,) of the reference.
    """
    moved = np.abs(current - reference).mean(axis=1)
    size = np.maximum(np.abs(current).max(axis=1), np.abs(reference).max(axis=1))
    scale = np.where(deviation > 0, deviation, size)
    return np.divide(moved, scale, out=np.zeros_like(moved), where=moved > 0)
