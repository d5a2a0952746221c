import numpy as np
import pytest
from scipy.ndimage import convolve1d

from seismic_assets.evaluation import signal_to_noise
from seismic_assets.survey.wavelet import ricker


def recorded(decibels, windows=1500, samples=64, seed=0):
    """Reflectivity under a Ricker wavelet of 30 Hz at 4 ms, with white noise at a known ratio of powers."""
    random = np.random.default_rng(seed)
    signal = convolve1d(random.laplace(size=(windows, samples)).astype(np.float32), ricker(30, 0.004), axis=1)
    signal /= signal.std()
    return (signal + 10 ** (-decibels / 20) * random.normal(size=signal.shape)).astype(np.float32)


@pytest.mark.parametrize("decibels", [-6, 0, 6, 12, 20, 30])
def test_the_median_is_the_ratio_that_was_put_in(decibels):
    assert np.median(signal_to_noise(recorded(decibels))) == pytest.approx(decibels, abs=1)


def test_more_noise_gives_a_lower_ratio_in_almost_every_window():
    clean, middling, noisy = (signal_to_noise(recorded(decibels)) for decibels in (25, 12, 0))
    assert (clean > middling).mean() > 0.97
    assert (middling > noisy).mean() > 0.95


def test_the_unit_of_amplitudes_and_their_mean_do_not_matter():
    windows = recorded(10).astype(np.float64)
    expected = signal_to_noise(windows.astype(np.float32))
    np.testing.assert_allclose(signal_to_noise((2480 * windows).astype(np.float32)), expected, atol=1e-2)
    np.testing.assert_allclose(signal_to_noise((windows + 3).astype(np.float32)), expected, atol=1e-2)


def test_windows_that_say_nothing_have_no_ratio():
    windows = recorded(10, windows=4)
    windows[0], windows[1] = 0, 7
    windows[2, 5] = np.nan
    assert np.isnan(signal_to_noise(windows)).tolist() == [True, True, True, False]
    assert np.isnan(signal_to_noise(windows[:, :15])).all()
    assert signal_to_noise(np.zeros((0, 64), np.float32)).shape == (0,)


def test_ratios_are_bounded():
    wave = np.sin(2 * np.pi * 0.1 * np.arange(512))[None].astype(np.float32)
    assert 50 < signal_to_noise(wave)[0] <= 60
    hiss = np.tile([1, -1], 32)[None].astype(np.float32)
    assert signal_to_noise(hiss)[0] == -60


def test_many_windows_are_taken_in_pieces_to_the_same_figures(monkeypatch):
    windows = recorded(10, windows=50)
    whole = signal_to_noise(windows)
    monkeypatch.setattr("seismic_assets.evaluation.noise._BLOCK_SAMPLES", 64 * 7)
    np.testing.assert_array_equal(signal_to_noise(windows), whole)
