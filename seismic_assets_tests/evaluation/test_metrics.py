import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from seismic_assets.evaluation import majority_scores, score

NAMES = ("sand", "shale", "salt", "chalk")


def random_case(seed, classes=4, windows=200, missing=()):
    """Truth and probabilities that lean towards it; classes in `missing` do not occur in the truth."""
    random = np.random.default_rng(seed)
    present = [index for index in range(classes) if index not in missing]
    truth = random.choice(present, windows).astype(np.int32)
    probabilities = random.dirichlet(np.ones(classes), windows)
    probabilities[np.arange(windows), truth] += random.uniform(0, 0.5, windows)
    return truth, probabilities / probabilities.sum(axis=1, keepdims=True)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), windows=st.integers(40, 200), missing=st.sets(st.integers(0, 3), max_size=2))
def test_scores_are_scikit_learn_s(seed, windows, missing):
    truth, probabilities = random_case(seed, windows=windows, missing=missing)
    predicted = probabilities.argmax(axis=1)
    scores = score(truth, probabilities, NAMES)
    assert scores.windows == windows
    assert scores.accuracy == pytest.approx(metrics.accuracy_score(truth, predicted))
    occurring = np.unique(truth)
    assert scores.balanced_accuracy == pytest.approx(
        metrics.recall_score(truth, predicted, labels=occurring, average="macro")
    )
    for average in ("macro", "weighted"):
        expected = metrics.precision_recall_fscore_support(truth, predicted, average=average, zero_division=0)
        found = [getattr(scores, f"{name}_{average}") for name in ("precision", "recall", "f1")]
        assert found == pytest.approx(expected[:3])
    assert scores.confusion == metrics.confusion_matrix(truth, predicted, labels=range(4)).tolist()
    by_class = metrics.precision_recall_fscore_support(truth, predicted, labels=range(4), zero_division=0)
    for index, name in enumerate(NAMES):
        found = [scores.per_class[name][key] for key in ("precision", "recall", "f1", "support")]
        assert found == pytest.approx([column[index] for column in by_class])


@pytest.mark.parametrize("seed", range(3))
def test_the_area_under_the_curve_is_scikit_learn_s_one_against_the_rest(seed):
    truth, probabilities = random_case(seed)
    expected = metrics.roc_auc_score(truth, probabilities, multi_class="ovr", average="macro")
    assert score(truth, probabilities, NAMES).roc_auc_macro == pytest.approx(expected)


def test_classes_without_truth_do_not_count_in_the_area():
    truth, probabilities = random_case(0, missing=(1, 3))
    expected = np.mean([metrics.roc_auc_score(truth == index, probabilities[:, index]) for index in (0, 2)])
    assert score(truth, probabilities, NAMES).roc_auc_macro == pytest.approx(expected)


def test_a_single_class_has_no_area():
    scores = score(np.zeros(5, np.int32), np.full((5, 2), 0.5), NAMES[:2])
    assert scores.roc_auc_macro is None
    assert "test_roc_auc_macro" not in scores.headline("test")


def test_a_perfect_model_scores_one_and_no_class_is_invented():
    truth = np.array([0, 2, 2, 0], np.int32)
    scores = score(truth, np.eye(4)[truth], NAMES)
    assert set(scores.headline("test").values()) == {1.0}
    assert scores.per_class["shale"] == {"precision": 0, "recall": 0, "f1": 0, "support": 0}


def test_the_majority_baseline_answers_the_commonest_training_class():
    train, test = np.array([1, 1, 0, 2], np.int32), np.array([0, 1, 1, 2, 2, 2], np.int32)
    scores = majority_scores(train, test, NAMES[:3])
    assert scores.accuracy == pytest.approx(2 / 6)
    assert scores.balanced_accuracy == pytest.approx(1 / 3)
    assert scores.f1_macro == pytest.approx((2 * 2 / 8) / 3)
    assert scores.roc_auc_macro == pytest.approx(0.5)
    assert np.array(scores.confusion)[:, 1].tolist() == [1, 2, 3]


def test_headlines_carry_a_prefix_and_scores_are_plain_json():
    scores = score(*random_case(0), NAMES)
    assert scores.headline("test")["test_f1_macro"] == scores.f1_macro
    assert len(scores.headline("test")) == 9
    assert json.loads(json.dumps(scores.as_dict())) == scores.as_dict()
