"""Attributes of the analytic signal against signals whose envelope and frequency are known, and against SciPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import hilbert

from seismic_assets.attributes.analytic import ANALYTIC, fill_analytic, quadrature
from seismic_assets.attributes.unit import UnitWindows

NYQUIST = 125.0


def values(windows, sample_interval_us=4000):
    windows = np.atleast_2d(np.asarray(windows, np.float32))
    out = np.full((len(ANALYTIC), len(windows)), np.nan, np.float32)
    fill_analytic(UnitWindows.of(windows), sample_interval_us, out)
    return dict(zip(ANALYTIC, out, strict=True))


def noise(count, width, seed=0):
    return (np.random.default_rng(seed).normal(size=(count, width)) * 2500).astype(np.float32)


def slow_reference(window, interval):
    """The formulas in float64 on SciPy's analytic signal; the place of the peak is left to the caller."""
    z = hilbert(window.astype(np.float64))
    envelope, per_radian = np.abs(z), 1 / (2 * np.pi * interval * 1e-6)
    turns = [z[t + 1] * np.conj(z[t]) for t in range(len(z) - 1)]
    frequency = np.angle(sum(turns)) * per_radian
    return {
        "envelope_mean": envelope.mean(),
        "envelope_max": envelope.max(),
        "envelope_variation": envelope.std() / envelope.mean(),
        "instantaneous_frequency": frequency,
        "frequency_spread": np.sqrt(-2 * np.log(abs(sum(turns)) / sum(map(abs, turns)))) * per_radian,
        "sweetness": envelope.mean() / np.sqrt(max(abs(frequency), 0.5 / (len(z) * interval * 1e-6))),
    }


@settings(max_examples=40, deadline=None)
@given(width=st.integers(8, 130), seed=st.integers(0, 999), interval=st.sampled_from([500, 2000, 4000]))
def test_attributes_are_those_of_scipy_s_analytic_signal(width, seed, interval):
    windows = noise(5, width, seed)
    found = values(windows, interval)
    for row, window in enumerate(windows):
        for name, expected in slow_reference(window, interval).items():
            tolerance = 1e-4 * 0.5e6 / interval if "frequency" in name else 0
            assert found[name][row] == pytest.approx(expected, rel=1e-4, abs=tolerance), name


@pytest.mark.parametrize("width", [8, 9, 16, 63, 64, 462])
def test_the_quadrature_is_scipy_s(width):
    windows = noise(20, width)
    found = quadrature(np.fft.rfft(windows).astype(np.complex64), width)
    np.testing.assert_allclose(found, hilbert(windows.astype(np.float64)).imag, atol=2500 * 1e-5)


@pytest.mark.parametrize("periods", [4, 7, 12])
def test_a_sinusoid_has_its_amplitude_as_envelope_and_its_own_frequency_everywhere(periods):
    frequency = periods / (64 * 0.004)
    found = values(300 * np.cos(2 * np.pi * periods * np.arange(64) / 64 + 0.4))
    assert found["envelope_mean"] == pytest.approx(300, rel=1e-4)
    assert found["envelope_max"] == pytest.approx(300, rel=1e-4)
    assert found["envelope_variation"] == pytest.approx(0, abs=1e-3)
    assert found["instantaneous_frequency"] == pytest.approx(frequency, rel=1e-4)
    assert found["frequency_spread"] == pytest.approx(0, abs=1e-3 * NYQUIST)
    assert found["response_frequency"] == pytest.approx(frequency, rel=1e-3)
    assert found["sweetness"] == pytest.approx(300 / np.sqrt(frequency), rel=1e-4)


def test_of_two_sinusoids_of_one_strength_the_lower_is_the_sweeter():
    time = np.arange(64) / 64
    found = values([np.sin(2 * np.pi * 4 * time), np.sin(2 * np.pi * 16 * time)])
    assert found["sweetness"][0] == pytest.approx(2 * found["sweetness"][1], rel=1e-3)


def test_a_chirp_has_the_mean_of_its_frequencies_and_a_spread():
    time = np.arange(512) * 0.004
    chirp = np.cos(2 * np.pi * (20 * time + (60 - 20) / (2 * time[-1]) * time**2)) * np.hanning(512)
    found = values(chirp)
    assert found["instantaneous_frequency"] == pytest.approx(40, abs=0.5)
    weight = np.hanning(512) ** 2
    exact = np.sqrt(np.average((np.linspace(20, 60, 512) - 40) ** 2, weights=weight))
    assert found["frequency_spread"] == pytest.approx(exact, rel=0.05)


@pytest.mark.parametrize("centre", [20, 32, 45])
@pytest.mark.parametrize(("polarity", "phase"), [(1, 0), (-1, 180)])
def test_a_ricker_wavelet_is_found_where_it_lies_with_its_phase(centre, polarity, phase):
    argument = (np.pi * 30 * (np.arange(64) - centre) * 0.004) ** 2
    found = values(polarity * 1000 * (1 - 2 * argument) * np.exp(-argument))
    assert found["envelope_peak_position"] == pytest.approx(centre / 63)
    assert found["envelope_max"] == pytest.approx(1000, rel=0.01)
    assert abs(found["response_phase"]) == pytest.approx(phase, abs=2)
    # The mean frequency of a Ricker wavelet's power |f^2 exp(-f^2 / p^2)|^2 is 1.064 times its peak frequency p.
    assert found["instantaneous_frequency"] == pytest.approx(1.064 * 30, rel=0.02)


def test_the_response_is_that_of_the_strongest_event_not_of_the_window():
    time = np.arange(128)
    weak_low = np.cos(2 * np.pi * 10 * 0.004 * time)
    event = 10 * np.cos(2 * np.pi * 40 * 0.004 * (time - 90)) * np.exp(-(((time - 90) / 8) ** 2))
    found = values(weak_low + event)
    assert found["response_frequency"] == pytest.approx(40, abs=2)
    assert found["envelope_peak_position"] == pytest.approx(90 / 127, abs=2 / 127)


@settings(max_examples=30, deadline=None)
@given(gain=st.sampled_from([1e-20, 1e-3, 7.0, 1e9]), width=st.integers(8, 80), seed=st.integers(0, 99))
def test_only_the_envelope_and_sweetness_grow_with_the_gain(gain, width, seed):
    windows = noise(4, width, seed)
    before, after = values(windows), values(windows * np.float32(gain))
    for name in ANALYTIC:
        factor = gain if name in ("envelope_mean", "envelope_max", "sweetness") else 1
        np.testing.assert_allclose(after[name], before[name] * factor, rtol=1e-3, atol=5e-3 * min(factor, 1))


@pytest.mark.parametrize("width", [8, 31, 64])
@pytest.mark.parametrize("constant", [127.1, -3e5])
def test_a_window_that_does_not_vary_is_its_own_envelope_without_frequency(width, constant):
    found = values(np.full((1, width), constant))
    lowest = 0.5 / (width * 0.004)
    expected = {"envelope_mean": abs(constant), "envelope_max": abs(constant)}
    expected |= {"sweetness": abs(constant) / np.sqrt(lowest), "response_phase": 0 if constant > 0 else 180}
    for name in ANALYTIC:
        assert found[name][0] == pytest.approx(expected.get(name, 0), rel=1e-5, abs=1e-2), name


@pytest.mark.parametrize("quiet", [0.0, -0.0, 1e-32])
def test_a_silent_window_has_zero_everywhere(quiet):
    assert all(value[0] == 0 for value in values(np.full((1, 16), quiet)).values())
