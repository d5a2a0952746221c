"""A synthetic survey: an earth, recorded with a wavelet, noise, uneven gain and a few dead traces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from seismic_assets.survey.geology import make_earth
from seismic_assets.survey.spec import SurveySpec
from seismic_assets.survey.structure import Grid
from seismic_assets.survey.wavelet import reflectivity, seismogram

# The amplitudes of the F3 survey of the Dutch North Sea.
AMPLITUDE_MEAN = -1.8
AMPLITUDE_DEVIATION = 2480.0

_DECAY_PER_SECOND = 0.15
_GAIN_DEVIATION = 0.08
_NOISE_GRAIN = (0.6, 0.6, 1.0)


@dataclass(frozen=True, slots=True)
class SyntheticSurvey:
    """A survey and its truth.

    Attributes:
        spec: what was asked for.
        traces: (inlines, crosslines, samples) float32 amplitudes; dead traces are all zero.
        labels: (inlines, crosslines, samples) uint8: 0 normal, 1 anomaly, 2 boundary.
        dead: (inlines, crosslines) bool.
        inlines: (inlines,) int32 inline numbers.
        crosslines: (crosslines,) int32 crossline numbers.
        cdp_x: (inlines, crosslines) float64, metres; grows with the crossline.
        cdp_y: (inlines, crosslines) float64, metres; grows with the inline.
    """

    spec: SurveySpec
    traces: NDArray[np.float32]
    labels: NDArray[np.uint8]
    dead: NDArray[np.bool_]
    inlines: NDArray[np.int32]
    crosslines: NDArray[np.int32]
    cdp_x: NDArray[np.float64]
    cdp_y: NDArray[np.float64]


def make_survey(spec: SurveySpec) -> SyntheticSurvey:
    """Make the survey that `spec` describes; the same spec gives the same survey, bit for bit."""
    # One stream of random numbers each, so that more noise or a lower frequency leaves the earth as it was.
    earth_rng, noise_rng, recording_rng = (
        np.random.default_rng(child) for child in np.random.SeedSequence(spec.seed).spawn(3)
    )
    earth = make_earth(earth_rng, Grid(spec.inlines, spec.crosslines, spec.samples))
    signal = seismogram(reflectivity(earth.impedance), spec.peak_frequency_hz, spec.sample_interval_s)
    _add_noise(noise_rng, signal, spec.signal_to_noise)
    dead = recording_rng.random(signal.shape[:2]) < spec.dead_share
    traces = _record(recording_rng, signal, dead, spec)
    inlines, crosslines, cdp_x, cdp_y = _geometry(spec)
    return SyntheticSurvey(spec, traces, earth.labels, dead, inlines, crosslines, cdp_x, cdp_y)


def _add_noise(rng: np.random.Generator, signal: NDArray[np.float32], signal_to_noise: float) -> None:
    """Add noise that neighbouring samples and traces share in part, in place."""
    noise = gaussian_filter(rng.standard_normal(signal.shape, dtype=np.float32), _NOISE_GRAIN)
    noise *= np.float32(signal.std() / (noise.std() * np.sqrt(signal_to_noise)))
    signal += noise


def _record(
    rng: np.random.Generator, signal: NDArray[np.float32], dead: NDArray[np.bool_], spec: SurveySpec
) -> NDArray[np.float32]:
    """Let amplitudes fade with time, vary the gain from trace to trace, and bring all to the scale of F3."""
    seconds = np.arange(spec.samples) * spec.sample_interval_s
    trace_gain = 1 + _GAIN_DEVIATION * rng.standard_normal((spec.inlines, spec.crosslines, 1))
    traces = signal * (trace_gain * np.exp(-_DECAY_PER_SECOND * seconds)).astype(np.float32)
    traces *= np.float32(AMPLITUDE_DEVIATION / traces.std())
    traces += np.float32(AMPLITUDE_MEAN) - traces.mean()
    traces *= np.float32(spec.gain)
    traces[dead] = 0
    return traces


def _geometry(
    spec: SurveySpec,
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]]:
    inlines = np.arange(spec.first_inline, spec.first_inline + spec.inlines, dtype=np.int32)
    crosslines = np.arange(spec.first_crossline, spec.first_crossline + spec.crosslines, dtype=np.int32)
    x, y = spec.origin
    cdp_y, cdp_x = np.meshgrid(
        y + spec.bin_spacing_m * np.arange(spec.inlines),
        x + spec.bin_spacing_m * np.arange(spec.crosslines),
        indexing="ij",
    )
    return inlines, crosslines, cdp_x, cdp_y
