import numpy as np
import pytest

from seismic_assets.attributes import WindowGrid, features_of
from seismic_assets.inference import PredictionError, Predictor
from seismic_assets_tests.inference.building import CLASSES, COMPONENTS, INTERVAL_US, STEP, WINDOW, make_traces


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

    features = predictor.features(traces, INTERVAL_US)

    assert features.shape == (20, 8 + COMPONENTS)
    np.testing.assert_array_equal(features, features_of(windows, INTERVAL_US, predictor.bundle.embedder))
