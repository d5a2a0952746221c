"""Tiles: squares of neighbouring traces, the units that statistics are computed over.

Neighbouring traces are nearly the same trace: a thousand of them are no thousand observations. What varies from tile to
tile is what varies from place to place in a healthy survey.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TILE = 8
"""Trace steps along the edge of a tile."""


@dataclass(frozen=True)
class Tiling:
    """Which tile each of n traces is in.

    Attributes:
        tile: (n,) int64, 0 to b - 1.
        centres: (b, 2) float64, the mean place of a tile's traces in trace steps.
        placed: whether places are known; where not, the centres tell the order of the traces only.
    """

    tile: NDArray[np.int64]
    centres: NDArray[np.float64]
    placed: bool

    @property
    def count(self) -> int:
        """Number of tiles."""
        return len(self.centres)


def tiles_of(places: NDArray[np.float64] | None, traces: int, size: int = TILE) -> Tiling:
    """Cut traces into squares of `size` steps a side; without places into runs of size^2 traces in their order."""
    if places is None:
        tile = np.arange(traces, dtype=np.int64) // (size * size)
        along = size * np.arange(int(tile.max(initial=-1)) + 1, dtype=np.float64)
        return Tiling(tile, np.stack([np.zeros_like(along), along], axis=1), placed=False)
    cells = np.floor(places / size).astype(np.int64)
    _, tile = np.unique(cells, axis=0, return_inverse=True)
    tile = tile.reshape(-1).astype(np.int64)
    counts = np.bincount(tile)
    centres = np.stack([np.bincount(tile, places[:, axis]) / counts for axis in (0, 1)], axis=1)
    return Tiling(tile, centres, placed=True)
