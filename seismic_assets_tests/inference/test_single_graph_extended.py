"""The attributes of the extended set as nodes beside the same in NumPy."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.attributes import EXTENDED, extended
from seismic_assets.inference.single_graph_extended import arctan2_nodes, extended_nodes
from seismic_assets.inference.single_graph_nodes import WindowGraph
from seismic_assets_tests.inference.test_single_graph_nodes import INTERVAL_US, session_of

GAINED = [EXTENDED.index(name) for name in ("envelope_mean", "envelope_max", "sweetness")]
PHASE = EXTENDED.index("response_phase")


@cache
def nodes(num_samples: int):
    graph = WindowGraph()
    return session_of(graph, extended_nodes(graph, "windows", num_samples, INTERVAL_US), num_samples)


def both(windows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The attributes by the graph and by NumPy, (m, 40) each."""
    (found,) = nodes(windows.shape[1]).run(None, {"windows": windows})
    return found, extended(windows, INTERVAL_US)


def noisy_waves(num_samples: int, seed: int) -> np.ndarray:
    """(200, num_samples) float32 waves of 2 to 100 Hz, from pure noise to little of it."""
    random = np.random.default_rng(seed)
    time = np.arange(num_samples) * INTERVAL_US * 1e-6
    phase = 2 * np.pi * (random.uniform(2, 100, (200, 1)) * time + random.random((200, 1)))
    noise = random.normal(size=phase.shape) * 10 ** random.uniform(-2, 1, (200, 1))
    return (np.sin(phase) + noise).astype(np.float32)


@given(st.integers(8, 128), st.integers(0, 2**16), st.integers(-12, 12), st.sampled_from([0.0, 10.0]))
@settings(max_examples=40, deadline=None)
def test_the_attributes_of_noisy_waves_of_any_gain_are_those_of_numpy(
    num_samples: int, seed: int, power: int, offset: float
) -> None:
    gain = np.float32(10.0**power)
    found, expected = both((noisy_waves(num_samples, seed) + np.float32(offset)) * gain)

    # Places and the phase hang on which of two samples is the larger: left to NumPy's rounding in a window or two.
    unit = np.ones(len(EXTENDED))
    unit[GAINED] = gain
    frequencies = [EXTENDED.index(name) for name in EXTENDED if "frequency" in name or name.startswith("spectral")]
    unit[frequencies], unit[PHASE] = 125, 180
    close = np.abs(found - expected) <= 1e-3 * unit * (1 + offset)
    assert close.all(axis=1).mean() >= 0.98


@pytest.mark.parametrize("num_samples", [8, 33, 64])
@pytest.mark.parametrize("value", [0.0, 1e-31, 3.0, -7.5, 1e15])
def test_a_window_that_does_not_vary_has_what_numpy_says(num_samples: int, value: float) -> None:
    found, expected = both(np.full((2, num_samples), value, np.float32))

    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("value", [0.0, -0.0, 1e-31, -1e-31])
def test_a_silent_window_has_nothing(value: float) -> None:
    found, _ = both(np.full((2, 32), value, np.float32))

    np.testing.assert_array_equal(found, np.zeros((2, len(EXTENDED))))


@pytest.mark.parametrize("num_samples", [8, 33, 64])
def test_an_impulse_at_any_place_has_what_numpy_says(num_samples: int) -> None:
    impulses = np.eye(num_samples, dtype=np.float32)
    found, expected = both(np.concatenate([impulses, 1e6 * impulses]))

    # The envelope of an impulse has a share to either side that NumPy may see as larger by rounding.
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=0.2)


def test_the_angle_is_that_of_numpy_in_every_direction() -> None:
    directions = np.array([(y, x) for y in (-3, -1e-12, 0, 1e-12, 2) for x in (-5, -1e-9, 0, 1e-9, 4)], np.float32)

    graph = WindowGraph()
    wide = graph.cast("windows", np.float64)
    above, beside = graph.samples_between(wide, 0, 1), graph.samples_between(wide, 1, 2)
    angle = graph.cast(arctan2_nodes(graph, above, beside), np.float32)
    (found,) = session_of(graph, angle, 2).run(None, {"windows": directions})

    np.testing.assert_allclose(found[:, 0], np.arctan2(directions[:, 0], directions[:, 1]), rtol=3e-7)
