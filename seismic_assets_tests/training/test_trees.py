import numpy as np
import pytest

from seismic_assets.attributes import standardise
from seismic_assets.training import fit_model
from seismic_assets.training.trees import (
    LEAF,
    forest_trees,
    gradient_boosting_trees,
    hist_gradient_boosting_trees,
    initial_scores,
    lightgbm_trees,
)
from seismic_assets_tests.training.building import fold, task


def leaf_values(tree, rows):
    """What each row's leaf holds, by walking down."""
    found = []
    for row in rows.astype(np.float64):
        node = 0
        while tree.left[node] != LEAF:
            value = row[tree.feature[node]]
            left = tree.missing_left[node] if np.isnan(value) else value <= tree.threshold[node]
            node = tree.left[node] if left else tree.right[node]
        found.append(tree.value[node])
    return np.array(found)


def walked(trees, initial, rows):
    scores = np.tile(initial, (len(rows), 1))
    for tree in trees:
        scores[:, tree.target] += leaf_values(tree, rows)[:, 0]
    return scores


def inputs(model, classes):
    return standardise(fold(40, 3, classes).features, model.feature_mean, model.feature_scale)


@pytest.mark.parametrize("classes", [(0, 1, 2), (0, 1, 1)], ids=["three", "two"])
@pytest.mark.parametrize(
    ("family", "trees_of", "scores_of"),
    [
        ("gradient_boosting", gradient_boosting_trees, lambda e, x: e.decision_function(x)),
        ("hist_gradient_boosting", hist_gradient_boosting_trees, lambda e, x: e.decision_function(x)),
        ("lightgbm", lightgbm_trees, lambda e, x: e.predict(x, raw_score=True)),
    ],
)
def test_the_trees_of_a_boosting_walked_down_give_its_scores(family, trees_of, scores_of, classes):
    model = fit_model(family, task(300, classes), 0)
    rows = inputs(model, classes)
    np.testing.assert_allclose(
        walked(*trees_of(model.estimator), rows), scores_of(model.estimator, rows).reshape(40, -1), rtol=1e-12
    )


@pytest.mark.parametrize("family", ["random_forest", "decision_tree"])
def test_the_trees_of_a_forest_walked_down_give_its_probabilities(family):
    model = fit_model(family, task(200), 0)
    rows = inputs(model, (0, 1, 2))
    votes = np.mean([leaf_values(tree, rows) for tree in forest_trees(model.estimator)], axis=0)
    np.testing.assert_allclose(votes, model.estimator.predict_proba(rows), atol=1e-12)


@pytest.mark.parametrize("classes", [(0, 1, 2), (0, 1, 1)], ids=["three", "two"])
def test_the_initial_scores_are_those_before_the_first_tree(classes):
    estimator = fit_model("gradient_boosting", task(300, classes), 0).estimator
    rows = np.zeros((1, 6), np.float32)
    first_stage = [each.predict(rows)[0] * estimator.learning_rate for each in estimator.estimators_[0]]
    after_one = next(estimator.staged_decision_function(rows))[0]
    np.testing.assert_allclose(initial_scores(estimator) + first_stage, after_one, rtol=1e-12)
