from dataclasses import replace

import numpy as np
import onnxruntime
import pytest

from seismic_assets.attributes import standardise
from seismic_assets.training import (
    FoldData,
    TrainingData,
    TrainingError,
    apply_temperature,
    fit_model,
    to_onnx_bytes,
)
from seismic_assets.training.trees import (
    LEAF,
    forest_trees,
    gradient_boosting_trees,
    hist_gradient_boosting_trees,
    lightgbm_trees,
)
from seismic_assets_tests.training.building import FAMILIES, NAMES, fold, task

TREES = {
    "hist_gradient_boosting": lambda estimator: hist_gradient_boosting_trees(estimator)[0],
    "gradient_boosting": lambda estimator: gradient_boosting_trees(estimator)[0],
    "lightgbm": lambda estimator: lightgbm_trees(estimator)[0],
    "random_forest": forest_trees,
    "decision_tree": forest_trees,
}
CLASSES = {"three": (0, 2, 5), "two": (3, 3, 8)}
# Fewer trees than by default, so that the tests are quick.
FEWER = {"random_forest": {"n_estimators": 50}, "gradient_boosting": {"n_estimators": 50}}


@pytest.fixture(scope="module", params=[(family, name) for family in FAMILIES for name in CLASSES], ids="-".join)
def model(request):
    family, name = request.param
    return fit_model(family, task(classes=CLASSES[name]), 42, FEWER.get(family))


def answers(model, inputs):
    session = onnxruntime.InferenceSession(to_onnx_bytes(model), providers=["CPUExecutionProvider"])
    return session.run(["label", "probabilities"], {"features": inputs})


def assert_equal_to_the_estimator(model, inputs):
    label, probabilities = answers(model, inputs)
    assert label.dtype == np.int64
    assert label.tolist() == model.estimator.predict(inputs).tolist()
    expected = apply_temperature(model.estimator.predict_proba(inputs), model.temperature)
    assert probabilities.shape == expected.shape
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities, expected, atol=1e-6)


def typical_inputs(model, windows=2_000):
    return standardise(fold(windows, 3).features, model.feature_mean, model.feature_scale)


def test_the_graph_answers_as_scikit_learn_does(model):
    assert_equal_to_the_estimator(model, typical_inputs(model))


def test_the_graph_answers_alike_for_inputs_far_from_all_training(model):
    random = np.random.default_rng(0)
    assert_equal_to_the_estimator(model, (random.normal(size=(2_000, 6)) * 10.0 ** random.integers(-6, 7)).astype("f4"))


@pytest.mark.parametrize("name", sorted(CLASSES))
@pytest.mark.parametrize("family", sorted(TREES))
def test_the_graph_answers_alike_for_windows_on_a_threshold_and_beside_it(family, name):
    model = fit_model(family, task(classes=CLASSES[name]), 7, FEWER.get(family))
    trees = TREES[family](model.estimator)
    feature = np.concatenate([tree.feature[tree.left != LEAF] for tree in trees])[:1_000]
    threshold = np.concatenate([tree.threshold[tree.left != LEAF] for tree in trees])[:1_000].astype(np.float32)
    assert len(threshold) > 5
    for values in (
        threshold,
        np.nextafter(threshold, np.float32(np.inf)),
        np.nextafter(threshold, np.float32(-np.inf)),
    ):
        inputs = typical_inputs(model, len(feature))
        inputs[np.arange(len(feature)), feature] = values
        assert_equal_to_the_estimator(model, inputs)


def test_a_window_alone_is_answered_as_among_others(model):
    inputs = typical_inputs(model, 40)
    session = onnxruntime.InferenceSession(to_onnx_bytes(model), providers=["CPUExecutionProvider"])
    alone = [session.run(["label", "probabilities"], {"features": row[None]}) for row in inputs]
    label, probabilities = answers(model, inputs)
    assert [int(each[0][0]) for each in alone] == label.tolist()
    np.testing.assert_allclose(np.concatenate([each[1] for each in alone]), probabilities, atol=1e-6)


def test_the_temperature_is_part_of_the_graph_and_the_label_is_not_changed_by_it(model):
    softer = replace(model, temperature=1.7)
    inputs = typical_inputs(model, 1_000)
    assert_equal_to_the_estimator(softer, inputs)
    assert answers(softer, inputs)[0].tolist() == answers(model, inputs)[0].tolist()
    assert answers(softer, inputs)[1].max() < answers(model, inputs)[1].max()


@pytest.mark.parametrize("family", ["hist_gradient_boosting", "lightgbm"])
def test_values_that_are_missing_go_where_the_estimator_sends_them(family):
    model = fit_model(family, task(), 42)
    inputs = typical_inputs(model, 3_000)
    inputs[np.random.default_rng(0).random(inputs.shape) < 0.3] = np.nan
    assert_equal_to_the_estimator(model, inputs)


@pytest.mark.parametrize("family", FAMILIES)
def test_trees_of_a_single_leaf_have_a_graph(family):
    constant = FoldData(np.ones((60, 6), np.float32), np.arange(60, dtype=np.int32) % 3)
    model = fit_model(family, TrainingData(constant, constant, NAMES), 0)
    inputs = typical_inputs(model, 20)
    label, probabilities = answers(model, inputs)
    expected = model.estimator.predict_proba(inputs)
    np.testing.assert_allclose(probabilities, expected, atol=1e-6)
    assert label.tolist() == model.estimator.predict(inputs).tolist()


@pytest.mark.parametrize("classes", [(0, 1, 2), (0, 1, 1)], ids=["three", "two"])
def test_classes_with_the_same_number_of_votes_are_decided_alike(classes):
    deep = {"n_estimators": 50, "max_depth": 20, "min_samples_leaf": 1, "min_samples_split": 2, "class_weight": None}
    model = fit_model("random_forest", task(400, classes, noise=8.0), 0, deep)
    inputs = typical_inputs(model, 10_000)
    shares = np.sort(model.estimator.predict_proba(inputs), axis=1)
    assert (shares[:, -1] == shares[:, -2]).sum() > 10
    assert_equal_to_the_estimator(model, inputs)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_graph_is_the_same_bytes_for_the_same_model(family):
    graphs = [to_onnx_bytes(fit_model(family, task(200), 7, FEWER.get(family))) for _ in range(2)]
    assert graphs[0] == graphs[1]


def test_a_forest_too_large_for_a_graph_is_refused_before_it_is_written(monkeypatch):
    monkeypatch.setattr("seismic_assets.training.graph._LARGEST_BYTES", 1_000)
    with pytest.raises(TrainingError, match=r"nodes of 50 trees do not fit into an ONNX graph of 2 GB; lower max_dep"):
        to_onnx_bytes(fit_model("random_forest", task(100), 0, {"n_estimators": 50}))


def test_the_size_that_a_graph_is_thought_to_take_is_not_below_what_it_takes():
    from seismic_assets.training.graph import estimated_bytes

    for family in ("random_forest", "hist_gradient_boosting"):
        model = fit_model(family, task(600, noise=6.0), 0, FEWER.get(family))
        size = len(to_onnx_bytes(model))
        assert 0.7 * size < estimated_bytes(TREES[family](model.estimator)) < 3 * size
