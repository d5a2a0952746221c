"""One graph from samples to probabilities beside the path that serves."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.attributes import WindowGrid
from seismic_assets.inference import Predictor
from seismic_assets.inference.single_graph import SingleGraphError, facts_of, single_graph, with_facts, write_graph
from seismic_assets.inference.single_graph_check import compare
from seismic_assets_tests.inference.building import CLASSES, COMPONENTS, INTERVAL_US, SCALE, STEP, WINDOW, make_traces
from seismic_assets_tests.inference.single_graphs import FAMILIES, served, some_windows


@pytest.mark.parametrize("family", FAMILIES)
def test_the_graph_answers_as_the_predictor_does(family: str) -> None:
    pair, traces = served(family), make_traces(60, seed=9)

    predicted = Predictor(pair.bundle).predict(traces, INTERVAL_US).probabilities.reshape(-1, len(CLASSES))
    probabilities, label = pair.answers(WindowGrid(WINDOW, STEP).cut(traces))

    assert (probabilities.dtype, label.dtype) == (np.float32, np.int64)
    np.testing.assert_allclose(probabilities, predicted, atol=1e-5)
    np.testing.assert_array_equal(label, predicted.argmax(axis=1))
    assert set(label) == {0, 1, 3}
    assert (probabilities[:, CLASSES.index("unseen")] == 0).all()


@given(st.sampled_from(FAMILIES[:3]), st.integers(0, 2**16), st.floats(0.01, 100), st.floats(-100, 100))
@settings(max_examples=25, deadline=None)
def test_windows_of_any_strength_and_offset_are_labelled_alike(
    family: str, seed: int, strength: float, offset: float
) -> None:
    pair, windows = served(family), some_windows(40, seed)
    moved = replace(windows, samples=(windows.samples * strength + offset).astype(np.float32))

    found = compare(pair.bundle, pair.graph, moved)

    assert found.windows == 200
    assert found.labels_equal >= 0.99
    assert found.probabilities_equal >= 0.99


def test_one_window_is_answered_as_in_company() -> None:
    pair, windows = served(), some_windows(3).samples

    together, _ = pair.answers(windows)
    alone = np.concatenate([pair.answers(window[None])[0] for window in windows])

    np.testing.assert_allclose(alone, together, atol=1e-5)


def test_amplitudes_are_divided_by_the_scale_that_is_given() -> None:
    pair, windows = served(normalise="robust"), some_windows(30, seed=4)
    as_trained = windows.samples / np.float32(SCALE)

    _, with_scale = pair.answers(windows.samples, amplitude_scale=np.array([SCALE], np.float32))
    _, already = pair.answers(as_trained, amplitude_scale=np.ones(1, np.float32))

    np.testing.assert_array_equal(with_scale, already)
    assert len(set(with_scale)) == 3
    assert compare(pair.bundle, pair.graph, windows, SCALE).labels_equal == 1
    assert compare(pair.bundle, pair.graph, windows, 100 * SCALE).labels_equal == 1


@pytest.mark.parametrize("scale", [0.0, -1.0, np.nan])
def test_a_scale_that_is_none_gives_no_answer(scale: float) -> None:
    probabilities, label = served(normalise="robust").answers(
        some_windows(1).samples, amplitude_scale=np.array([scale], np.float32)
    )

    assert np.isnan(probabilities).all()
    assert (label == -1).all()


def test_the_time_of_a_window_is_an_input_where_the_model_sees_it() -> None:
    pair, windows = served("logistic_regression", time=True), some_windows(30, seed=4)
    later = replace(windows, centre_ms=windows.centre_ms + np.float32(5000))

    now, _ = pair.answers(windows.samples, centre_time_ms=windows.centre_ms)
    then, _ = pair.answers(later.samples, centre_time_ms=later.centre_ms)

    assert np.abs(now - then).max() > 1e-3
    assert compare(pair.bundle, pair.graph, windows).probabilities_equal == 1
    assert compare(pair.bundle, pair.graph, later).probabilities_equal == 1


def test_a_broken_window_has_no_answer_and_changes_no_other() -> None:
    pair, windows = served(), some_windows(4).samples
    spoilt = windows.copy()
    spoilt[1, 3], spoilt[2, 0], spoilt[4, -1], spoilt[5, 7] = np.nan, np.inf, -np.inf, 2e15

    whole, whole_label = pair.answers(windows)
    probabilities, label = pair.answers(spoilt)

    broken = np.isin(np.arange(len(windows)), [1, 2, 4, 5])
    assert np.isnan(probabilities[broken]).all()
    assert (label[broken] == -1).all()
    np.testing.assert_array_equal(probabilities[~broken], whole[~broken])
    np.testing.assert_array_equal(label[~broken], whole_label[~broken])


def test_no_window_has_no_answer() -> None:
    probabilities, label = served().answers(np.zeros((0, WINDOW), np.float32))

    assert (probabilities.shape, label.shape) == ((0, len(CLASSES)), (0,))


def test_the_graph_is_valid_says_its_shapes_and_is_the_same_each_time() -> None:
    pair = served(normalise="robust", time=True)
    model = onnx.load_model_from_string(pair.graph)

    onnx.checker.check_model(model)
    shapes = {
        each.name: [d.dim_param or d.dim_value for d in each.type.tensor_type.shape.dim]
        for each in [*model.graph.input, *model.graph.output]
    }
    assert shapes == {
        "windows": ["m", WINDOW],
        "amplitude_scale": [1],
        "centre_time_ms": ["m"],
        "probabilities": ["m", len(CLASSES)],
        "label": ["m"],
    }
    assert single_graph(pair.bundle) == pair.graph


def test_the_graph_carries_what_it_is_and_what_is_added() -> None:
    graph = with_facts(served().graph, {"version": "7"})

    facts = facts_of(graph)
    assert facts["classes"] == '["quiet", "loud", "unseen", "fast"]'
    wanted = ("sample_interval_us", "window_samples", "dataset_digest", "version")
    assert [facts[name] for name in wanted] == ["4000", "32", "abc", "7"]
    assert facts_of(with_facts(graph, {"version": "8"}))["version"] == "8"


@pytest.mark.parametrize("family", ["hist_gradient_boosting", "logistic_regression"])
def test_the_extended_features_are_held_too(family: str) -> None:
    pair, windows = served(family, feature_set="extended"), some_windows(60, seed=9)

    found = compare(pair.bundle, pair.graph, windows)

    assert set(pair.answers(windows.samples)[1]) == {0, 1, 3}
    assert (found.windows, found.labels_equal) == (300, 1.0)
    assert found.probabilities_equal >= 0.99


def test_features_of_the_traces_around_are_refused_with_what_to_use_instead() -> None:
    bundle = served().bundle
    other = replace(bundle, manifest=bundle.manifest.model_copy(update={"feature_set": "lateral"}))

    with pytest.raises(SingleGraphError, match=r"feature set lateral.*the traces around it.*`seismic serve`"):
        single_graph(other)


def test_another_embedding_is_refused_by_its_name() -> None:
    class Network:
        window_samples, num_components = WINDOW, COMPONENTS

    with pytest.raises(SingleGraphError, match="is a Network; the graph holds principal components alone"):
        single_graph(replace(served().bundle, embedder=Network()))


def test_a_model_that_takes_something_else_is_refused() -> None:
    model = onnx.load_model_from_string(served().bundle.graphs["model"])
    renamed = onnx.compose.add_prefix(model, "other_")

    with pytest.raises(SingleGraphError, match="takes other_features"):
        single_graph(replace(served().bundle, graphs={"model": renamed.SerializeToString()}))


def test_a_graph_that_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    write_graph(tmp_path / "model.onnx", b"first")
    (tmp_path / ".model.onnx.part").mkdir()

    with pytest.raises(IsADirectoryError):
        write_graph(tmp_path / "model.onnx", b"second")

    assert (tmp_path / "model.onnx").read_bytes() == b"first"
