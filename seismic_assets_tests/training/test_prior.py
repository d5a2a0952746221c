"""What a search is to begin with: tried first and once, and nothing is decided by it."""

from dataclasses import replace

import pytest

from seismic_assets.training import DEFAULT_PARAMETERS, TrainingError, TuningOptions, tune
from seismic_assets_tests.training.building import task

QUICK = TuningOptions(families=("decision_tree", "logistic_regression"), trials=4, folds=3, study_name="study")
DATA = task(240, noise=2.0)
STUMP = {"max_depth": 3, "min_samples_split": 20, "min_samples_leaf": 10, "class_weight": None}


def start(family, parameters):
    return {"family": family, **{f"{family}.{name}": value for name, value in parameters.items()}}


DEFAULT_LINE = start("logistic_regression", DEFAULT_PARAMETERS["logistic_regression"])
PRIOR = (DEFAULT_LINE, start("decision_tree", STUMP))


@pytest.fixture
def storage(tmp_path):
    return f"sqlite:///{tmp_path / 'tuning.db'}"


def test_the_prior_orders_the_defaults_and_its_own_starts_follow(storage):
    found = tune(DATA, replace(QUICK, prior=PRIOR), storage)

    assert [each.family for each in found.trials[:3]] == ["logistic_regression", "decision_tree", "decision_tree"]
    assert [each.is_default for each in found.trials] == [True, True, False, False]
    assert found.trials[2].parameters == STUMP


def test_every_family_is_tried_also_where_the_prior_names_one_alone(storage):
    found = tune(DATA, replace(QUICK, prior=PRIOR[:1]), storage)

    assert {each.family for each in found.trials if each.is_default} == set(QUICK.families)


def test_a_search_that_goes_on_tries_a_start_once(storage):
    tune(DATA, replace(QUICK, trials=3, prior=PRIOR), storage)
    found = tune(DATA, replace(QUICK, trials=6, prior=PRIOR), storage)

    assert sum(each.parameters == STUMP for each in found.trials) == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (start("random_forest", {}), "cannot begin with 'random_forest'"),
        (start("decision_tree", {**STUMP, "max_depth": 300}), "max_depth outside its space"),
        (start("decision_tree", {**STUMP, "colour": "red"}), "decision_tree.colour outside its space"),
        (start("decision_tree", {"max_depth": 3}), "class_weight"),
        ({}, "cannot begin with None"),
    ],
)
def test_a_prior_outside_the_search_space_is_refused(wrong, said):
    with pytest.raises(TrainingError, match=said):
        replace(QUICK, prior=(wrong,))
