"""The training reference: what a bundle keeps so that later windows can be compared with those of training.

It should hold all windows of the training and validation traces, not the labelled ones alone: a new file brings all of
its windows too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seismic_assets.drift.domain import Domain
from seismic_assets.drift.effect import percentiles_of
from seismic_assets.drift.errors import DriftError
from seismic_assets.drift.null import TileNull, fit_null
from seismic_assets.drift.sample import Sample
from seismic_assets.drift.scores import Bins, fit_bins, scores_of
from seismic_assets.drift.tile_means import TileMeans, score_sample
from seismic_assets.drift.tiles import TILE, tiles_of

MOST_TILES = 256
MOST_ROWS = 4096
FORMAT = 1
_PART = "part{}/"


@dataclass(frozen=True)
class DriftReference:
    """Statistics of the training windows: f features, b tiles, r rows.

    Attributes:
        names: f feature names.
        tile_size: trace steps along the edge of a tile.
        windows: number of windows that the statistics are of.
        bins: of each feature.
        percentiles: (f, 99) float64, 1 to 99.
        deviation: (f,) float64.
        means: of 2 f quantities over the tiles, see `ScoredSample`.
        dead: (b', 2) float64, dead and all traces of each tile that was looked at.
        rows: (r, f) uint8, the bins of single windows, for the domain classifier.
        row_tile: (r,) int64, the tile of each, 0 to b - 1.
        parts: where files were recorded in ways that are drift from one another, a reference of each way; else none.
    """

    names: tuple[str, ...]
    tile_size: int
    windows: int
    bins: Bins
    percentiles: NDArray[np.float64]
    deviation: NDArray[np.float64]
    means: TileMeans
    dead: NDArray[np.float64]
    rows: NDArray[np.uint8]
    row_tile: NDArray[np.int64]
    parts: tuple[DriftReference, ...] = ()

    @cached_property
    def null(self) -> TileNull:
        """What is healthy."""
        return fit_null(self.means)

    @cached_property
    def domain(self) -> Domain:
        """The reference's side of the test of all features together."""
        return Domain(self.rows, self.row_tile, self.means.centres, self.bins)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """All of it as arrays for an .npz file that is read without pickle: 300 kB for 40 features, with parts 600."""
        own = {
            "format": np.array([FORMAT, self.tile_size, self.windows], dtype=np.int64),
            "names": np.array(self.names),
            "edges": self.bins.edges,
            "shares": self.bins.shares.astype(np.float32),
            "percentiles": self.percentiles.astype(np.float32),
            "deviation": self.deviation,
            "values": self.means.values.astype(np.float32),
            "traces": self.means.traces.astype(np.float32),
            "centres": self.means.centres.astype(np.float32),
            "within": self.means.within,
            "dead": self.dead.astype(np.float32),
            "rows": self.rows,
            "row_tile": self.row_tile.astype(np.uint16),
        }
        return own | {
            _PART.format(number) + name: array
            for number, part in enumerate(self.parts)
            for name, array in part.to_arrays().items()
        }


def reference_of(
    sample: Sample, names: Sequence[str], tile_size: int = TILE, most_rows: int = MOST_ROWS
) -> DriftReference:
    """The reference of windows of one kind; of more than 256 tiles so many are taken, evenly in their order.

    Raises:
        DriftError: no window, or as many names as there are not features.
    """
    if sample.features.shape[1] != len(names):
        raise DriftError(f"{len(names)} names do not fit {sample.features.shape[1]} features: give one each")
    if len(sample.features) == 0:
        raise DriftError("there is no training window to refer to: label more traces")
    some = in_some_tiles(sample, tile_size)
    features, bins = some.features, fit_bins(some.features)
    scored = score_sample(some, bins, tile_size)
    rows = np.linspace(0, len(features) - 1, min(most_rows, len(features))).astype(np.int64)
    codes = np.stack([bins.codes(features[rows, each], each) for each in range(len(names))], axis=1)
    heard = np.unique(scored.tiling.tile[some.trace])
    return DriftReference(
        names=tuple(names),
        tile_size=tile_size,
        windows=len(features),
        bins=bins,
        percentiles=percentiles_of(features),
        deviation=np.array([column.std(dtype=np.float64) for column in features.T]),
        means=scored.means,
        dead=dead_of_tiles(sample, tile_size),
        rows=codes.astype(np.uint8),
        row_tile=np.searchsorted(heard, scored.tiling.tile[some.trace[rows]]),
    )


def reference_from_arrays(arrays: Mapping[str, NDArray[Any]]) -> DriftReference:
    """What `to_arrays` gave.

    Raises:
        DriftError: an array is missing, or of another format.
    """
    try:
        number, tile_size, windows = (int(each) for each in arrays["format"])
        if number != FORMAT:
            raise DriftError(f"the drift reference has format {number}, this version reads {FORMAT}: train again")
        shares = arrays["shares"].astype(np.float64)
        means = TileMeans(
            arrays["values"].astype(np.float64),
            arrays["traces"].astype(np.float64),
            arrays["centres"].astype(np.float64),
            arrays["within"],
        )
        return DriftReference(
            names=tuple(str(name) for name in arrays["names"]),
            tile_size=tile_size,
            windows=windows,
            bins=Bins(arrays["edges"], shares, scores_of(shares)),
            percentiles=arrays["percentiles"].astype(np.float64),
            deviation=arrays["deviation"],
            means=means,
            dead=arrays["dead"].astype(np.float64),
            rows=arrays["rows"],
            row_tile=arrays["row_tile"].astype(np.int64),
            parts=tuple(_parts_from(arrays)),
        )
    except KeyError as error:
        raise DriftError(f"the drift reference lacks {error.args[0]}: train again") from error


def dead_of_tiles(sample: Sample, tile_size: int) -> NDArray[np.float64]:
    """Dead and all traces of each tile, (b, 2); of more than 4,096 tiles so many, evenly."""
    tile = tiles_of(sample.places, len(sample.dead), tile_size).tile
    counts = np.stack([np.bincount(tile, sample.dead), np.bincount(tile)], axis=1)
    if len(counts) > MOST_ROWS:
        counts = counts[np.linspace(0, len(counts) - 1, MOST_ROWS).astype(np.int64)]
    return counts.astype(np.float64)


def in_some_tiles(sample: Sample, tile_size: int) -> Sample:
    """The windows of at most `MOST_TILES` tiles."""
    tile = tiles_of(sample.places, len(sample.dead), tile_size).tile
    heard = np.unique(tile[sample.trace])
    if len(heard) <= MOST_TILES:
        return sample
    chosen = heard[np.linspace(0, len(heard) - 1, MOST_TILES).astype(np.int64)]
    kept = np.isin(tile[sample.trace], chosen)
    return Sample(sample.features[kept], sample.trace[kept], sample.dead, sample.places)


def _parts_from(arrays: Mapping[str, NDArray[Any]]) -> Iterator[DriftReference]:
    """References of an earlier version have none."""
    for number in count():
        prefix = _PART.format(number)
        own = {name.removeprefix(prefix): arrays[name] for name in arrays if name.startswith(prefix)}
        if not own:
            return
        yield reference_from_arrays(own)
