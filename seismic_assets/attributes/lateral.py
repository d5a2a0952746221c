"""Lateral attributes: how a window resembles the same window of the traces around it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seismic_assets.attributes.unit import SILENCE

_PARTS = 4
LATERAL: tuple[str, ...] = (
    "semblance",
    "semblance_minimum",
    *(f"semblance_{part}" for part in range(_PARTS)),
    "gradient_inline",
    "gradient_crossline",
    "dip_inline",
    "dip_crossline",
    "dip_magnitude",
    "unexplained_inline",
    "unexplained_crossline",
    "amplitude_contrast",
    "amplitude_variation",
    "neighbours",
)

# The places around a trace in (inline, crossline) steps, in the order that `neighbour_rows` and `lateral` share.
NEIGHBOURS: tuple[tuple[int, int], ...] = ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))
_ALONG_INLINE_NUMBERS = (NEIGHBOURS.index((-1, 0)), NEIGHBOURS.index((1, 0)))
_ALONG_CROSSLINE_NUMBERS = (NEIGHBOURS.index((0, -1)), NEIGHBOURS.index((0, 1)))
_NOTHING = 1e-30  # in samples over the largest, squared
_BLOCK_SAMPLES = 1 << 18  # float32 of a window and its eight neighbours: a megabyte, which stays in the cache


def lateral(
    windows: NDArray[np.float32], neighbours: NDArray[np.float32], present: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """The lateral attributes of each window x of n samples, in the order of `LATERAL`.

    - semblance: sum_t (sum_j u_j)^2 / (J sum_t sum_j u_j^2) over the J traces that are present, the window's own among
      them (Marfurt, Kirlin, Farmer & Bahorich, 3-D seismic attributes using a semblance-based coherency algorithm,
      Geophysics 63, 1998, at zero dip); 1 for equal traces, about 1 / J for noise. 1 without a neighbour, and where all
      traces are silent.
    - semblance_0 .. semblance_3, semblance_minimum: of the window's four quarters, and the smallest of them.
    - gradient_inline, gradient_crossline: rms of the difference of amplitude g per trace towards the next inline or
      crossline number, over the rms of x. Central, (u_+1 - u_-1) / 2; towards the one neighbour where the other is
      missing; 0 where both are, and where x is silent.
    - dip_inline, dip_crossline: -sum(g x') / sum(x'^2) in samples per trace, later positive, x' the derivative of x in
      time: the one plane wave that explains g best in least squares (Claerbout, Earth Soundings Analysis, 1992,
      chapter 4); within +-n, and 0 where x does not vary.
    - dip_magnitude: sqrt(dip_inline^2 + dip_crossline^2), samples per trace.
    - unexplained_inline, unexplained_crossline: rms of g + dip x' over the rms of x: the gradient that no dip explains.
    - amplitude_contrast: (own - other) / (own + other) with the rms of x and the mean of the neighbours' rms: 0 where
      they are equal or there is no neighbour, 1 where all of those are silent.
    - amplitude_variation: standard deviation of the neighbours' rms over their mean; 0 without a neighbour or where
      all are silent.
    - neighbours: number of neighbours present, 0 to 8.

    No attribute depends on the gain of the survey. What is below 1e-15 of the largest sample of the nine traces counts
    as silent. Sums are taken in float32: against a float64 reference values agree to 1e-4 relative, or 1e-5 where a
    difference of traces cancels.

    Cost: about 6 times that of the handcrafted eight, of the order of 15,000 traces/s on one thread for traces of 462
    samples in windows of 64 every 32 (200,000 windows/s); `python -m benchmarks.attributes` measures it.

    Args:
        windows: (m, n) float32, finite, n >= 4.
        neighbours: (m, 8, n) float32, the same samples of the traces at `NEIGHBOURS`.
        present: (m, 8) bool; where it is False the neighbour's samples are not looked at and may be anything.

    Returns:
        (m, len(LATERAL)) float32.
    """
    result = np.empty((len(windows), len(LATERAL)), dtype=np.float32)
    rows = max(1, _BLOCK_SAMPLES // max(9 * windows.shape[1], 1))
    for start in range(0, len(windows), rows):
        block = slice(start, start + rows)
        _fill(windows[block], neighbours[block], present[block], result[block])
    return result


def neighbour_rows(inline: NDArray[np.integer[Any]], crossline: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Row of each neighbour of each trace, in the order of `NEIGHBOURS`, and -1 where there is none.

    A step is the smallest difference between the survey's own numbers, in either direction by itself: a survey with
    every second crossline has neighbours too. Of traces with the same numbers the first is the neighbour.

    Args:
        inline, crossline: (n,) integers.

    Returns:
        (n, 8) int64; memory and time grow with the traces, not with the survey's rectangle.
    """
    (line, lines), (place, places) = (_steps(np.asarray(numbers, dtype=np.int64)) for numbers in (inline, crossline))
    # Ranks, not numbers: these are 32 bits each, and a product of their ranges would leave 64.
    keys = line * len(places) + place
    known, first = np.unique(keys, return_index=True)
    rows = np.full((len(keys), len(NEIGHBOURS)), -1, dtype=np.int64)
    for column, (step_inline, step_crossline) in enumerate(NEIGHBOURS):
        to_line, to_place = lines[line, 1 + step_inline], places[place, 1 + step_crossline]
        there = np.flatnonzero((to_line >= 0) & (to_place >= 0))
        wanted = to_line[there] * len(places) + to_place[there]
        found = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
        rows[there, column] = np.where(known[found] == wanted, first[found], -1)
    return rows


