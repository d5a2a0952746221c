from dataclasses import replace

import numpy as np
import pytest

from seismic_assets.training import FoldData, TrainingData, TrainingError, feature_scale
from seismic_assets_tests.training.building import NAMES, task


def with_train(data, features=None, classes=None):
    train = FoldData(
        data.train.features if features is None else features, data.train.classes if classes is None else classes
    )
    return TrainingData(train, data.validation, data.feature_names)


def test_sound_data_is_returned_as_it_is():
    data = task()
    assert data.checked() is data
    assert len(data.train) == 900


@pytest.mark.parametrize("classes", [np.zeros(900, np.int32), np.zeros(0, np.int32)])
def test_fewer_than_two_classes_are_refused(classes):
    data = task()
    said = r"hold (one class where two are needed; label|no window with features)"
    with pytest.raises(TrainingError, match=said):
        with_train(data, data.train.features[: len(classes)], classes).checked()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_feature_that_is_not_finite_is_named(value):
    data = task()
    features = data.train.features.copy()
    features[7, 3] = features[9, 5] = value
    with pytest.raises(TrainingError, match=r"not finite in feature_3, feature_5; check the amplitudes"):
        with_train(data, features).checked()
    assert NAMES[3] == "feature_3"


def test_a_validation_feature_that_is_not_finite_is_named_too():
    data = task()
    features = data.validation.features.copy()
    features[3, 2] = np.nan
    broken = TrainingData(data.train, replace(data.validation, features=features), NAMES)
    with pytest.raises(TrainingError, match=r"the validation windows have values that are not finite in feature_2;"):
        broken.checked()


def test_windows_are_taken_with_all_that_is_known_of_them():
    whole = task().train
    part = whole.take(np.array([7, 3, 3]))
    for name in ("features", "classes", "blocks", "positions"):
        assert getattr(part, name).tolist() == getattr(whole, name)[[7, 3, 3]].tolist()
    bare = FoldData(whole.features, whole.classes).take(np.array([1]))
    assert bare.blocks is None
    assert bare.positions is None


def test_the_scale_of_a_feature_is_its_deviation_in_float64_and_one_where_it_does_not_vary():
    random = np.random.default_rng(0)
    features = np.stack([random.normal(1e6, 1, 5000), np.full(5000, 0.1), random.normal(0, 1e-6, 5000)], axis=1)
    features = features.astype(np.float32)
    mean, scale = feature_scale(features)
    np.testing.assert_allclose(mean, features.astype(np.float64).mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(scale[[0, 2]], features.astype(np.float64).std(axis=0)[[0, 2]], rtol=1e-9)
    assert scale[1] == 1
