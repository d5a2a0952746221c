from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from seismic_assets.attributes import (
    FEATURE_SETS,
    FeatureSet,
    Traces,
    WindowGrid,
    features_of,
    standardise,
    window_features,
)
from seismic_assets.inference import PredictionError, Predictor
from seismic_assets_tests.inference.building import (
    CLASSES,
    COMPONENTS,
    INTERVAL_US,
    SCALE,
    STEP,
    WINDOW,
    build_bundle,
    make_traces,
    placed,
)


def test_traces_like_the_training_ones_are_recognised(predictor: Predictor) -> None:
    predicted = predictor.predict(make_traces(60, seed=9), INTERVAL_US)

    expected = np.array([0, 1, 3])[np.arange(60) % 3]
    assert (predicted.probabilities.mean(axis=1).argmax(axis=1) == expected).mean() > 0.95


def test_probabilities_add_up_to_one_and_a_class_never_trained_has_none(predictor: Predictor) -> None:
    probabilities = predictor.predict(make_traces(6), INTERVAL_US).probabilities

    assert probabilities.shape == (6, 5, len(CLASSES))
    np.testing.assert_allclose(probabilities.sum(axis=2), 1, atol=1e-5)
    assert (probabilities[..., CLASSES.index("unseen")] == 0).all()


def test_dead_and_not_finite_traces_have_no_probabilities_and_change_no_other(predictor: Predictor) -> None:
    traces = make_traces(6)
    spoilt = traces.copy()
    spoilt[1], spoilt[2, 50], spoilt[4, 3] = 7.5, np.nan, np.inf

    whole, predicted = predictor.predict(traces, INTERVAL_US), predictor.predict(spoilt, INTERVAL_US)

    assert predicted.usable.tolist() == [True, False, False, True, False, True]
    assert np.isnan(predicted.probabilities[~predicted.usable]).all()
    np.testing.assert_allclose(
        predicted.probabilities[predicted.usable], whole.probabilities[predicted.usable], atol=1e-6
    )


def test_only_dead_traces_are_answered_too(predictor: Predictor) -> None:
    assert np.isnan(predictor.predict(np.zeros((2, 100), np.float32), INTERVAL_US).probabilities).all()


def test_windows_start_every_step_and_are_whole(predictor: Predictor) -> None:
    predicted = predictor.predict(make_traces(1, 100), INTERVAL_US)

    assert predicted.starts.tolist() == [0, STEP, 2 * STEP, 3 * STEP, 4 * STEP]
    assert (predicted.ends - predicted.starts == WINDOW).all()


def test_a_trace_shorter_than_a_window_is_one_window_that_ends_with_it(predictor: Predictor) -> None:
    predicted = predictor.predict(make_traces(2, 20), INTERVAL_US)

    assert (predicted.starts.tolist(), predicted.ends.tolist()) == ([0], [20])
    assert np.isfinite(predicted.probabilities).all()


def test_another_sample_interval_is_refused_with_both_intervals(predictor: Predictor) -> None:
    with pytest.raises(PredictionError, match=r"2000 us.*4000 us; resample"):
        predictor.predict(make_traces(1), 2000)


@pytest.mark.parametrize("batch", [1, 7, 64])
def test_probabilities_do_not_depend_on_the_size_of_the_batch(predictor: Predictor, batch: int) -> None:
    traces = make_traces(90, seed=3)

    parts = [
        predictor.predict(traces[first : first + batch], INTERVAL_US).probabilities for first in range(0, 90, batch)
    ]

    np.testing.assert_allclose(
        np.concatenate(parts), predictor.predict(traces, INTERVAL_US).probabilities, rtol=0, atol=1e-6
    )


def test_features_are_those_of_training(predictor: Predictor) -> None:
    traces = make_traces(4)
    windows = WindowGrid(WINDOW, STEP).cut(traces)

    features = predictor.features(Traces(traces, INTERVAL_US))

    assert features.shape == (20, 8 + COMPONENTS)
    np.testing.assert_array_equal(features, features_of(windows, INTERVAL_US, predictor.bundle.embedder))


def predict(predictor: Predictor, traces: Traces, scale: float | None = None) -> np.ndarray:
    predicted = predictor.predict(
        traces.samples, INTERVAL_US, scale, start_ms=traces.start_ms, neighbours=traces.neighbours
    )
    return predicted.probabilities


@pytest.mark.parametrize("normalise", ["none", "robust"])
@pytest.mark.parametrize("name", FEATURE_SETS)
def test_features_of_each_set_are_those_of_training(
    tmp_path: Path, name: str, normalise: Literal["none", "robust"]
) -> None:
    feature_set = FeatureSet(name, time=True)
    predictor = Predictor(build_bundle(tmp_path, "decision_tree", feature_set, normalise))
    scale = None if normalise == "none" else SCALE
    traces = placed(make_traces(30, seed=4))

    features = predictor.features(traces, scale)

    windows = traces.over(scale).windows(WindowGrid(WINDOW, STEP))
    np.testing.assert_array_equal(features, window_features(windows, predictor.bundle.embedder, feature_set))
    assert predict(predictor, traces, scale).reshape(150, -1) == pytest.approx(predictor.probabilities(features))


def test_the_lateral_model_recognises_traces_like_the_training_ones(lateral: Predictor) -> None:
    probabilities = predict(lateral, placed(make_traces(60, seed=9)))

    expected = np.array([0, 1, 3])[np.arange(60) % 3]
    assert (probabilities.mean(axis=1).argmax(axis=1) == expected).mean() > 0.95


def test_where_time_is_a_feature_times_are_asked_for(lateral: Predictor) -> None:
    traces = placed(make_traces(3))

    with pytest.raises(PredictionError, match=r"^the time of a window is a feature of this model; give start_ms, the"):
        lateral.predict(traces.samples, INTERVAL_US, neighbours=traces.neighbours)


def test_where_neighbours_are_needed_places_are_asked_for(lateral: Predictor) -> None:
    traces = placed(make_traces(3))

    with pytest.raises(PredictionError, match=r"^the model compares a trace with the traces around it; give the inlin"):
        lateral.predict(traces.samples, INTERVAL_US, start_ms=traces.start_ms)


def test_a_model_that_needs_neither_takes_both_and_does_not_look_at_them(predictor: Predictor) -> None:
    traces = placed(make_traces(30))

    np.testing.assert_array_equal(
        predict(predictor, traces), predictor.predict(traces.samples, INTERVAL_US).probabilities
    )
    assert not predictor.needs_neighbours


def test_a_dead_trace_leaves_the_others_their_own_times_and_neighbours(lateral: Predictor) -> None:
    samples = make_traces(60)
    samples[25] = 7.5
    traces = placed(samples)
    alive = np.arange(60) != 25

    probabilities = predict(lateral, traces)

    np.testing.assert_allclose(probabilities[alive], predict(lateral, traces.of(alive)), atol=1e-6)
    assert np.isnan(probabilities[25]).all()


def test_what_the_graph_itself_answers_are_the_trained_classes(predictor: Predictor) -> None:
    features = predictor.features(Traces(make_traces(4), INTERVAL_US))
    bundle = predictor.bundle

    answered = predictor.trained_probabilities(standardise(features, bundle.feature_mean, bundle.feature_scale))

    assert answered.shape == (20, 3)
    np.testing.assert_array_equal(predictor.probabilities(features)[:, bundle.manifest.trained_classes], answered)
