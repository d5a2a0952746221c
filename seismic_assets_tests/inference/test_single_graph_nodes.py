"""Each attribute as nodes beside the same in NumPy."""

from functools import cache

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from seismic_assets.attributes import HANDCRAFTED, LARGEST_AMPLITUDE, Embedder, fit_embedder, handcrafted, standardise
from seismic_assets.inference.single_graph_nodes import (
    WindowGraph,
    embedding_nodes,
    handcrafted_nodes,
    standardised_nodes,
)

INTERVAL_US = 4000
CROSSINGS, FREQUENCY = HANDCRAFTED.index("zero_crossings"), HANDCRAFTED.index("dominant_frequency")
LENGTHS = st.integers(8, 128)


def session_of(graph: WindowGraph, output: str, num_inputs: int) -> onnxruntime.InferenceSession:
    graph.node("Identity", [output], into="result")
    outputs = {"result": (np.float32, ("m", "k"))}
    model = graph.model({"windows": ("m", num_inputs)}, outputs, operators={"": 18}, ir_version=10)
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


@cache
def handcrafted_session(num_samples: int) -> onnxruntime.InferenceSession:
    graph = WindowGraph()
    return session_of(graph, handcrafted_nodes(graph, "windows", num_samples, INTERVAL_US), num_samples)


