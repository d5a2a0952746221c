"""What lies in the layers and does not belong to them: gas in the crests, and a chaotic body."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from seismic_assets.survey.structure import Grid, Structure

# Of this many random places the highest takes the gas: gas rises into the crests of the folds.
_CREST_CANDIDATES = 4
_CHAOTIC_IMPEDANCE = 8600.0
_CHAOTIC_CONTRAST = 0.6
_CHAOTIC_GRAIN = (1.2, 1.2, 2.0)


def add_gas(
    rng: np.random.Generator, grid: Grid, structure: Structure, impedance: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Put three to five gas lenses into crests, each lowering the impedance by 18 to 35 percent, in place.

    A lens follows its beds and is 10 to 26 samples thick at its centre; longer traces hold more of them.

    Args:
        rng: where the lenses' places and sizes come from.
        grid: the survey's grid.
        structure: the folds whose crests trap the gas.
        impedance: (inlines, crosslines, samples) float32, changed in place.

    Returns:
        (inlines, crosslines, samples) bool: where there is gas.
    """
    gas = np.zeros(impedance.shape, bool)
    for _ in range(round(rng.integers(3, 6) * max(1.0, grid.stretch))):
        lens = _gas_lens(rng, grid, structure)
        impedance[lens] *= np.float32(1 - rng.uniform(0.18, 0.35))
        gas |= lens
    return gas


def add_chaotic_body(
    rng: np.random.Generator, grid: Grid, impedance: NDArray[np.float32]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Put one dome without bedding, such as salt or a slump, at the base of the survey, in place.

    Args:
        rng: where its place, size and texture come from.
        grid: the survey's grid.
        impedance: (inlines, crosslines, samples) float32, changed in place.

    Returns:
        Two (inlines, crosslines, samples) bool volumes: the body, and its roof, two samples thick.
    """
    distance = _ellipse(grid, rng.uniform(0.2, 0.8, 2), rng.uniform(0.13, 0.23, 2))
    # Sampled at whole traces, a dome between the traces of a very small survey would be missed.
    distance = distance - distance.min()
    roof = rng.uniform(0.61, 0.78) * grid.samples + 60 * grid.stretch * distance
    body = (distance[:, :, None] < 1) & (grid.sample_index > roof[:, :, None])
    texture = gaussian_filter(rng.standard_normal(impedance.shape, dtype=np.float32), _CHAOTIC_GRAIN)
    impedance[body] = _CHAOTIC_IMPEDANCE * np.exp(_CHAOTIC_CONTRAST * texture[body])
    edge = np.zeros_like(body)
    change = body[:, :, 1:] != body[:, :, :-1]
    edge[:, :, 1:] |= change
    edge[:, :, :-1] |= change
    return body, edge


def _gas_lens(rng: np.random.Generator, grid: Grid, structure: Structure) -> NDArray[np.bool_]:
    depth = rng.uniform(0.2, 0.87) * grid.samples
    places = rng.uniform(0, 1, (_CREST_CANDIDATES, 2))
    radii = rng.uniform((0.10, 0.10), (0.27, 0.25))
    half_thickness = rng.uniform(5, 13)
    fold = structure.upper_fold if depth < structure.unconformity.mean() else structure.lower_fold
    rows, columns = (places * fold.shape).astype(int).T
    crest = int(np.argmin(fold[rows, columns]))
    row, column = rows[crest], columns[crest]
    distance = _ellipse(grid, np.array([row / grid.inlines, column / grid.crosslines]), radii)
    centre = (depth + fold - fold[row, column]).astype(np.float32)
    thickness = (half_thickness * np.sqrt(np.clip(1 - distance, 0, 1))).astype(np.float32)
    lens: NDArray[np.bool_] = np.abs(grid.sample_index - centre[:, :, None]) < thickness[:, :, None]
    return lens


def _ellipse(grid: Grid, centre: NDArray[np.float64], radii: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the squared distance from a centre, 1 on the ellipse; centre and radii are shares of the survey."""
    rows = (grid.inline_index - centre[0] * grid.inlines) / max(radii[0] * grid.inlines, 1.5)
    columns = (grid.crossline_index - centre[1] * grid.crosslines) / max(radii[1] * grid.crosslines, 1.5)
    squared: NDArray[np.float32] = (rows**2 + columns**2).astype(np.float32)
    return squared
