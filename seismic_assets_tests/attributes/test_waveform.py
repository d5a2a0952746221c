import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.attributes.unit import UnitWindows
from seismic_assets.attributes.waveform import WAVEFORM, fill_waveform


def values(windows):
    windows = np.atleast_2d(np.asarray(windows, np.float32))
    out = np.full((len(WAVEFORM), len(windows)), np.nan, np.float32)
    fill_waveform(UnitWindows.of(windows), out)
    return dict(zip(WAVEFORM, out, strict=True))


def slow_reference(window):
    """Sample by sample in float64."""
    n = len(window)
    u = window.astype(np.float64) / np.sqrt(np.mean(window.astype(np.float64) ** 2))
    found = {}
    for part in range(6):
        found[f"rms_{part}"] = np.sqrt(np.mean([u[t] ** 2 for t in range(n) if t * 6 // n == part]))
    for quarter in range(4):
        members = [t for t in range(n) if t * 4 // n == quarter]
        steps = np.mean([(u[t + 1] - u[t]) ** 2 for t in members[:-1]])
        found[f"roughness_{quarter}"] = np.sqrt(steps / (np.mean([u[t] ** 2 for t in members]) + 1e-3))
    found |= {"peak_height": u.max(), "trough_height": -u.min()}
    found |= {"peak_position": u.argmax() / (n - 1), "trough_position": u.argmin() / (n - 1)}
    strongest = int(u.argmax() if u.max() >= -u.min() else u.argmin())
    far = [abs(u[t]) for t in range(n) if abs(t - strongest) > max(3, n // 8)]
    found["event_rival"] = max(far, default=0) / abs(u[strongest])
    for lag in (1, 2, 3, 4):
        for side, name in ((-lag, "before"), (lag, "after")):
            found[f"event_{name}_{lag}"] = u[min(max(strongest + side, 0), n - 1)] * np.sign(u[strongest])
    return found


@settings(max_examples=60, deadline=None)
@given(width=st.integers(8, 100), seed=st.integers(0, 999), gain=st.sampled_from([1e-20, 1.0, 2500.0, 1e12]))
def test_attributes_are_those_of_their_formulas_at_any_gain(width, seed, gain):
    windows = (np.random.default_rng(seed).normal(size=(3, width)) * gain).astype(np.float32)
    found = values(windows)
    for row, window in enumerate(windows):
        expected = slow_reference(window)
        assert expected.keys() == set(WAVEFORM)
        for name in WAVEFORM:
            assert found[name][row] == pytest.approx(expected[name], abs=1e-4), name


def test_a_window_that_grows_stronger_says_where():
    found = values(np.tile([1.0, -1.0], 24) * np.repeat([1, 1, 1, 2, 2, 2], 8))
    parts = [found[f"rms_{part}"][0] for part in range(6)]
    np.testing.assert_allclose(parts, np.repeat([1, 2], 3) / np.sqrt(2.5), rtol=1e-5)


@pytest.mark.parametrize("hertz", [5, 10, 15])
def test_the_roughness_of_a_low_sinusoid_is_its_angle_a_sample(hertz):
    found = values(2500 * np.sin(2 * np.pi * hertz * 0.004 * np.arange(800)))
    for quarter in range(4):
        assert found[f"roughness_{quarter}"] == pytest.approx(2 * np.pi * hertz * 0.004, rel=0.03)


def test_an_event_is_seen_with_the_same_shape_wherever_it_lies_and_whatever_its_sign():
    shape = np.array([1.0, 2, 3, 4, 9, -4, -3, -2, -1])
    windows = np.zeros((2, 64))
    windows[0, 10:19], windows[1, 40:49] = shape, -shape
    found = values(windows)
    for name, expected in zip(WAVEFORM[-8:], np.delete(shape, 4), strict=True):
        np.testing.assert_allclose(found[name], expected / np.sqrt(np.mean(windows[0] ** 2)), rtol=1e-5, err_msg=name)
    assert found["peak_position"][0] == pytest.approx(14 / 63)
    assert found["trough_position"][1] == pytest.approx(44 / 63)


def test_a_lone_event_has_no_rival_and_one_of_two_equals_has_one():
    windows = np.zeros((2, 64))
    windows[0, 20] = windows[1, 20] = 3
    windows[1, 50] = -3
    assert values(windows)["event_rival"].tolist() == [0, 1]


@pytest.mark.parametrize("constant", [5.0, -7e6])
def test_a_window_that_does_not_vary(constant):
    found = values(np.full((1, 30), constant))
    one = {name for name in WAVEFORM if name.startswith(("rms", "event"))}
    heights = {"peak_height": np.sign(constant), "trough_height": -np.sign(constant)}
    for name in WAVEFORM:
        assert found[name][0] == pytest.approx(1 if name in one else heights.get(name, 0), abs=1e-5), name


@pytest.mark.parametrize("quiet", [0.0, 1e-32])
def test_a_silent_window_has_zero_everywhere(quiet):
    assert all(value[0] == 0 for value in values(np.full((1, 16), quiet)).values())
