"""Attributes of the analytic signal: envelope, frequency from sample to sample, sweetness, response."""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from seismic_assets.attributes.unit import UnitWindows

ANALYTIC: tuple[str, ...] = (
    "envelope_mean",
    "envelope_max",
    "envelope_variation",
    "envelope_peak_position",
    "instantaneous_frequency",
    "frequency_spread",
    "sweetness",
    "response_frequency",
    "response_phase",
)


def quadrature(spectrum: NDArray[np.complex64], num_samples: int) -> NDArray[np.float32]:
    """The Hilbert transform of (m, num_samples) windows, from their (m, num_samples // 2 + 1) `rfft`.

    Every component turned by 90 degrees; the bins of frequency 0 and of the Nyquist frequency have no quadrature. With
    the window as real part it makes the analytic signal, as `scipy.signal.hilbert` does.
    """
    turned = spectrum * np.complex64(-1j)
    turned[:, 0] = 0
    if num_samples % 2 == 0:
        turned[:, -1] = 0
    return np.asarray(scipy.fft.irfft(turned, num_samples, axis=1))


def fill_analytic(unit: UnitWindows, sample_interval_us: int, out: NDArray[np.float32]) -> None:
    """The attributes of `ANALYTIC`, from the analytic signal z = x + i H(x) of the window alone.

    After Taner, Koehler & Sheriff, Complex seismic trace analysis, Geophysics 44, 1979.

    - envelope_mean, envelope_max: of |z|, in the unit of the samples.
    - envelope_variation: standard deviation of |z| over its mean.
    - envelope_peak_position: where |z| is largest, the first of equal ones, 0 at the first sample and 1 at the last.
    - instantaneous_frequency: arg(c) / (2 pi dt) in Hz, c = sum(z[t+1] conj(z[t])): the mean of the instantaneous
      frequencies weighted by energy, which noise between the events hardly moves (Barnes, A tutorial on complex seismic
      trace analysis, Geophysics 72, 2007; summed before the angle: Kasai et al., IEEE Trans. Sonics Ultrason. 32,
      1985).
    - frequency_spread: sqrt(-2 log(|c| / sum |z[t+1] z[t]|)) / (2 pi dt) in Hz, the circular standard deviation of the
      same frequencies.
    - sweetness: envelope_mean / sqrt(instantaneous_frequency), the frequency not below half a period in the window
      (Radovich & Oliveros, 3-D sequence interpretation of seismic instantaneous attributes, The Leading Edge 17, 1998).
    - response_frequency, response_phase: of the strongest event (Bodine, Waveform analysis with seismic attributes,
      SEG Expanded Abstracts, 1984): arg(c) / (2 pi dt) in Hz over the eighth of the window around the peak of |z|, at
      least 3 samples, and arg(z) at that peak in degrees.

    A silent window has 0 everywhere. One that does not vary has its size as envelope, sweetness accordingly, a phase of
    0 or 180 degrees, and 0 elsewhere.

    Against a float64 reference envelopes and sweetness agree to 1e-4 relative, frequencies to 1e-4 of the Nyquist
    frequency, the phase to 0.1 degrees; but the place of the peak is free where two samples of |z| are as near, and a
    frequency where all of |c| is rounding.

    Args:
        unit: m windows of n samples.
        sample_interval_us: microseconds.
        out: (len(ANALYTIC), m) float32, written.
    """
    real, num_samples = unit.samples, unit.samples.shape[1]
    imaginary = quadrature(unit.spectrum, num_samples)
    envelope = np.hypot(real, imaginary)
    mean, peak = envelope.mean(axis=1), envelope.argmax(axis=1)
    every = np.arange(len(real))
    per_radian = 1 / (2 * np.pi * sample_interval_us * 1e-6)

    out[0] = mean * unit.rms
    out[1] = envelope[every, peak] * unit.rms
    # The mean square of |z| about its mean; of a window that does not vary rounding alone would be left.
    spread = np.einsum("ij,ij->i", envelope, envelope) / np.float32(num_samples) - mean**2
    out[2] = np.sqrt(np.maximum(spread, 0)) / np.where(mean > 0, mean, 1)
    out[3] = peak / (num_samples - 1)

    turn_real = real[:, 1:] * real[:, :-1] + imaginary[:, 1:] * imaginary[:, :-1]
    turn_imaginary = imaginary[:, 1:] * real[:, :-1] - real[:, 1:] * imaginary[:, :-1]
    total_real, total_imaginary = turn_real.sum(axis=1), turn_imaginary.sum(axis=1)
    sizes = np.einsum("ij,ij->i", envelope[:, 1:], envelope[:, :-1])
    out[4] = np.arctan2(total_imaginary, total_real) * per_radian
    concentration = np.hypot(total_real, total_imaginary) / np.where(sizes > 0, sizes, 1)
    out[5] = np.sqrt(-2 * np.log(np.clip(concentration, 1e-6, 1))) * per_radian * (sizes > 0)
    out[6] = out[0] / np.sqrt(np.maximum(np.abs(out[4]), 0.5e6 / (num_samples * sample_interval_us)))

    around = _around(peak, num_samples)
    out[7] = (
        np.arctan2(
            np.take_along_axis(turn_imaginary, around, axis=1).sum(axis=1),
            np.take_along_axis(turn_real, around, axis=1).sum(axis=1),
        )
        * per_radian
    )
    # Of a silence of -0.0 the phase would be 180 degrees.
    out[8] = np.degrees(np.arctan2(imaginary[every, peak], real[every, peak])) * (unit.rms > 0)


def _around(peak: NDArray[np.int64], num_samples: int) -> NDArray[np.int64]:
    """(m, k) steps between samples around each peak, moved to lie within the window."""
    steps = max(2, num_samples // 8)
    first = np.clip(peak - steps // 2, 0, num_samples - 1 - steps)
    return np.asarray(first[:, None] + np.arange(steps))
