import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.attributes.spectral import SPECTRAL, fill_spectral
from seismic_assets.attributes.unit import UnitWindows


def values(windows, sample_interval_us=4000):
    windows = np.atleast_2d(np.asarray(windows, np.float32))
    out = np.full((len(SPECTRAL), len(windows)), np.nan, np.float32)
    fill_spectral(UnitWindows.of(windows), sample_interval_us, out)
    return dict(zip(SPECTRAL, out, strict=True))


def sine(periods, width=64):
    return np.sin(2 * np.pi * periods * np.arange(width) / width + 0.3)


def slow_reference(window, interval):
    """Bin by bin in float64."""
    n = len(window)
    power = np.abs(np.fft.fft(window.astype(np.float64))[1 : n // 2 + 1]) ** 2
    power = power / power.sum()
    hertz = [k / (n * interval * 1e-6) for k in range(1, n // 2 + 1)]
    centroid = sum(p * f for p, f in zip(power, hertz, strict=True))
    bands = [0.0] * 6
    for k, p in enumerate(power, start=1):
        bands[-(-12 * k // n) - 1] += p  # whole numbers: the band k / (n / 2) * 6 rounded up
    spread = sum(p * (f - centroid) ** 2 for p, f in zip(power, hertz, strict=True)) ** 0.5
    return [centroid, spread, *bands]


@settings(max_examples=50, deadline=None)
@given(width=st.integers(8, 140), seed=st.integers(0, 999), interval=st.sampled_from([500, 2000, 4000]))
def test_attributes_are_those_of_their_formulas(width, seed, interval):
    windows = (np.random.default_rng(seed).normal(size=(4, width)).cumsum(axis=1) * 700).astype(np.float32)
    found = np.stack(list(values(windows, interval).values()), axis=1)
    nyquist = 0.5e6 / interval
    for row, window in zip(found, windows, strict=True):
        expected = slow_reference(window, interval)
        np.testing.assert_allclose(row[:2], expected[:2], atol=1e-4 * nyquist)
        np.testing.assert_allclose(row[2:], expected[2:], atol=1e-5)


@pytest.mark.parametrize(("periods", "band"), [(3, 0), (6, 1), (16, 2), (20, 3), (25, 4), (30, 5)])
def test_all_energy_of_a_sinusoid_lies_in_its_band_and_at_its_frequency(periods, band):
    found = values(2500 * sine(periods))
    assert found["spectral_centroid"] == pytest.approx(periods / 0.256, rel=1e-4)
    assert found["spectral_bandwidth"] == pytest.approx(0, abs=0.05)
    assert found[f"band_energy_{band}"] == pytest.approx(1, abs=1e-5)


def test_two_equal_sinusoids_lie_half_their_distance_from_the_centroid():
    found = values(sine(8) + sine(24))
    assert found["spectral_centroid"] == pytest.approx(16 / 0.256, rel=1e-4)
    assert found["spectral_bandwidth"] == pytest.approx(8 / 0.256, rel=1e-4)


@pytest.mark.parametrize("width", [8, 16, 31, 64])
def test_the_bands_of_an_impulse_hold_the_share_of_their_bins(width):
    impulse = np.zeros(width)
    impulse[width // 3] = 5
    found = values(impulse)
    bins = np.bincount([-(-12 * k // width) - 1 for k in range(1, width // 2 + 1)], minlength=6)
    for band in range(6):
        assert found[f"band_energy_{band}"] == pytest.approx(bins[band] / bins.sum(), abs=1e-5)


@pytest.mark.parametrize("offset", [0.0, 1e5, -1e7])
def test_an_offset_has_no_frequency(offset):
    found = values(1e3 * sine(6) + offset)
    assert found["spectral_centroid"] == pytest.approx(6 / 0.256, rel=2e-3)


@pytest.mark.parametrize("constant", [0.0, 0.1, -7e6, 1e-32])
@pytest.mark.parametrize("width", [8, 31, 64])
def test_a_window_that_does_not_vary_has_no_spectrum(width, constant):
    assert all(value[0] == 0 for value in values(np.full((1, width), constant)).values())
