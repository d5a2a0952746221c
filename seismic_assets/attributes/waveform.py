"""Attributes of the course of a window: how its strength lies in time, and its strongest event."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seismic_assets.attributes.unit import UnitWindows

PARTS, QUARTERS = 6, 4
LAGS = (-4, -3, -2, -1, 1, 2, 3, 4)
WAVEFORM: tuple[str, ...] = (
    *(f"rms_{part}" for part in range(PARTS)),
    *(f"roughness_{quarter}" for quarter in range(QUARTERS)),
    "peak_height",
    "trough_height",
    "peak_position",
    "trough_position",
    "event_rival",
    *(f"event_{'before' if lag < 0 else 'after'}_{abs(lag)}" for lag in LAGS),
)
# A quarter that is all but silent beside the rest has the roughness of what little is there damped.
QUIET = 1e-3


def fill_waveform(unit: UnitWindows, out: NDArray[np.float32]) -> None:
    """The attributes of `WAVEFORM`; none depends on the gain. u is the window over its rms.

    - rms_0 .. rms_5: windowed root mean square of u in six equal parts, as near as whole samples come.
    - roughness_0 .. roughness_3: by quarter, sqrt(mean((u[t+1] - u[t])^2) / (mean(u^2) + 0.001)), both within the
      quarter: near 2 pi f dt for one low frequency f (the mobility of Hjorth, EEG analysis based on time domain
      properties, Electroencephalogr. Clin. Neurophysiol. 29, 1970).
    - peak_height, trough_height: max(u) and -min(u).
    - peak_position, trough_position: where they are, the first of equal ones, 0 at the first sample, 1 at the last.
    - event_rival: the largest |u| farther than an eighth of the window, at least 3 samples, from the strongest sample,
      over that sample: 0 for a lone event, 1 where another is as strong.
    - event_before_4 .. event_after_4: u so many samples before and after the strongest sample, with the sign that makes
      that positive; beyond the window, its end sample. The shape of the strongest reflection, wherever it lies.

    The strongest sample is the peak, or the trough where that is deeper. A silent window has 0 everywhere; in one that
    does not vary rms, rival, event and the height of its sign are 1, the other height is -1, the rest 0. Against a
    float64 reference all agree to 1e-5 of the largest |u|; but places and event are free where two samples are as near.

    Args:
        unit: m windows of n samples, n >= 8.
        out: (len(WAVEFORM), m) float32, written.
    """
    samples, num_samples = unit.samples, unit.samples.shape[1]
    every = np.arange(len(samples))
    square = samples**2
    step = np.diff(samples, axis=1)
    step *= step
    heights, positions = PARTS + QUARTERS, PARTS + QUARTERS + 2
    np.sqrt((square @ part_means(num_samples, PARTS)).T, out=out[:PARTS])
    quarter = square @ part_means(num_samples, QUARTERS) + np.float32(QUIET)
    np.sqrt((step @ step_means(num_samples) / quarter).T, out=out[PARTS:heights])

    peak, trough = samples[every, unit.highest], samples[every, unit.lowest]
    out[heights], out[heights + 1] = peak, -trough
    out[positions], out[positions + 1] = unit.highest / (num_samples - 1), unit.lowest / (num_samples - 1)

    upward = peak >= -trough
    strongest = np.where(upward, unit.highest, unit.lowest)
    size = np.where(upward, peak, -trough)
    out[positions + 2] = _rival(square, strongest) / np.where(size > 0, size, 1)
    beside = np.clip(strongest[:, None] + np.array(LAGS), 0, num_samples - 1)
    event = np.take_along_axis(samples, beside, axis=1)
    out[positions + 3 :] = np.where(upward[:, None], event, -event).T


def _rival(square: NDArray[np.float32], strongest: NDArray[np.int64]) -> NDArray[np.float32]:
    """The largest |u| apart from the strongest event; `square`, u^2, is used up."""
    num_samples = square.shape[1]
    reach = max(3, num_samples // 8)
    near = np.clip(strongest[:, None] + np.arange(-reach, reach + 1), 0, num_samples - 1)
    np.put_along_axis(square, near, 0, axis=1)
    return np.asarray(np.sqrt(square.max(axis=1)))


def part_means(num_samples: int, parts: int) -> NDArray[np.float32]:
    """(num_samples, parts) float32: the product with samples is their mean in each part."""
    part = _part_of(num_samples, parts)
    return np.asarray((part[:, None] == np.arange(parts)) / np.bincount(part, minlength=parts), dtype=np.float32)


def step_means(num_samples: int) -> NDArray[np.float32]:
    """(num_samples - 1, quarters) float32: the same for the steps between samples of one quarter."""
    part = _part_of(num_samples, QUARTERS)
    within = (part[1:, None] == np.arange(QUARTERS)) & (part[1:] == part[:-1])[:, None]
    return np.asarray(within / within.sum(axis=0), dtype=np.float32)


def _part_of(num_samples: int, parts: int) -> NDArray[np.int64]:
    """The part, 0 .. parts - 1, that each sample lies in."""
    return np.arange(num_samples, dtype=np.int64) * parts // num_samples
