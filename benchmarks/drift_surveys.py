"""Surveys for the drift benchmark: one earth in several recordings, and where references and samples lie in it.

Features are made once a recording and cut to the traces of each sample: they are those of single traces, so that a part
has the features that it has in the whole. The embedding is therefore fitted once a survey, on traces of a reference.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from seismic_assets.attributes import Embedder, WindowGrid, feature_names, features_of, fit_embedder, usable_traces
from seismic_assets.drift import Sample
from seismic_assets.survey.spec import SurveySpec
from seismic_assets.survey.synthetic import make_survey

GRID, COMPONENTS = WindowGrid(64, 32), 32
NAMES = feature_names(COMPONENTS)
RECORDED = {"frequency": {"peak_frequency_hz": 27.2}, "noise": {"signal_to_noise": 3.0}}
GAIN, DEAD_SHARE = 1.2, 0.05
GAP, TILE, MOST_TILES = 3, 8, 256
_EMBEDDED_TRACES, _REFERENCE_SHARE = 3000, 0.7
_INTERVAL_US = 4000


class Survey:
    """Recordings of one earth, made when asked for.

    Attributes:
        seed: of the earth.
        grid: inlines and crosslines.
        block: edge of the squares that references are made of.
    """

    def __init__(self, seed: int, grid: tuple[int, int], block: int) -> None:
        """Say which earth: nothing is made yet."""
        self.seed, self.grid, self.block = seed, grid, block
        self._features: dict[str, NDArray[np.float32]] = {}
        self._healthy = self._recorded("healthy")
        self.dead = ~usable_traces(self._healthy)

    def sample(self, mask: NDArray[np.bool_], kind: str, rng: np.random.Generator) -> Sample:
        """The traces of a mask in the recording `kind`: healthy, gain, frequency, noise or dead."""
        number = np.flatnonzero(mask)
        dead = self.dead[number]
        if kind == "dead":
            dead = dead | (rng.random(len(number)) < DEAD_SHARE)
        features = self._features_of("healthy" if kind == "dead" else kind)[number[~dead]]
        trace = np.repeat(np.flatnonzero(~dead), features.shape[1])
        places = np.stack(np.divmod(number, self.grid[1]), axis=1).astype(np.float64)
        return Sample(features.reshape(-1, features.shape[2]), trace, dead, places)

    def _features_of(self, kind: str) -> NDArray[np.float32]:
        """(traces, windows, f); what stands for dead traces is asked for by nobody."""
        if kind not in self._features:
            traces = self._recorded(kind) if kind in RECORDED else self._healthy
            if kind == "gain":
                traces = traces * np.float32(GAIN)
            made = features_of(GRID.cut(traces), _INTERVAL_US, self._embedder)
            self._features[kind] = made.reshape(len(traces), -1, len(NAMES))
        return self._features[kind]

    def _recorded(self, kind: str) -> NDArray[np.float32]:
        inlines, crosslines = self.grid
        spec = SurveySpec(seed=self.seed, inlines=inlines, crosslines=crosslines, **RECORDED.get(kind, {}))
        return make_survey(spec).traces.reshape(inlines * crosslines, -1)

    @cached_property
    def _embedder(self) -> Embedder:
        rng = np.random.default_rng([102, self.seed])
        known = np.flatnonzero(squares(self.grid, self.block, _REFERENCE_SHARE, rng) & ~self.dead.reshape(self.grid))
        some = np.sort(rng.permutation(known)[:_EMBEDDED_TRACES])
        return fit_embedder([GRID.cut(self._healthy[some])], COMPONENTS)


def squares(grid: tuple[int, int], edge: int, share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """A mask of some of the squares that a survey is cut into."""
    cells = rng.random((-(-grid[0] // edge), -(-grid[1] // edge))) < share
    return np.kron(cells, np.ones((edge, edge), bool))[: grid[0], : grid[1]]


def placed(
    grid: tuple[int, int], block: int, traces: int, shape: str, rng: np.random.Generator
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Masks of the reference and of the sample: never a trace in common; but for single traces a gap between."""
    if shape == "scattered":
        reference = squares(grid, TILE, 0.35 if traces > 50_000 else 0.6, rng)
        sample = np.zeros(reference.size, bool)
        sample[rng.permutation(np.flatnonzero(~reference))[:traces]] = True
        return some_tiles(reference, rng), sample.reshape(grid)
    reference = squares(grid, block, _REFERENCE_SHARE, rng)
    sample = clustered(grid, traces, shape, rng)
    return some_tiles(reference & ~binary_dilation(sample, iterations=GAP), rng), sample


def clustered(grid: tuple[int, int], traces: int, shape: str, rng: np.random.Generator) -> NDArray[np.bool_]:
    """A mask of a rectangle, of neighbouring inlines or of separate squares with about so many traces."""
    inlines, crosslines = grid
    mask = np.zeros(grid, bool)
    while shape == "squares" and mask.sum() < traces:
        edge = int(rng.integers(8, 13))
        first, second = rng.integers(0, inlines - edge + 1), rng.integers(0, crosslines - edge + 1)
        mask[first : first + edge, second : second + edge] = True
    if shape == "squares":
        return mask
    if shape == "rectangle":
        wanted = round(np.sqrt(traces * np.exp(rng.uniform(-0.7, 0.7))))
        height = int(np.clip(wanted, -(-traces // crosslines), inlines))
        width = min(crosslines, max(1, round(traces / height)))
    else:
        height = max(1, round(traces / crosslines))
        width = min(crosslines, traces // height)
    first, second = rng.integers(0, inlines - height + 1), rng.integers(0, crosslines - width + 1)
    mask[first : first + height, second : second + width] = True
    return mask


def some_tiles(mask: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.bool_]:
    """At most `MOST_TILES` tiles of the reference: no more are kept of it."""
    first, second = np.indices(mask.shape) // TILE
    tile = first * (second.max() + 1) + second
    return mask & np.isin(tile, rng.permutation(np.unique(tile[mask]))[:MOST_TILES])
