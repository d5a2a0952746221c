"""How far a healthy set of tiles may lie from the reference: mean, spread between tiles, and their correlation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from seismic_assets.drift.spatial import Correlation, fit_correlation
from seismic_assets.drift.tile_means import TileMeans

# Of the spread that tiles show at least this share is taken to be between places.
_LEAST_BETWEEN = 0.2
# The quarter point of a normal distribution lies this many standard deviations below its mean.
_QUARTER = 0.6745


@dataclass(frozen=True)
class TileNull:
    """The healthy spread of q quantities.

    Attributes:
        mean: (q,) float64, over the reference's tiles.
        between: (q,) float64, variance between places.
        within: (q,) float64, variance among traces of one place.
        correlation: of tiles.
        independent: number of independent tiles that the reference's mean is worth.
        tiles: number of the reference's tiles.
    """

    mean: NDArray[np.float64]
    between: NDArray[np.float64]
    within: NDArray[np.float64]
    correlation: Correlation
    independent: float
    tiles: int


@dataclass(frozen=True)
class TileTest:
    """Distances of a set of tiles from the reference.

    Attributes:
        shift: (q,) float64, mean less the reference's mean.
        variance: (q,) float64, of a healthy shift.
        z: (q,) float64, shift / sqrt(variance).
        p: (q,) float64, two-sided.
        floor: (q,) float64: three quarters of the places lie at least this far out on the side of the shift, in
            standard deviations between places; about -0.7 where there is no shift.
        independent: number of independent tiles that the set is worth.
    """

    shift: NDArray[np.float64]
    variance: NDArray[np.float64]
    z: NDArray[np.float64]
    p: NDArray[np.float64]
    floor: NDArray[np.float64]
    independent: float


def fit_null(means: TileMeans) -> TileNull:
    """The healthy spread from the reference's own tiles."""
    noise = means.within * float((1 / means.traces).mean())
    spread = means.values.var(axis=0, ddof=1)
    correlation = fit_correlation(means.values, means.centres)
    between = correlation.sill * np.maximum(spread - noise, _LEAST_BETWEEN * spread)
    independent = 1 / correlation.mean_of(np.full(means.count, 1 / means.count), means.centres)
    return TileNull(means.values.mean(axis=0), between, means.within, correlation, independent, means.count)


def compare(current: TileMeans, null: TileNull) -> TileTest:
    """Test every quantity of a set of tiles: a t test whose variance knows how alike neighbours are.

    With weights w, traces n and a = sum_ij w_i w_j rho(h_ij), one over the number of independent tiles,

        z = (sum w x - mean) / sqrt(v),  v = between ((1 + a)^2 a + 1 / independent) + within sum w^2 / n,

    and Student's t with the reference's tiles less one. The factor 1 + a on the standard deviation is for places unlike
    any in the reference: single places are farther out than a normal distribution has it, means of many are not.
    """
    weights = _weights(current.traces, null)
    likeness = null.correlation.mean_of(weights, current.centres) if current.placed else 1.0
    noise = null.within * float((weights**2 / current.traces).sum())
    variance = null.between * ((1 + likeness) ** 2 * likeness + 1 / null.independent) + noise
    shift = weights @ current.values - null.mean
    some = shift != 0
    z = np.divide(shift, np.sqrt(variance), out=np.zeros_like(shift), where=some & (variance > 0))
    z[some & (variance <= 0)] = np.inf
    p = 2 * stdtr(max(null.tiles - 1, 1), -np.abs(z))
    return TileTest(shift, variance, z, p, _floor(current, null, np.sign(shift)), 1 / likeness)


def tile_distances(current: TileMeans, null: TileNull) -> NDArray[np.float64]:
    """How far each of b tiles lies from the reference: root mean square over quantities of its deviation, (b,) float64.

    In standard deviations of a healthy tile with as many traces: about 1 where nothing happened. For a map.
    """
    expected = null.between + null.within / current.traces[:, None]
    square = (current.values - null.mean) ** 2
    return np.asarray(np.sqrt(np.divide(square, expected, out=np.zeros_like(square), where=expected > 0).mean(axis=1)))


def _floor(current: TileMeans, null: TileNull, side: NDArray[np.float64]) -> NDArray[np.float64]:
    """The lower quarter of the tiles' deviations, less what it lies lower for the few traces of a tile."""
    place = np.sqrt(null.between)
    blurred = np.sqrt(null.between + null.within / np.median(current.traces))
    quarter = np.quantile((current.values - null.mean) * side, 0.25, axis=0) + _QUARTER * (blurred - place)
    return np.divide(quarter, place, out=np.where(quarter > 0, np.inf, 0.0), where=place > 0)


def _weights(traces: NDArray[np.float64], null: TileNull) -> NDArray[np.float64]:
    """Weights of sum 1: a tile of few traces counts less, as far as traces of one place differ."""
    varied = null.between > 0
    usual = float(np.median(null.within[varied] / null.between[varied])) if varied.any() else 0.0
    weights = traces / (traces + usual)
    return np.asarray(weights / weights.sum())
