import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from seismic_assets.training import (
    MODEL_FAMILIES,
    FoldData,
    TrainingData,
    TrainingError,
    fit_model,
    fit_shuffled_control,
)
from seismic_assets_tests.training.building import fold, task

FAMILIES = sorted(MODEL_FAMILIES)


def balanced_accuracy(model, test):
    predicted = np.array(model.trained_classes)[model.probabilities(test.features).argmax(axis=1)]
    return balanced_accuracy_score(test.classes, predicted)


@pytest.fixture(scope="module", params=FAMILIES)
def fitted(request):
    return request.param, fit_model(request.param, task(), 42)


def test_a_model_learns_what_can_be_learnt(fitted):
    assert balanced_accuracy(fitted[1], fold(600, 3)) > 0.75


def test_probabilities_are_those_of_the_trained_classes_and_sum_to_one(fitted):
    probabilities = fitted[1].probabilities(fold(50, 3).features)
    assert probabilities.shape == (50, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    assert fitted[1].trained_classes == (0, 1, 2)


def test_the_same_data_and_seed_give_the_same_model_to_the_last_bit(fitted):
    family, first = fitted
    second = fit_model(family, task(), 42)
    features = fold(500, 3).features
    assert first.probabilities(features).tobytes() == second.probabilities(features).tobytes()
    assert first.parameters == second.parameters


def test_the_standardisation_is_that_of_the_training_windows(fitted):
    features = task().train.features.astype(np.float64)
    np.testing.assert_allclose(fitted[1].feature_mean, features.mean(axis=0))
    np.testing.assert_allclose(fitted[1].feature_scale, features.std(axis=0))


@pytest.mark.parametrize("family", FAMILIES)
def test_validation_windows_stop_the_boosting_and_change_nothing_else(family):
    data = task()
    other = TrainingData(data.train, fold(300, 9), data.feature_names)
    first, second = fit_model(family, data, 1), fit_model(family, other, 1)
    assert (first.feature_mean == second.feature_mean).all()
    if family == "logistic_regression":
        assert (first.estimator.coef_ == second.estimator.coef_).all()
    else:
        assert first.estimator.n_iter_ < 200


@pytest.mark.parametrize("family", FAMILIES)
def test_class_indices_need_not_be_contiguous(family):
    model = fit_model(family, task(classes=(1, 4, 6)), 0)
    assert model.trained_classes == (1, 4, 6)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("validation", [(0, 1, 7), (7, 8, 9)])
def test_validation_classes_that_training_lacks_do_no_harm(family, validation):
    model = fit_model(family, task(validation_classes=validation), 0)
    assert model.trained_classes == (0, 1, 2)
    assert balanced_accuracy(model, fold(600, 3)) > 0.75


@pytest.mark.parametrize("family", FAMILIES)
def test_no_validation_window_at_all_is_possible(family):
    data = task()
    nothing = FoldData(data.validation.features[:0], data.validation.classes[:0])
    model = fit_model(family, TrainingData(data.train, nothing, data.feature_names), 0)
    assert balanced_accuracy(model, fold(600, 3)) > 0.75


@pytest.mark.parametrize("family", FAMILIES)
def test_a_single_class_is_refused_before_a_fit(family):
    with pytest.raises(TrainingError, match="label more of the survey"):
        fit_model(family, task(classes=(1, 1, 1)), 0)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_shuffled_control_is_near_chance_and_leaves_the_data_alone(family):
    data = task(3000)
    before = data.train.classes.copy()
    control = fit_shuffled_control(family, data, 42)
    assert balanced_accuracy(control, fold(2000, 3)) < 0.42
    assert (data.train.classes == before).all()
