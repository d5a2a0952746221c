"""The eight attributes against a slow reference in plain Python and float64."""

import cmath
import itertools
import math
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from seismic_assets.attributes import HANDCRAFTED, handcrafted

amplitude = st.floats(-1e6, 1e6, width=32)
windows_of = st.tuples(st.integers(1, 5), st.integers(2, 40)).flatmap(
    lambda shape: hnp.arrays(np.float32, shape, elements=amplitude)
)
column = {name: index for index, name in enumerate(HANDCRAFTED)}


def values(windows, sample_interval_us=4000):
    found = handcrafted(np.asarray(windows, np.float32), sample_interval_us)
    return {name: found[:, index] for name, index in column.items()}


def spectrum(window):
    """|DFT|^2 of the bins 1 .. n//2 - 1."""
    n = len(window)
    return [
        abs(sum(x * cmath.exp(-2j * math.pi * k * i / n) for i, x in enumerate(window))) ** 2 for k in range(1, n // 2)
    ]


def reference(window):
    """Every attribute but the dominant frequency, by its formula."""
    x = [float(sample) for sample in window]
    n, mean = len(x), math.fsum(x) / len(x)
    energy = math.fsum(sample * sample for sample in x)
    signs = [math.copysign(1, sample) for sample in x]
    return {
        "mean_amplitude": mean,
        "std_amplitude": math.sqrt(math.fsum((sample - mean) ** 2 for sample in x) / n),
        "min_amplitude": min(x),
        "max_amplitude": max(x),
        "rms_amplitude": math.sqrt(energy / n),
        "energy": energy,
        "zero_crossings": sum(a != b for a, b in itertools.pairwise(signs)),
    }


def test_the_attributes_are_eight_float32_columns_in_their_order():
    found = handcrafted(np.ones((3, 16), np.float32), 4000)
    assert (found.dtype, found.shape) == (np.float32, (3, 8))
    assert HANDCRAFTED[0] == "mean_amplitude"
    assert HANDCRAFTED[-1] == "dominant_frequency"


@pytest.mark.parametrize("name", HANDCRAFTED[:-1])
@settings(max_examples=60, deadline=None)
@given(windows=windows_of)
def test_an_attribute_is_that_of_its_formula(name, windows):
    found = values(windows)[name]
    expected = [reference(window)[name] for window in windows]
    # Where a sum cancels, what is left is the rounding of float64 on the largest sample; float32 ends near 1e-38.
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-13 * float(np.abs(windows).max()) + 1e-38)


def float32_error(window):
    """How far off a bin of a float32 spectrum may be: a few roundings of the window's length; it ends near 1e-19."""
    varying = np.asarray(window, np.float64) - float(window[0])
    return 4 * np.finfo(np.float32).eps * math.sqrt(len(window)) * float(np.linalg.norm(varying)) + 1e-18


@settings(max_examples=150, deadline=None)
@given(windows=windows_of, interval=st.integers(250, 32_000))
def test_the_dominant_frequency_is_that_of_the_largest_bin(windows, interval):
    n = windows.shape[1]
    for window, frequency in zip(windows, values(windows, interval)["dominant_frequency"], strict=True):
        size = np.sqrt(spectrum([float(x) for x in window]))
        if not size.size or np.ptp(window) == 0:
            assert frequency == 0
            continue
        index = round(float(frequency) * n * interval * 1e-6)
        chosen = size[index - 1] if index else 0.0
        assert chosen >= size.max() - 2 * float32_error(window)
        assert frequency == pytest.approx(index / (n * interval * 1e-6), rel=1e-6)


