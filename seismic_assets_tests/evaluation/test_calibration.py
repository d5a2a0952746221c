import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import log_loss

from seismic_assets.evaluation import EvaluationError, measure_calibration
from seismic_assets.evaluation.calibration import expected_calibration_error


def brute_force_error(truth, probabilities, bins):
    total = 0.0
    for index in range(bins):
        low, high = index / bins, (index + 1) / bins
        inside = [row for row in range(len(truth)) if low < probabilities[row].max() <= high]
        if inside:
            right = np.mean([probabilities[row].argmax() == truth[row] for row in inside])
            total += len(inside) / len(truth) * abs(right - np.mean([probabilities[row].max() for row in inside]))
    return total


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), windows=st.integers(1, 120), classes=st.integers(2, 6), bins=st.integers(1, 20))
def test_figures_are_those_of_the_formulas(seed, windows, classes, bins):
    random = np.random.default_rng(seed)
    probabilities = random.dirichlet(np.full(classes, 0.5), windows)
    truth = random.integers(0, classes, windows)
    assert expected_calibration_error(truth, probabilities, bins) == pytest.approx(
        brute_force_error(truth, probabilities, bins)
    )
    found = measure_calibration(truth, probabilities)
    assert found.expected_error == pytest.approx(brute_force_error(truth, probabilities, 15))
    assert found.brier == pytest.approx(np.square(probabilities - np.eye(classes)[truth]).sum(axis=1).mean())
    assert found.log_loss == pytest.approx(log_loss(truth, probabilities, labels=range(classes)))


def test_a_model_that_says_what_it_knows_is_calibrated_and_a_boaster_is_not():
    random = np.random.default_rng(0)
    probabilities = random.dirichlet([1, 1, 1], 20_000)
    truth = (random.random(20_000)[:, None] > probabilities.cumsum(axis=1)).sum(axis=1)
    honest = measure_calibration(truth, probabilities)
    sharpened = probabilities**3 / (probabilities**3).sum(axis=1, keepdims=True)
    boaster = measure_calibration(truth, sharpened)
    assert honest.expected_error < 0.015
    assert boaster.expected_error > 0.15
    assert boaster.log_loss > honest.log_loss
    assert boaster.brier > honest.brier


def test_sure_and_right_is_perfect_sure_and_wrong_is_worst():
    truth = np.array([0, 1, 1])
    best, worst = measure_calibration(truth, np.eye(2)[truth]), measure_calibration(truth, np.eye(2)[1 - truth])
    assert (best.expected_error, best.brier, best.log_loss) == (0, 0, 0)
    assert (worst.expected_error, worst.brier) == (1, 2)
    assert worst.log_loss == pytest.approx(-np.log(1e-15))
    assert json.loads(json.dumps(best.as_dict()))["windows"] == 3


@pytest.mark.parametrize(("labels", "rows"), [(0, 0), (2, 3)])
def test_nothing_to_measure_is_refused(labels, rows):
    with pytest.raises(EvaluationError, match="per window"):
        measure_calibration(np.zeros(labels, int), np.full((rows, 2), 0.5))
