"""The proof that the geology can be learnt: a model names the windows of surveys that it never saw."""

import pytest

from benchmarks.unseen_survey import BASELINE, CONTROL, MAJORITY, MODEL, score_unseen


@pytest.fixture(scope="module")
def scores():
    return score_unseen(1000, train_windows=16_000, test_windows=9_000)


@pytest.mark.slow
def test_the_classic_features_reach_a_macro_f1_of_080_on_surveys_never_seen(scores):
    assert scores[MODEL].f1_macro >= 0.80


@pytest.mark.slow
def test_the_labels_are_not_so_plain_that_a_linear_model_finds_them_as_well(scores):
    assert scores[BASELINE].f1_macro < scores[MODEL].f1_macro - 0.05


@pytest.mark.slow
def test_the_majority_class_and_shuffled_labels_score_as_chance_does(scores):
    assert scores[MAJORITY].f1_macro == pytest.approx(0.667 / 3, abs=0.01)
    assert scores[CONTROL].f1_macro < 0.40


@pytest.mark.slow
def test_every_class_is_found_and_not_the_common_one_alone(scores):
    assert min(each["recall"] for each in scores[MODEL].per_class.values()) > 0.65
