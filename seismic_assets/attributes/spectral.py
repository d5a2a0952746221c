"""Attributes of the amplitude spectrum of a window."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seismic_assets.attributes.unit import UnitWindows

_BANDS = 6
SPECTRAL: tuple[str, ...] = (
    "spectral_centroid",
    "spectral_bandwidth",
    *(f"band_energy_{band}" for band in range(_BANDS)),
)


def fill_spectral(unit: UnitWindows, sample_interval_us: int, out: NDArray[np.float32]) -> None:
    """The attributes of `SPECTRAL`, from the power P = |FFT(x)|^2 of the bins 1 .. n // 2 at the frequencies f.

    - spectral_centroid: sum(P f) / sum(P), Hz.
    - spectral_bandwidth: sqrt(sum(P (f - centroid)^2) / sum(P)), Hz: the standard deviation about the centroid
      (Barnes, Instantaneous spectral bandwidth and dominant frequency, Geophysics 58, 1993).
    - band_energy_0 .. band_energy_5: share of sum(P) in the six equal bands up to the Nyquist frequency; a bin on an
      edge counts to the lower band.

    All are 0 where the window does not vary. Shares agree with a float64 reference to 1e-5, frequencies to 1e-5 of the
    Nyquist frequency.

    Args:
        unit: m windows of n samples.
        sample_interval_us: microseconds.
        out: (len(SPECTRAL), m) float32, written.
    """
    num_samples = unit.samples.shape[1]
    spectrum = unit.spectrum[:, 1:]
    power = spectrum.real**2
    power += spectrum.imag**2
    total = power.sum(axis=1)
    power *= (1 / np.where(total > 0, total, np.float32(np.inf)))[:, None]
    share = np.arange(1, num_samples // 2 + 1) * (2 / num_samples)  # of the Nyquist frequency
    nyquist = 0.5e6 / sample_interval_us
    centroid = power @ share.astype(np.float32)
    away = share.astype(np.float32) - centroid[:, None]
    out[0] = centroid * nyquist
    out[1] = np.sqrt(np.einsum("ij,ij,ij->i", power, away, away)) * nyquist
    out[2:] = (power @ band_members(share)).T


def band_members(share: NDArray[np.float64]) -> NDArray[np.float32]:
    """(bins, bands) float32: 1 where a bin lies in a band."""
    band = np.ceil(share * _BANDS - 1e-9).astype(int) - 1
    return np.asarray(band[:, None] == np.arange(_BANDS), dtype=np.float32)
