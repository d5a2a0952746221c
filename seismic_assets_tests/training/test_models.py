import warnings
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score
from threadpoolctl import threadpool_limits

from seismic_assets.training import (
    DEFAULT_PARAMETERS,
    FoldData,
    TrainingData,
    TrainingError,
    apply_temperature,
    fit_model,
    fit_shuffled_control,
)
from seismic_assets_tests.training.building import FAMILIES, NAMES, fold, task

# Fewer trees than by default, so that the tests are quick.
FEWER = {"random_forest": {"n_estimators": 50}}


def balanced_accuracy(model, test):
    predicted = np.array(model.trained_classes)[model.probabilities(test.features).argmax(axis=1)]
    return balanced_accuracy_score(test.classes, predicted)


@pytest.fixture(scope="module", params=FAMILIES)
def fitted(request):
    return request.param, fit_model(request.param, task(), 42, FEWER.get(request.param))


def test_a_model_learns_what_can_be_learnt(fitted):
    assert balanced_accuracy(fitted[1], fold(600, 3)) > 0.75


def test_probabilities_are_those_of_the_trained_classes_and_sum_to_one(fitted):
    probabilities = fitted[1].probabilities(fold(50, 3).features)
    assert probabilities.shape == (50, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    assert fitted[1].trained_classes == (0, 1, 2)


def test_the_same_data_and_seed_give_the_same_model_to_the_last_bit(fitted):
    family, first = fitted
    second = fit_model(family, task(), 42, FEWER.get(family))
    features = fold(500, 3).features
    assert first.probabilities(features).tobytes() == second.probabilities(features).tobytes()
    assert first.parameters == second.parameters


def test_the_standardisation_is_that_of_the_training_windows(fitted):
    features = task().train.features.astype(np.float64)
    np.testing.assert_allclose(fitted[1].feature_mean, features.mean(axis=0))
    np.testing.assert_allclose(fitted[1].feature_scale, features.std(axis=0))


ROUNDS = {"hist_gradient_boosting": "n_iter_", "gradient_boosting": "n_estimators_", "lightgbm": "n_estimators_"}


@pytest.mark.parametrize("family", sorted(ROUNDS))
def test_validation_windows_stop_the_boosting(family):
    model = fit_model(family, task(noise=3.0), 1)
    assert 1 < getattr(model.estimator, ROUNDS[family]) < 200


@pytest.mark.parametrize("family", FAMILIES)
def test_validation_windows_change_nothing_but_the_end_of_the_boosting(family):
    data = task()
    other = TrainingData(data.train, fold(300, 9), data.feature_names)
    first, second = (fit_model(family, each, 1, FEWER.get(family)) for each in (data, other))
    assert (first.feature_mean == second.feature_mean).all()
    if family not in ROUNDS:
        features = fold(200, 3).features
        assert first.probabilities(features).tobytes() == second.probabilities(features).tobytes()


@pytest.mark.parametrize("family", FAMILIES)
def test_class_indices_need_not_be_contiguous(family):
    model = fit_model(family, task(300, (1, 4, 6)), 0)
    assert model.trained_classes == (1, 4, 6)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("validation", [(0, 1, 7), (7, 8, 9)])
def test_validation_classes_that_training_lacks_do_no_harm(family, validation):
    model = fit_model(family, task(validation_classes=validation), 0, FEWER.get(family))
    assert model.trained_classes == (0, 1, 2)
    assert balanced_accuracy(model, fold(600, 3)) > 0.75


@pytest.mark.parametrize("family", FAMILIES)
def test_no_validation_window_at_all_is_possible(family):
    data = task()
    nothing = FoldData(data.validation.features[:0], data.validation.classes[:0])
    model = fit_model(family, TrainingData(data.train, nothing, data.feature_names), 0, FEWER.get(family))
    assert balanced_accuracy(model, fold(600, 3)) > 0.75


@pytest.mark.parametrize("family", FAMILIES)
def test_a_single_class_is_refused_before_a_fit(family):
    with pytest.raises(TrainingError, match="label more of the survey"):
        fit_model(family, task(classes=(1, 1, 1)), 0)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_shuffled_control_is_near_chance_and_leaves_the_data_alone(family):
    data = task(3000)
    before = data.train.classes.copy()
    control = fit_shuffled_control(family, data, 42, FEWER.get(family))
    assert balanced_accuracy(control, fold(2000, 3)) < 0.42
    assert (data.train.classes == before).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_two_threads_give_the_same_model_as_one(family):
    features = fold(500, 3).features
    with threadpool_limits(limits=1):
        alone = fit_model(family, task(), 42, FEWER.get(family))
    assert (
        alone.probabilities(features).tobytes()
        == fit_model(family, task(), 42, FEWER.get(family)).probabilities(features).tobytes()
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_features_that_do_not_vary_do_no_harm(family):
    data = task()

    def with_constant(of):
        features = of.features.copy()
        features[:, 3] = 0.1
        return replace(of, features=features)

    model = fit_model(
        family, TrainingData(with_constant(data.train), with_constant(data.validation), NAMES), 0, FEWER.get(family)
    )
    assert balanced_accuracy(model, with_constant(fold(600, 3))) > 0.75


@pytest.mark.parametrize("family", FAMILIES)
def test_windows_that_are_all_alike_are_told_apart_by_nothing(family):
    constant = FoldData(np.ones((60, 6), np.float32), np.arange(60, dtype=np.int32) % 3)
    probabilities = fit_model(family, TrainingData(constant, constant, NAMES), 0).probabilities(constant.features)
    np.testing.assert_allclose(probabilities, np.broadcast_to(probabilities[0], (60, 3)))
    np.testing.assert_allclose(probabilities, 1 / 3, atol=0.15)


def test_parameters_override_the_defaults_and_the_rest_stays():
    model = fit_model("decision_tree", task(), 0, {"max_depth": 3})
    assert model.estimator.get_depth() == 3
    assert model.parameters["max_depth"] == 3
    assert model.parameters["min_samples_leaf"] == DEFAULT_PARAMETERS["decision_tree"]["min_samples_leaf"]


def test_the_temperature_of_a_model_softens_its_probabilities():
    model = fit_model("decision_tree", task(), 0)
    features = fold(50, 3).features
    softer = replace(model, temperature=2.0)
    np.testing.assert_allclose(softer.probabilities(features), apply_temperature(model.probabilities(features), 2.0))
    assert softer.probabilities(features).max() < model.probabilities(features).max()


def test_a_fit_warns_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for family in FAMILIES:
            fit_model(family, task(100), 0, FEWER.get(family)).probabilities(fold(20, 3).features)
        for penalty in ("l1", "l2"):
            fit_model("logistic_regression", task(300), 0, {"penalty": penalty, "C": 100.0})


def test_an_l1_penalty_leaves_features_out_and_an_l2_penalty_does_not():
    l1, l2 = (fit_model("logistic_regression", task(), 0, {"penalty": each, "C": 0.02}) for each in ("l1", "l2"))
    assert (l1.estimator.coef_ == 0).sum() > 3
    assert (l2.estimator.coef_ != 0).all()
