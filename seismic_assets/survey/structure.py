"""The shape of the layers: folds, an unconformity and faults, as times that bend a flat stack of beds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

# Times of structure are told for a trace of this many samples and stretch with the survey's own length ...
REFERENCE_SAMPLES = 462
# ... and its relief for a survey of this many lines: a smaller survey sees a smaller, flatter piece.
_REFERENCE_LINES = (60, 80)
_CONTROL_POINTS = 5


@dataclass(frozen=True, slots=True)
class Grid:
    """The survey's grid and how far it is stretched from the reference one.

    Attributes:
        inlines: number of inlines.
        crosslines: number of crosslines.
        samples: samples a trace.
    """

    inlines: int
    crosslines: int
    samples: int

    @property
    def stretch(self) -> float:
        """Samples of this survey for one sample of the reference trace."""
        return self.samples / REFERENCE_SAMPLES

    @property
    def relief(self) -> float:
        """Samples of relief in this survey for one sample in the reference survey."""
        extent = max(self.inlines / _REFERENCE_LINES[0], self.crosslines / _REFERENCE_LINES[1])
        return self.stretch * min(1.0, extent)

    @property
    def inline_index(self) -> NDArray[np.float32]:
        """(inlines, 1) float32: 0, 1, 2, ..."""
        return np.arange(self.inlines, dtype=np.float32)[:, None]

    @property
    def crossline_index(self) -> NDArray[np.float32]:
        """(1, crosslines) float32: 0, 1, 2, ..."""
        return np.arange(self.crosslines, dtype=np.float32)[None, :]

    @property
    def sample_index(self) -> NDArray[np.float32]:
        """(samples,) float32: 0, 1, 2, ..."""
        return np.arange(self.samples, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Structure:
    """What bends and breaks the beds; times in samples, positive downward.

    Attributes:
        upper_fold: (inlines, crosslines) float32, depth of an upper bed relative to flat.
        lower_fold: (inlines, crosslines) float32, the same below the unconformity: stronger, and tilted.
        unconformity: (inlines, crosslines) float32, time of the unconformity before faulting.
        throw: (inlines, crosslines, samples) float32, how far the faults let the lower package down.
    """

    upper_fold: NDArray[np.float32]
    lower_fold: NDArray[np.float32]
    unconformity: NDArray[np.float32]
    throw: NDArray[np.float32]

    # The faults are older than the upper package and were only partly revived: it takes a third of the throw.
    REVIVED = np.float32(0.35)

    @property
    def faulted_unconformity(self) -> NDArray[np.float32]:
        """(inlines, crosslines, samples) float32: time of the unconformity as seen from each sample."""
        return self.unconformity[:, :, None] + self.REVIVED * self.throw


def make_structure(rng: np.random.Generator, grid: Grid) -> Structure:
    """Draw folds, the unconformity and two or three faults for a grid."""
    tilt = grid.relief * rng.choice([-20.0, 20.0]) * np.linspace(-0.5, 0.5, grid.crosslines, dtype=np.float32)
    return Structure(
        upper_fold=smooth_surface(rng, grid, 8 * grid.relief),
        lower_fold=smooth_surface(rng, grid, 22 * grid.relief) + tilt.astype(np.float32),
        unconformity=210 * np.float32(grid.stretch) + smooth_surface(rng, grid, 14 * grid.relief),
        throw=_fault_throw(rng, grid),
    )


def smooth_surface(rng: np.random.Generator, grid: Grid, deviation: float) -> NDArray[np.float32]:
    """Return an undulating surface of zero mean: a cubic spline through a few random control points.

    The points lie at fixed fractions of the survey, so a seed gives the same hills at every size.

    Args:
        rng: where the control points come from.
        grid: the survey's grid.
        deviation: standard deviation of the result, samples.

    Returns:
        (inlines, crosslines) float32.
    """
    # One point beyond each edge keeps the spline's boundary condition out of the survey.
    control = rng.standard_normal((_CONTROL_POINTS + 2, _CONTROL_POINTS + 2))
    rows = 1 + np.linspace(0, _CONTROL_POINTS - 1, grid.inlines)
    columns = 1 + np.linspace(0, _CONTROL_POINTS - 1, grid.crosslines)
    surface = map_coordinates(control, np.meshgrid(rows, columns, indexing="ij"), order=3, mode="nearest")
    surface -= surface.mean()
    return (surface * (deviation / surface.std())).astype(np.float32)


def _fault_throw(rng: np.random.Generator, grid: Grid) -> NDArray[np.float32]:
    """Sum the throws of two or three planes that strike roughly along the inlines; none near the surface."""
    throw = np.zeros((grid.inlines, grid.crosslines, grid.samples), np.float32)
    from_middle = grid.inline_index - grid.inlines / 2
    from_half_depth = (grid.sample_index - grid.samples / 2) / np.float32(grid.stretch)
    faulted = grid.sample_index > 130 * grid.stretch
    for _ in range(rng.integers(2, 4)):
        trace = rng.uniform(0.1, 0.9) * grid.crosslines + rng.uniform(-0.35, 0.35) * from_middle
        lean = rng.uniform(0.03, 0.09) * rng.choice([-1, 1]) * from_half_depth
        side = (grid.crossline_index - trace).astype(np.float32)[:, :, None] > lean.astype(np.float32)
        throw += np.float32(rng.uniform(9, 26) * grid.stretch) * (side & faulted)
    return throw
