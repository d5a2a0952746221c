"""From impedance to a seismogram: reflectivity, and a Ricker wavelet that loses frequency with depth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import convolve1d

# Absorption: the wavelet's peak frequency, relative to the nominal one, at the top, half way down and at the base.
_FREQUENCY_AT_DEPTH = (1.15, 1.0, 0.78)
_HALF_LENGTH_PERIODS = 1.5


def ricker(peak_frequency_hz: float, sample_interval_s: float) -> NDArray[np.float32]:
    """Return a zero-phase Ricker wavelet of unit peak, 1.5 periods to either side.

    Args:
        peak_frequency_hz: hertz.
        sample_interval_s: seconds.

    Returns:
        (2 k + 1,) float32, symmetric, its peak in the middle.
    """
    half = int(np.ceil(_HALF_LENGTH_PERIODS / (peak_frequency_hz * sample_interval_s)))
    argument = (np.pi * peak_frequency_hz * np.arange(-half, half + 1) * sample_interval_s) ** 2
    return ((1 - 2 * argument) * np.exp(-argument)).astype(np.float32)


def reflectivity(impedance: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the normal-incidence reflection coefficients of (..., samples) impedances.

    Sample k holds the reflection between samples k - 1 and k; sample 0 holds 0. Same shape, float32.
    """
    above, below = impedance[..., :-1], impedance[..., 1:]
    coefficients = np.zeros(impedance.shape, np.float32)
    coefficients[..., 1:] = (below - above) / (below + above)
    return coefficients


def seismogram(
    coefficients: NDArray[np.float32], peak_frequency_hz: float, sample_interval_s: float
) -> NDArray[np.float32]:
    """Convolve reflection coefficients with a wavelet whose frequency falls with depth.

    Three wavelets (1.15, 1 and 0.78 of the nominal frequency at the top, the middle and the base) are blended
    linearly, so that no seam shows.

    Args:
        coefficients: (..., samples) float32.
        peak_frequency_hz: hertz, at half depth.
        sample_interval_s: seconds.

    Returns:
        (..., samples) float32 amplitudes.
    """
    depth = np.linspace(0, 1, coefficients.shape[-1], dtype=np.float32)
    weights = (np.clip(1 - 2 * depth, 0, 1), 1 - np.abs(2 * depth - 1), np.clip(2 * depth - 1, 0, 1))
    amplitudes = np.zeros_like(coefficients)
    for ratio, weight in zip(_FREQUENCY_AT_DEPTH, weights, strict=True):
        wavelet = ricker(peak_frequency_hz * ratio, sample_interval_s)
        amplitudes += convolve1d(coefficients * weight, wavelet, axis=-1, mode="constant")
    return amplitudes
