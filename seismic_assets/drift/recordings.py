"""Which files of the training were recorded alike: a new file is compared with its like.

Between surveys of 16 and of 32 Hz lies much: in the spread of both together a survey of 60 Hz is nothing special. Files
that are drift from one another are therefore kept apart; those that are not make one reference, whose spread is then
that between surveys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from seismic_assets.drift.feature_drift import feature_drift, nearest
from seismic_assets.drift.reference import MOST_ROWS, DriftReference, reference_of
from seismic_assets.drift.sample import Sample
from seismic_assets.drift.severity import Severity
from seismic_assets.drift.tiles import TILE, tiles_of

FEWEST_TILES = 12
"""Of a file that others may be told apart from."""

_ALIKE = (Severity.NONE, Severity.LOW)


def build_reference(sample: Sample, names: Sequence[str], tile_size: int = TILE) -> DriftReference:
    """The reference of the training windows, with one of each way of recording where there are several.

    Files are of one way where either is at most a little drift (`low`) from the other, or both from a third. Files too
    small to be referred to alone go with those that they are nearest to.

    Raises:
        DriftError: no window, or as many names as there are not features.
    """
    whole = reference_of(sample, names, tile_size)
    ways = _ways(sample, names, tile_size)
    if len(ways) < 2:
        return whole
    rows = MOST_ROWS // len(ways)
    return replace(whole, parts=tuple(reference_of(way, names, tile_size, rows) for way in ways))


def _ways(sample: Sample, names: Sequence[str], tile_size: int) -> list[Sample]:
    """The sample by ways of recording; none where the files are not known or too small to tell."""
    if sample.group is None:
        return []
    numbers, file = np.unique(sample.group, return_inverse=True)
    files = [sample.of_traces(file == each) for each in range(len(numbers))]
    large = [each for each, part in enumerate(files) if _tiles(part, tile_size) >= FEWEST_TILES]
    if len(large) < 2:
        return []
    references = [reference_of(files[each], names, tile_size) for each in large]
    way_of_large = _alike([files[each] for each in large], references, names)
    way = np.array(
        [
            way_of_large[large.index(each) if each in large else nearest(part, references)[0]]
            for each, part in enumerate(files)
        ]
    )
    return [sample.of_traces(way[file] == each) for each in np.unique(way)]


def _tiles(sample: Sample, tile_size: int) -> int:
    """How many tiles have windows."""
    return len(np.unique(tiles_of(sample.places, len(sample.dead), tile_size).tile[sample.trace]))


def _alike(files: Sequence[Sample], references: Sequence[DriftReference], names: Sequence[str]) -> NDArray[np.int64]:
    """The number of the way that each file was recorded in."""
    from scipy.sparse.csgraph import connected_components  # a fifth of a second, which a service need not wait

    near = np.array(
        [
            [feature_drift(file, reference, names, with_domain=False).severity in _ALIKE for reference in references]
            for file in files
        ]
    )
    return np.asarray(connected_components(near, directed=False)[1], np.int64)
