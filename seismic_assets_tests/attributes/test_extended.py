import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from seismic_assets.attributes import EXTENDED, HANDCRAFTED, LARGEST_AMPLITUDE, LATERAL, extended
from seismic_assets.attributes.analytic import ANALYTIC, fill_analytic
from seismic_assets.attributes.spectral import SPECTRAL, fill_spectral
from seismic_assets.attributes.unit import UnitWindows
from seismic_assets.attributes.waveform import WAVEFORM, fill_waveform

HUGE = float(np.nextafter(np.float32(LARGEST_AMPLITUDE), np.float32(0)))
WITH_UNIT = ("envelope_mean", "envelope_max", "sweetness")
amplitude = st.one_of(st.floats(-HUGE, HUGE, width=32), st.sampled_from([0.0, 1.0, -1.0, 1e-38, 1e-45]))
finite_windows = st.tuples(st.integers(1, 4), st.integers(8, 40)).flatmap(
    lambda shape: hnp.arrays(np.float32, shape, elements=amplitude)
)


def windows_of(count, width, seed=0):
    return (np.random.default_rng(seed).normal(size=(count, width)).cumsum(axis=1) * 700).astype(np.float32)


def test_every_attribute_has_a_name_of_its_own():
    names = HANDCRAFTED + EXTENDED + LATERAL
    assert len(set(names)) == len(names)
    assert all(name.replace("_", "").isalnum() and name.islower() for name in names)


def test_attributes_stand_in_the_order_of_their_names():
    windows = windows_of(30, 64)
    found = extended(windows, 4000)
    assert (found.dtype, found.shape) == (np.float32, (30, len(EXTENDED)))
    unit, start = UnitWindows.of(windows), 0
    for names, fill in (
        (ANALYTIC, lambda out: fill_analytic(unit, 4000, out)),
        (SPECTRAL, lambda out: fill_spectral(unit, 4000, out)),
        (WAVEFORM, lambda out: fill_waveform(unit, out)),
    ):
        expected = np.empty((len(names), 30), np.float32)
        fill(expected)
        assert EXTENDED[start : start + len(names)] == names
        np.testing.assert_allclose(found[:, start : start + len(names)].T, expected, rtol=1e-5, atol=1e-5)
        start += len(names)
    assert start == len(EXTENDED)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@settings(max_examples=300, deadline=None)
@given(windows=finite_windows, interval=st.sampled_from([1, 250, 4000, 32_767]))
def test_every_value_of_every_finite_window_is_finite(windows, interval):
    assert np.isfinite(extended(windows, interval)).all()


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("width", [8, 16, 63, 64, 462])
@pytest.mark.parametrize("size", [1e-45, 1e-31, 1e-29, 1.0, LARGEST_AMPLITUDE])
def test_impulses_steps_and_constants_are_finite_at_either_end_of_the_amplitudes(width, size):
    windows = np.zeros((4, width))
    windows[0, width // 2] = windows[1, 0] = windows[2, width // 2 :] = 1
    windows[3] = np.where(np.arange(width) % 2, 1, -1)
    assert np.isfinite(extended((windows * size).astype(np.float32), 4000)).all()


@settings(max_examples=40, deadline=None)
@given(power=st.integers(-60, 30), seed=st.integers(0, 99))
def test_a_gain_multiplies_what_has_a_unit_and_leaves_the_rest(power, seed):
    windows, gain = windows_of(5, 64, seed), np.float32(2.0**power)
    before, after = extended(windows, 4000), extended(windows * gain, 4000)
    factor = np.array([gain if name in WITH_UNIT else 1 for name in EXTENDED])
    np.testing.assert_allclose(after, before * factor, rtol=1e-5, atol=1e-30)


def test_a_finer_interval_multiplies_the_frequencies_alone():
    windows = windows_of(20, 64)
    coarse, fine = extended(windows, 4000), extended(windows, 2000)
    for column, name in enumerate(EXTENDED):
        hertz = "frequency" in name or name in ("spectral_centroid", "spectral_bandwidth")
        factor = 2 if hertz else 2**-0.5 if name == "sweetness" else 1
        np.testing.assert_allclose(fine[:, column], coarse[:, column] * factor, rtol=1e-5, err_msg=name)


@pytest.mark.parametrize("block", [1, 1000, 1 << 20])
def test_attributes_do_not_depend_on_the_windows_beside_them(monkeypatch, block):
    windows = windows_of(150, 40, 3)
    expected = extended(windows, 4000)
    monkeypatch.setattr(sys.modules[extended.__module__], "_BLOCK_SAMPLES", block)
    np.testing.assert_allclose(extended(windows, 4000), expected, rtol=1e-4, atol=1e-4)


def test_the_windows_are_left_as_they_were():
    windows = windows_of(20, 16)
    before = windows.tobytes()
    extended(windows, 4000)
    assert windows.tobytes() == before


def test_no_window_has_no_attributes():
    assert extended(np.zeros((0, 64), np.float32), 4000).shape == (0, len(EXTENDED))


def test_windows_too_short_are_refused_in_a_sentence():
    with pytest.raises(ValueError, match="windows of at least 8 samples, not 7; take longer windows"):
        extended(np.zeros((3, 7), np.float32), 4000)