def _steps(numbers: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rank of each number, and by rank those of the numbers one step below, at and one step above; -1 for none."""
    values, rank = np.unique(numbers, return_inverse=True)
    step = int(np.diff(values).min()) if len(values) > 1 else 1
    wanted = values[:, None] + np.array([-step, 0, step])
    found = np.clip(np.searchsorted(values, wanted), 0, max(len(values) - 1, 0))
    return rank, np.where(values[found] == wanted, found, -1) if len(values) else found


def _fill(
    windows: NDArray[np.float32],
    neighbours: NDArray[np.float32],
    present: NDArray[np.bool_],
    out: NDArray[np.float32],
) -> None:
    around = np.where(present[:, :, None], neighbours, np.float32(0))
    peak = np.maximum(np.abs(windows).max(axis=1), np.abs(around).max(axis=(1, 2)))
    # Squares of 1e15 and of 1e-30 would leave float32.
    factor = 1 / np.where(peak > SILENCE, peak, np.float32(np.inf))
    own = np.asarray(windows * factor[:, None], dtype=np.float32)
    around *= factor[:, None, None]
    traces = 1 + np.count_nonzero(present, axis=1)

    stack = own + around.sum(axis=1)
    coherent = stack**2
    energies = np.asarray(around**2, dtype=np.float32)
    total = own**2 + energies.sum(axis=1)
    quarters = _semblance(coherent, total, traces, _PARTS)
    out[:, 0] = _semblance(coherent, total, traces, 1)[:, 0]
    out[:, 1] = quarters.min(axis=1)
    out[:, 2 : 2 + _PARTS] = quarters
    _fill_changes(own, around, present, out[:, 2 + _PARTS : 9 + _PARTS])
    _fill_amplitudes(own, energies, present, out[:, 9 + _PARTS : 11 + _PARTS])
    out[:, -1] = traces - 1


def _semblance(
    coherent: NDArray[np.float32], total: NDArray[np.float32], traces: NDArray[np.int64], parts: int
) -> NDArray[np.float64]:
    edges = np.arange(parts) * coherent.shape[1] // parts
    above = np.add.reduceat(coherent, edges, axis=1)
    below = np.add.reduceat(total, edges, axis=1) * traces[:, None].astype(np.float64)
    return np.where(below > _NOTHING, _ratio(above, below), 1.0)


def _fill_changes(
    own: NDArray[np.float32], around: NDArray[np.float32], present: NDArray[np.bool_], out: NDArray[np.float32]
) -> None:
    """The gradients, the dips and what these leave of the gradients: (m, 7), in the order of `LATERAL`."""
    energy = np.einsum("ij,ij->i", own, own)
    slope = np.gradient(own, axis=1)
    steepness = np.einsum("ij,ij->i", slope, slope)
    for column, sides in enumerate((_ALONG_INLINE_NUMBERS, _ALONG_CROSSLINE_NUMBERS)):
        gradient = _gradient(own, around, present, sides)
        dip = np.clip(-_ratio(np.einsum("ij,ij->i", gradient, slope), steepness), -own.shape[1], own.shape[1])
        out[:, column] = np.sqrt(_ratio(np.einsum("ij,ij->i", gradient, gradient), energy))
        out[:, 2 + column] = dip
        gradient += dip[:, None] * slope
        out[:, 5 + column] = np.sqrt(_ratio(np.einsum("ij,ij->i", gradient, gradient), energy))
    out[:, 4] = np.hypot(out[:, 2], out[:, 3])


def _gradient(
    own: NDArray[np.float32], around: NDArray[np.float32], present: NDArray[np.bool_], sides: tuple[int, int]
) -> NDArray[np.float32]:
    """(m, n) difference per trace between the two sides, the window itself in the place of one that is missing."""
    before, after = (np.where(present[:, side, None], around[:, side], own) for side in sides)
    steps = np.maximum(np.count_nonzero(present[:, sides], axis=1), 1)
    return np.asarray((after - before) / steps.astype(np.float32)[:, None], dtype=np.float32)


def _fill_amplitudes(
    own: NDArray[np.float32], energies: NDArray[np.float32], present: NDArray[np.bool_], out: NDArray[np.float32]
) -> None:
    """Contrast and variation of the rms: (m, 2)."""
    count = np.count_nonzero(present, axis=1)
    number = np.maximum(count, 1)
    rms = np.sqrt(np.einsum("ij,ij->i", own, own) / np.float32(own.shape[1]))
    beside = np.sqrt(energies.mean(axis=2))
    mean = np.where(present, beside, 0).sum(axis=1) / number
    away = np.where(present, beside - mean[:, None], 0)
    out[:, 0] = np.where(count > 0, _ratio(rms - mean, rms + mean), 0)
    out[:, 1] = _ratio(np.sqrt(np.square(away).sum(axis=1) / number), mean)


def _ratio(above: NDArray[Any], below: NDArray[Any]) -> NDArray[Any]:
    """above / below, 0 where below is as good as nothing."""
    there = below > _NOTHING
    return np.where(there, above / np.where(there, below, 1), 0)
