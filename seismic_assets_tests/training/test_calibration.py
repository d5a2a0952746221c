from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import log_loss

from seismic_assets.training import apply_temperature, calibrated, fit_model, fit_temperature, temperature_helps
from seismic_assets_tests.training.building import fold, task

some_probabilities = hnp.arrays(np.float64, (7, 4), elements=st.floats(1e-6, 1)).map(
    lambda drawn: drawn / drawn.sum(axis=1, keepdims=True)
)


def honest(windows: int, seed: int):
    """Probabilities, classes drawn by them, and blocks."""
    random = np.random.default_rng(seed)
    probabilities = random.dirichlet([1, 1, 1], windows)
    classes = (probabilities.cumsum(axis=1) < random.random((windows, 1))).sum(axis=1)
    return probabilities, classes, random.integers(0, 20, windows)


@given(some_probabilities, st.floats(0.1, 10))
def test_a_temperature_keeps_the_order_of_the_classes_and_the_sum_of_one(probabilities, temperature):
    changed = apply_temperature(probabilities, temperature)
    np.testing.assert_allclose(changed.sum(axis=1), 1)
    rows = np.arange(7)
    assert (changed[rows, probabilities.argmax(axis=1)] == changed.max(axis=1)).all()
    assert (np.diff(np.take_along_axis(changed, probabilities.argsort(axis=1), 1), axis=1) >= 0).all()


def test_a_temperature_of_one_gives_the_very_probabilities():
    probabilities = np.array([[0.0, 1.0], [1e-12, 1 - 1e-12]])
    assert apply_temperature(probabilities, 1.0).tolist() == probabilities.tolist()


def test_a_probability_of_nothing_counts_as_a_ten_millionth():
    np.testing.assert_allclose(apply_temperature(np.array([[0.0, 1.0]]), 2.0)[0, 0], 10**-3.5, rtol=1e-3)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_that_spoilt_probabilities_is_found(temperature):
    probabilities, classes, _ = honest(20_000, 0)
    spoilt = apply_temperature(probabilities, 1 / temperature)
    assert fit_temperature(spoilt, classes) == pytest.approx(temperature, rel=0.05)


def test_the_temperature_found_has_the_least_log_loss():
    probabilities, classes, _ = honest(500, 1)
    found = fit_temperature(probabilities, classes)
    losses = [log_loss(classes, apply_temperature(probabilities, found * each)) for each in (0.97, 1, 1.03)]
    assert losses[1] < min(losses[0], losses[2])


def test_a_temperature_helps_what_is_too_sure():
    probabilities, classes, blocks = honest(2_000, 2)
    assert temperature_helps(apply_temperature(probabilities, 0.4), classes, blocks)


def test_a_temperature_does_not_help_where_one_half_of_the_blocks_is_too_sure_and_the_other_not_sure_enough():
    probabilities, classes, _ = honest(2_000, 3)
    blocks = np.repeat([0, 1], [1_001, 999])
    mixed = np.where(blocks[:, None] == 0, apply_temperature(probabilities, 0.4), apply_temperature(probabilities, 2.5))
    assert not temperature_helps(mixed, classes, blocks)


def test_a_single_block_shows_nothing():
    probabilities, classes, blocks = honest(2_000, 2)
    assert not temperature_helps(apply_temperature(probabilities, 0.4), classes, np.zeros_like(blocks))


@pytest.fixture(scope="module")
def too_sure():
    return fit_model("decision_tree", task(noise=6.0), 0, {"max_depth": 30, "min_samples_leaf": 1})


def test_a_model_that_is_too_sure_is_softened_and_decides_as_before(too_sure):
    model = calibrated(too_sure, fold(900, 5, noise=6.0))
    test = fold(2_000, 6, noise=6.0)
    before, after = too_sure.probabilities(test.features), model.probabilities(test.features)
    assert model.temperature > 2
    clipped = apply_temperature(before, 1 + 1e-12)
    assert log_loss(test.classes, after) < 0.8 * log_loss(test.classes, clipped)
    assert (before.argmax(axis=1) == after.argmax(axis=1)).all()


def test_a_model_calibrated_twice_is_calibrated_once(too_sure):
    once = calibrated(too_sure, fold(900, 5, noise=6.0))
    assert calibrated(once, fold(900, 5, noise=6.0)).temperature == once.temperature


def test_without_blocks_a_model_stays_as_it_is(too_sure):
    assert calibrated(too_sure, replace(fold(900, 5, noise=6.0), blocks=None)).temperature == 1.0


def test_windows_of_classes_that_the_model_does_not_know_take_no_part(too_sure):
    validation = fold(900, 5, noise=6.0)
    more = fold(300, 8, classes=(7, 8, 9))
    together = replace(
        validation,
        features=np.concatenate([validation.features, more.features]),
        classes=np.concatenate([validation.classes, more.classes]),
        blocks=np.concatenate([validation.blocks, more.blocks]),
        positions=np.concatenate([validation.positions, more.positions]),
    )
    assert calibrated(too_sure, together).temperature == calibrated(too_sure, validation).temperature
    assert calibrated(too_sure, more).temperature == 1.0
