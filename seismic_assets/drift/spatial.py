"""How alike neighbouring tiles are: one correlation function for all quantities, from the variogram.

gamma(h) = E (z(x) - z(x + h))^2 / 2 over pairs of tiles at distance h (G. Matheron, Economic Geology 58, 1963),
averaged over all quantities in units of their variance, and fitted by sill (1 - (1 - nugget) exp(-h / reach)). From it
follows the variance of a mean over any set of tiles, sum_ij w_i w_j C(h_ij): the "estimation variance" of geostatistics
(A. G. Journel, C. J. Huijbregts, Mining Geostatistics, 1978, section II.C).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist, pdist

# Some quantities reach farther than the average one, so two tiles is the least that is believed.
REACHES = np.geomspace(16.0, 400.0, 18)
NUGGETS = np.array([0.0, 0.1, 0.2, 0.3])
_MOST_SILL = 1.5
_CLASSES = 16
_MOST_TILES = 1024


@dataclass(frozen=True)
class Correlation:
    """Correlation of tiles: (1 - nugget) exp(-h / reach) at distance h, 1 at distance 0.

    Attributes:
        sill: variance of the process over that of the reference's tiles about their own mean, at least 1.
        nugget: share that neighbouring tiles do not have in common.
        reach: trace steps.
    """

    sill: float
    nugget: float
    reach: float

    def mean_of(self, weights: NDArray[np.float64], centres: NDArray[np.float64]) -> float:
        """sum_ij w_i w_j rho(h_ij) for weights of sum 1: one over the number of independent tiles.

        Of more than 1,024 tiles so many are taken, evenly in their order.
        """
        if len(weights) > _MOST_TILES:
            some = np.linspace(0, len(weights) - 1, _MOST_TILES).astype(np.int64)
            weights, centres = weights[some] / weights[some].sum(), centres[some]
        rho = (1 - self.nugget) * np.exp(-cdist(centres, centres) / self.reach)
        np.fill_diagonal(rho, 1.0)
        return float(weights @ rho @ weights)


def fit_correlation(values: NDArray[np.float64], centres: NDArray[np.float64]) -> Correlation:
    """Fit the correlation of (b, q) quantities of b tiles by least squares over classes of distance.

    Args:
        values: in any units; quantities that do not vary are left out.
        centres: (b, 2), trace steps.
    """
    deviation = values.std(axis=0)
    z = (values - values.mean(axis=0))[:, deviation > 0] / deviation[deviation > 0]
    if len(z) < 3 or z.shape[1] == 0:
        return Correlation(1.0, 0.0, float(REACHES[-1]))
    distance = pdist(centres)
    gamma = pdist(z, "sqeuclidean") / (2 * z.shape[1])
    limit = np.quantile(distance, 0.75)
    near = distance <= limit
    edges = np.unique(np.quantile(distance[near], np.linspace(0, 1, _CLASSES + 1)))
    which = np.clip(np.searchsorted(edges, distance[near], side="right") - 1, 0, max(len(edges) - 2, 0))
    pairs = np.bincount(which)
    some = pairs > 0
    lag = np.bincount(which, distance[near])[some] / pairs[some]
    mean_gamma = np.bincount(which, gamma[near])[some] / pairs[some]
    return _best_fit(lag, mean_gamma, np.sqrt(pairs[some]))


def _best_fit(lag: NDArray[np.float64], gamma: NDArray[np.float64], weight: NDArray[np.float64]) -> Correlation:
    best, least = Correlation(1.0, 0.0, float(REACHES[0])), np.inf
    for reach in REACHES:
        for nugget in NUGGETS:
            shape = 1 - (1 - nugget) * np.exp(-lag / reach)
            sill = float(np.clip((weight * shape) @ gamma / ((weight * shape) @ shape), 1.0, _MOST_SILL))
            misfit = float(weight @ (gamma - sill * shape) ** 2)
            if misfit < least:
                best, least = Correlation(sill, float(nugget), float(reach)), misfit
    return best
