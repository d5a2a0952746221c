"""Means of quantities over tiles, and how much traces of one tile differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seismic_assets.drift.sample import Sample
from seismic_assets.drift.scores import Bins
from seismic_assets.drift.tiles import TILE, Tiling, tiles_of


@dataclass(frozen=True)
class TileMeans:
    """q quantities of b tiles.

    Attributes:
        values: (b, q) float64, mean over a tile's traces.
        traces: (b,) float64, traces with features.
        centres: (b, 2) float64, trace steps.
        within: (q,) float64, variance among the traces of a tile.
        placed: whether the centres are known.
    """

    values: NDArray[np.float64]
    traces: NDArray[np.float64]
    centres: NDArray[np.float64]
    within: NDArray[np.float64]
    placed: bool = True

    @property
    def count(self) -> int:
        """Number of tiles."""
        return len(self.traces)


@dataclass(frozen=True)
class ScoredSample:
    """What is kept of a sample after one pass over its columns.

    Attributes:
        tiling: of its traces.
        means: of 2 f quantities: the f mean scores, then the f mean squared scores.
        shares: (f, k) float64, share of the windows in each bin.
    """

    tiling: Tiling
    means: TileMeans
    shares: NDArray[np.float64]


def score_sample(sample: Sample, bins: Bins, size: int = TILE) -> ScoredSample:
    """Scores of a sample, tile by tile; one column at a time, so that memory does not grow with their number."""
    tiling = tiles_of(sample.places, len(sample.dead), size)
    count = sample.features.shape[1]
    per_trace = np.bincount(sample.trace, minlength=len(sample.dead))
    heard = per_trace > 0
    weight = 1.0 / np.maximum(per_trace, 1)
    values = np.empty((2 * count, int(heard.sum())))
    shares = np.empty((count, bins.scores.shape[1]))
    for feature in range(count):
        codes = bins.codes(sample.features[:, feature], feature)
        shares[feature] = np.bincount(codes, minlength=bins.scores.shape[1]) / max(len(codes), 1)
        scores = bins.scores[feature][codes]
        for row, powers in ((feature, scores), (count + feature, scores**2)):
            values[row] = (np.bincount(sample.trace, powers, minlength=len(sample.dead)) * weight)[heard]
    return ScoredSample(tiling, means_over(values, tiling, heard), shares)


def means_over(values: NDArray[np.float64], tiling: Tiling, heard: NDArray[np.bool_]) -> TileMeans:
    """Means over tiles of the (q, h) values of the h traces that have any; tiles without one are left out."""
    tile = tiling.tile[heard]
    traces = np.bincount(tile, minlength=tiling.count).astype(np.float64)
    some = traces > 0
    sums = np.stack([np.bincount(tile, row, minlength=tiling.count) for row in values])
    squares = np.array([np.dot(row, row) for row in values])
    means = sums[:, some] / traces[some]
    inside = np.clip(squares - (means**2) @ traces[some], 0, None)
    within = inside / max(float(traces[some].sum() - some.sum()), 1.0)
    return TileMeans(means.T, traces[some], tiling.centres[some], within, tiling.placed)