@pytest.mark.parametrize("num_samples", [32, 63, 64, 100, 462])
def test_of_bins_that_differ_by_more_than_float32_can_tell_the_larger_dominates(num_samples):
    windows = np.random.default_rng(num_samples).normal(size=(400, num_samples)).cumsum(axis=1).astype(np.float32)
    power = np.abs(np.fft.rfft(windows.astype(np.float64), axis=1)[:, 1 : num_samples // 2]) ** 2
    index = np.rint(values(windows)["dominant_frequency"] * num_samples * 0.004).astype(int)
    assert (power[np.arange(400), index - 1] >= power.max(axis=1) * (1 - 1e-5)).all()


@pytest.mark.parametrize(
    ("interval", "hertz"), [(4000, 31.25), (4000, 62.5), (2000, 15.625), (1000, 187.5), (4000, 3.90625)]
)
def test_the_dominant_frequency_of_a_sine_is_its_frequency_in_hertz(interval, hertz):
    time = np.arange(64) * interval * 1e-6
    wave = 1000 * np.sin(2 * np.pi * hertz * time + 0.3) + 250
    assert values(wave[None], interval)["dominant_frequency"][0] == np.float32(hertz)


def test_the_stronger_of_two_sines_dominates():
    time = np.arange(128) * 0.004
    weak, strong = np.sin(2 * np.pi * 15.625 * time), 2 * np.sin(2 * np.pi * 46.875 * time)
    assert values((weak + strong)[None])["dominant_frequency"][0] == 46.875


@pytest.mark.parametrize("length", [2, 7, 15, 31, 64, 101])
@pytest.mark.parametrize("constant", [0.0, 127.1, -3e5])
def test_a_window_that_does_not_vary_has_neither_frequency_nor_deviation(length, constant):
    found = values(np.full((1, length), constant))
    assert (found["dominant_frequency"][0], found["std_amplitude"][0], found["zero_crossings"][0]) == (0, 0, 0)


def test_zero_crossings_of_known_signals():
    assert values([[1, -1, 1, -1], [1, 2, 3, 4], [-1, -2, 3, 3]])["zero_crossings"].tolist() == [3, 0, 1]
    four_periods = np.sin(2 * np.pi * 4 * (np.arange(64) + 0.5) / 64)
    assert values(four_periods[None])["zero_crossings"].tolist() == [7]
    assert values([[0.0, -0.0, 0.0, 1.0]])["zero_crossings"].tolist() == [2]


@pytest.mark.parametrize("offset", [0, 1e3, -1e5, 4e6])
def test_the_deviation_does_not_cancel_on_a_large_offset(offset):
    windows = (np.random.default_rng(1).normal(size=(20, 64)) * 10 + offset).astype(np.float32)
    exact = windows.astype(np.longdouble).std(axis=1).astype(np.float64)
    np.testing.assert_allclose(values(windows)["std_amplitude"], exact, rtol=1e-6)


def test_the_mean_of_a_zero_mean_window_is_exact():
    wave = np.sin(np.linspace(0, 60, 462)).astype(np.float32) * 1e4
    wave = np.stack([wave, -wave], axis=1).reshape(1, -1)
    assert values(wave)["mean_amplitude"][0] == 0


def test_a_window_s_attributes_do_not_depend_on_the_windows_beside_it():
    windows = np.random.default_rng(2).normal(size=(8192 + 3, 16)).astype(np.float32)
    alone = np.concatenate([handcrafted(windows[i : i + 1], 4000) for i in (0, 5, 8191, 8192, 8194)])
    assert (handcrafted(windows, 4000)[[0, 5, 8191, 8192, 8194]] == alone).all()


@pytest.mark.parametrize("block", [1, 100, 1000, 1 << 20])
def test_attributes_do_not_depend_on_the_size_of_the_blocks(monkeypatch, block):
    windows = np.random.default_rng(3).normal(size=(150, 40)).astype(np.float32)
    expected = handcrafted(windows, 4000)
    monkeypatch.setattr(sys.modules[handcrafted.__module__], "_BLOCK_SAMPLES", block)
    assert (handcrafted(windows, 4000) == expected).all()


@pytest.mark.parametrize("num_samples", [16, 64, 101, 462])
def test_attributes_of_traces_agree_with_float64_to_a_millionth(num_samples):
    windows = (np.random.default_rng(num_samples).normal(size=(300, num_samples)) * 2500 + 40).astype(np.float32)
    found, exact = values(windows), windows.astype(np.float64)
    expected = {
        "std_amplitude": exact.std(axis=1),
        "min_amplitude": exact.min(axis=1),
        "max_amplitude": exact.max(axis=1),
        "rms_amplitude": np.sqrt((exact**2).mean(axis=1)),
        "energy": (exact**2).sum(axis=1),
    }
    for name, reference_values in expected.items():
        np.testing.assert_allclose(found[name], reference_values, rtol=1e-6, err_msg=name)
    np.testing.assert_allclose(found["mean_amplitude"], exact.mean(axis=1), rtol=1e-6, atol=1e-12)


def test_the_windows_are_left_as_they_were():
    windows = np.random.default_rng(4).normal(size=(20, 16)).astype(np.float32)
    before = windows.copy()
    handcrafted(windows, 4000)
    assert windows.tobytes() == before.tobytes()


def test_no_window_has_no_attributes():
    assert handcrafted(np.zeros((0, 64), np.float32), 4000).shape == (0, 8)