def both(windows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The attributes by the graph and by NumPy, (m, 8) each."""
    (found,) = handcrafted_session(windows.shape[1]).run(None, {"windows": windows})
    return found, handcrafted(windows, INTERVAL_US)


def amplitudes(largest: float) -> st.SearchStrategy[float]:
    """Samples of either sign, none so small that its square is lost, zeros of either sign among them."""
    low, high = np.float32(1e-6), np.float32(largest)
    size = st.floats(float(low), float(high), width=32)
    return st.one_of(st.sampled_from([0.0, -0.0]), size, size.map(lambda value: -value))


def any_windows(largest: float = LARGEST_AMPLITUDE) -> st.SearchStrategy[np.ndarray]:
    shapes = st.tuples(st.integers(1, 4), LENGTHS)
    return shapes.flatmap(lambda shape: hnp.arrays(np.float32, shape, elements=amplitudes(largest)))


def amplitude_spectrum(windows: np.ndarray) -> np.ndarray:
    """|DFT| of the bins 1 .. n//2 - 1 in float64."""
    moved = windows - windows[:, :1]
    return np.abs(np.fft.rfft(moved.astype(np.float64), axis=1))[:, 1 : windows.shape[1] // 2]


@given(any_windows())
@settings(max_examples=60, deadline=None)
def test_amplitudes_and_energy_are_those_of_numpy(windows: np.ndarray) -> None:
    found, expected = both(windows)

    rounding = 1e-14 * np.abs(windows.astype(np.float64)).max(axis=1, keepdims=True)
    sizes = [0, 1, 4]
    assert (np.abs(found - expected)[:, sizes] <= 2e-7 * np.abs(expected[:, sizes]) + rounding).all()
    np.testing.assert_array_equal(found[:, [2, 3]], expected[:, [2, 3]])
    np.testing.assert_allclose(found[:, 5], expected[:, 5], rtol=2e-7)


@given(any_windows())
@settings(max_examples=60, deadline=None)
def test_zero_crossings_are_exactly_those_of_numpy(windows: np.ndarray) -> None:
    found, expected = both(windows)

    np.testing.assert_array_equal(found[:, CROSSINGS], expected[:, CROSSINGS])


@given(LENGTHS.flatmap(lambda n: hnp.arrays(np.float32, (1, n), elements=st.sampled_from([0.0, -0.0]))))
@settings(max_examples=30, deadline=None)
def test_zeros_of_either_sign_cross_as_their_sign_bits_do(windows: np.ndarray) -> None:
    found, _ = both(windows)

    assert found[0, CROSSINGS] == np.count_nonzero(np.diff(np.signbit(windows[0])))


@given(any_windows())
@settings(max_examples=60, deadline=None)
def test_the_dominant_frequency_is_that_of_the_largest_bin(windows: np.ndarray) -> None:
    found, _ = both(windows)

    spectrum, rounding = amplitude_spectrum(windows), 1e-12 * np.abs(windows.astype(np.float64)).sum(axis=1)
    for frequency, bins, limit in zip(found[:, FREQUENCY], spectrum, rounding, strict=True):
        number = round(float(frequency) * windows.shape[1] * INTERVAL_US * 1e-6)
        chosen = bins[number - 1] if number else 0.0
        assert chosen >= bins.max() * (1 - 1e-6) - limit


@given(any_windows(1e6))
@settings(max_examples=60, deadline=None)
def test_where_one_bin_stands_out_numpy_names_it_too(windows: np.ndarray) -> None:
    found, expected = both(windows)

    bins = np.sort(amplitude_spectrum(windows), axis=1)
    resolution = 1e-5 * np.abs((windows - windows[:, :1]).astype(np.float64)).sum(axis=1)
    clear = bins[:, -1] - bins[:, -2] > resolution
    np.testing.assert_array_equal(found[clear, FREQUENCY], expected[clear, FREQUENCY])


@given(LENGTHS, st.floats(float(np.float32(-1e15)), float(np.float32(1e15)), width=32))
@settings(max_examples=60, deadline=None)
def test_a_constant_has_no_frequency_no_crossing_and_no_deviation(num_samples: int, value: float) -> None:
    found, expected = both(np.full((2, num_samples), value, np.float32))

    np.testing.assert_array_equal(found[:, [CROSSINGS, FREQUENCY]], np.zeros((2, 2)))
    np.testing.assert_allclose(found, expected, rtol=2e-7, atol=1e-14 * abs(value))


@pytest.mark.parametrize("num_samples", [8, 64, 65, 127, 128])
def test_an_impulse_at_any_place_has_the_amplitudes_of_numpy(num_samples: int) -> None:
    found, expected = both(np.concatenate([np.eye(num_samples), -1e6 * np.eye(num_samples)]).astype(np.float32))

    np.testing.assert_allclose(found[:, :FREQUENCY], expected[:, :FREQUENCY], rtol=2e-7, atol=1e-9)
    assert (found[:, FREQUENCY] > 0).all()


@pytest.mark.parametrize("num_samples", [8, 64, 128])
def test_a_wave_of_the_nyquist_frequency_has_no_bin_that_counts(num_samples: int) -> None:
    found, expected = both((3 * (-1.0) ** np.arange(num_samples)).astype(np.float32)[None])

    assert found[0, FREQUENCY] == expected[0, FREQUENCY] == 0
    assert found[0, CROSSINGS] == num_samples - 1


@pytest.mark.parametrize("num_samples", [2, 3])
def test_a_window_too_short_for_a_spectrum_has_no_frequency(num_samples: int) -> None:
    found, expected = both(np.random.default_rng(0).normal(size=(5, num_samples)).astype(np.float32))

    np.testing.assert_allclose(found, expected, rtol=2e-7)


@pytest.mark.parametrize("num_samples", [16, 63, 128])
@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_the_embedding_is_as_near_to_float64_as_that_of_numpy(num_samples: int, offset: float) -> None:
    windows = (offset + 100 * np.random.default_rng(num_samples).normal(size=(300, num_samples))).astype(np.float32)
    embedder = fit_embedder([windows], 8)

    graph = WindowGraph()
    session = session_of(graph, embedding_nodes(graph, "windows", embedder), num_samples)
    (found,) = session.run(None, {"windows": windows})

    length = np.linalg.norm((windows - embedder.mean) / embedder.scale, axis=1).max()
    assert np.abs(found - reference_embedding(embedder, windows)).max() < 1e-5 * length
    np.testing.assert_allclose(found, embedder.embed(windows), atol=1e-5 * length)


def reference_embedding(embedder: Embedder, windows: np.ndarray) -> np.ndarray:
    return (windows.astype(np.float64) - embedder.mean) / embedder.scale @ embedder.components.T


def test_features_are_standardised_to_the_last_digit() -> None:
    random = np.random.default_rng(3)
    features = random.normal(1e4, 1, (500, 7)).astype(np.float32)
    mean, scale = features.mean(axis=0, dtype=np.float64), features.std(axis=0, dtype=np.float64)

    graph = WindowGraph()
    session = session_of(graph, standardised_nodes(graph, "windows", mean, scale, into="inputs"), 7)

    np.testing.assert_array_equal(session.run(None, {"windows": features})[0], standardise(features, mean, scale))
