import subprocess
import sys
from dataclasses import replace

import numpy as np
import optuna
import pytest

from seismic_assets.training import (
    DEFAULT_PARAMETERS,
    SEARCH_SPACES,
    FoldData,
    TrainingData,
    TrainingError,
    TuningOptions,
    Whole,
    spatial_folds,
    tune,
)
from seismic_assets_tests.training.building import FAMILIES, NAMES, task

QUICK = TuningOptions(families=("decision_tree", "logistic_regression"), trials=6, folds=3, study_name="study")
DATA = task(240, noise=2.0)


@pytest.fixture
def storage(tmp_path):
    return f"sqlite:///{tmp_path / 'tuning.db'}"


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """A storage with a study of a single trial, to be left as it is."""
    storage = f"sqlite:///{tmp_path_factory.mktemp('begun') / 'tuning.db'}"
    tune(DATA, replace(QUICK, trials=1), storage)
    return storage


def made(trials):
    """What a trial was and what it scored, without the time it took."""
    return [(each.state, each.family, each.parameters, each.score, each.fold_scores) for each in trials]


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return tune(DATA, QUICK, f"sqlite:///{tmp_path_factory.mktemp('study') / 'tuning.db'}")


def test_the_best_trial_is_the_answer(result):
    assert result.stopped_because == "trials"
    assert len(result.trials) == 6
    complete = [each for each in result.trials if each.state == "complete"]
    best = max(complete, key=lambda each: each.score)
    assert (result.best_score, result.best_family) == (best.score, best.family)
    assert result.best_parameters == best.parameters
    assert set(result.best_parameters) == set(SEARCH_SPACES[result.best_family])
    assert result.best_score > 0.6


def test_the_score_of_a_trial_is_the_mean_of_its_folds(result):
    for each in result.trials:
        if each.state == "complete":
            assert len(each.fold_scores) == 3
            assert each.score == pytest.approx(np.mean(each.fold_scores))
            assert 0 < each.weighted_f1 <= 1
        assert 0 < each.fit_seconds <= each.seconds
    assert sum(each.fit_seconds for each in result.trials) == pytest.approx(result.fit_seconds)
    assert result.fit_seconds < result.total_seconds


def test_every_parameter_tried_lies_in_its_space(result):
    for each in result.trials:
        assert [
            name for name, value in each.parameters.items() if not SEARCH_SPACES[each.family][name].holds(value)
        ] == []


def test_the_defaults_of_every_family_come_first(result):
    first = result.trials[:2]
    assert [each.is_default for each in result.trials] == [True] * 2 + [False] * 4
    assert {each.family: each.parameters for each in first} == {
        each: DEFAULT_PARAMETERS[each] for each in QUICK.families
    }


def test_the_default_of_histogram_gradient_boosting_comes_before_all_and_is_never_better_than_the_result(storage):
    families = ("decision_tree", "hist_gradient_boosting")
    found = tune(DATA, replace(QUICK, families=families, trials=3, folds=2), storage)
    assert found.trials[0].family == "hist_gradient_boosting"
    assert found.trials[0].is_default
    assert found.default_score == found.trials[0].score <= found.best_score


def test_without_histogram_gradient_boosting_there_is_no_default_to_compare_with(result):
    assert result.default_score is None


def test_the_score_is_that_of_a_fit_on_each_fold(result):
    from sklearn.metrics import f1_score

    from seismic_assets.training import fit_model

    expected = []
    for train, held_out in spatial_folds(DATA.train, 3):
        data = replace(DATA, train=DATA.train.take(train))
        probabilities = fit_model("decision_tree", data, 42).probabilities(DATA.train.features[held_out])
        expected.append(f1_score(DATA.train.classes[held_out], probabilities.argmax(axis=1), average="macro"))
    default = next(each for each in result.trials if each.family == "decision_tree")
    np.testing.assert_allclose(default.fold_scores, expected)


def test_the_same_seed_and_data_give_the_same_trials(result, storage):
    assert made(tune(DATA, QUICK, storage).trials) == made(result.trials)


def test_a_finished_study_asked_again_fits_nothing_and_says_the_same(storage):
    options = replace(QUICK, trials=3)
    first = tune(DATA, options, storage)
    heard = []
    again = tune(DATA, options, storage, heard.append)
    assert heard == []
    assert again.fit_seconds == 0
    assert again.trials == first.trials
    assert (again.best_family, again.best_parameters) == (first.best_family, first.best_parameters)


def test_an_interrupted_study_goes_on_and_ends_as_one_that_was_not(result, storage):
    class Interrupted(Exception):
        pass

    def interrupt_after_third(report):
        if report.number == 2:
            raise Interrupted

    with pytest.raises(Interrupted):
        tune(DATA, QUICK, storage, interrupt_after_third)
    heard = []
    assert made(tune(DATA, QUICK, storage, heard.append).trials) == made(result.trials)
    assert [each.number for each in heard] == [3, 4, 5]


KILLED = """
import os, sys
from seismic_assets.training import models, tune, tuning
from seismic_assets_tests.training.test_tuning import DATA, QUICK

fits = []
def fit_and_die(*arguments):
    fits.append(1)
    if len(fits) == 8:
        os._exit(9)
    return models.fit_model(*arguments)

tuning.fit_model = fit_and_die
tune(DATA, QUICK, sys.argv[1])
"""


@pytest.mark.slow
def test_a_process_killed_within_a_trial_leaves_nothing_that_counts(result, storage):
    assert subprocess.run([sys.executable, "-c", KILLED, storage], check=False).returncode == 9
    study = optuna.load_study(study_name="study", storage=storage)
    assert [trial.state.name for trial in study.trials].count("RUNNING") == 1
    assert made(tune(DATA, QUICK, storage).trials) == made(result.trials)


def test_a_trial_that_another_process_has_given_up_does_not_count(result, storage):
    tune(DATA, replace(QUICK, trials=2), storage)
    study = optuna.load_study(study_name="study", storage=storage)
    study.ask()
    study.tell(study.ask(), state=optuna.trial.TrialState.FAIL)
    assert made(tune(DATA, QUICK, storage).trials) == made(result.trials)


def test_a_default_that_was_being_tried_when_the_process_was_killed_is_tried_again(storage):
    tune(DATA, replace(QUICK, trials=1), storage)
    optuna.load_study(study_name="study", storage=storage).ask()
    found = tune(DATA, replace(QUICK, trials=2), storage)
    assert {each.family for each in found.trials if each.is_default} == set(QUICK.families)


@pytest.mark.slow
def test_no_search_ends_without_the_default_that_it_must_not_fall_behind(storage):
    families = ("hist_gradient_boosting", "decision_tree", "logistic_regression")
    at_once = KILLED.replace("== 8", "== 1").replace(
        "QUICK, sys", f"replace(QUICK, families={families}, trials=2), sys"
    )
    killed = subprocess.run([sys.executable, "-c", f"from dataclasses import replace{at_once}", storage], check=False)
    assert killed.returncode == 9
    found = tune(DATA, replace(QUICK, families=families, trials=2), storage)
    assert found.default_score is not None
    assert found.best_score >= found.default_score


def test_each_trial_is_told_as_soon_as_it_has_finished(storage):
    heard = []
    found = tune(DATA, replace(QUICK, trials=3), storage, heard.append)
    assert heard == found.trials


def test_when_the_time_is_up_one_trial_is_complete_and_no_further_one_starts(storage):
    found = tune(DATA, replace(QUICK, seconds=0.0), storage)
    assert [each.state for each in found.trials] == ["complete"]
    assert found.stopped_because == "time"


def test_the_search_stops_where_nothing_better_is_found(storage):
    found = tune(DATA, replace(QUICK, families=("logistic_regression",), trials=40, patience=4), storage)
    assert found.stopped_because == "plateau"
    assert 5 <= len(found.trials) < 40


@pytest.mark.slow
def test_a_trial_that_is_behind_is_pruned_and_says_so(storage):
    found = tune(DATA, replace(QUICK, trials=24), storage)
    pruned = [each for each in found.trials if each.state == "pruned"]
    assert pruned
    for each in pruned:
        assert 1 <= len(each.fold_scores) < 3
        assert each.score is None
        assert each.reason == f"behind the median of the others after {len(each.fold_scores)} of 3 folds"
    importance = found.parameter_importance
    assert sum(importance.values()) == pytest.approx(1)
    assert "family" in importance
    assert list(importance.values()) == sorted(importance.values(), reverse=True)
    assert {name.split(".")[0] for name in importance} - {"family"} <= set(QUICK.families)


def test_too_few_trials_say_nothing_of_importance(result):
    assert result.parameter_importance == {}


def test_a_trial_that_fails_is_recorded_with_its_reason_and_the_search_goes_on(storage, monkeypatch):
    space = {**SEARCH_SPACES["decision_tree"], "max_depth": Whole(-3, -1)}
    monkeypatch.setitem(SEARCH_SPACES, "decision_tree", space)
    found = tune(DATA, QUICK, storage)
    failed = [each for each in found.trials if each.state == "failed"]
    assert failed
    assert all(each.family == "decision_tree" and "max_depth" in each.reason for each in failed)
    assert all(each.score is None and each.fold_scores == () for each in failed)
    assert found.best_family == "logistic_regression"


def test_when_all_trials_fail_the_commonest_reason_is_said(storage, monkeypatch):
    space = {**SEARCH_SPACES["decision_tree"], "max_depth": Whole(-3, -1)}
    monkeypatch.setitem(SEARCH_SPACES, "decision_tree", space)
    with pytest.raises(TrainingError, match=r"none of the 3 trials of the study 'study' could be comp.*'max_depth'"):
        tune(DATA, replace(QUICK, families=("decision_tree",), trials=3), storage)


def test_a_study_of_another_search_space_is_refused_and_another_name_accepted(begun):
    said = "the study 'study' was made with another search space; choose another study name or delete the study"
    other = replace(QUICK, trials=1, families=("decision_tree",))
    with pytest.raises(TrainingError, match=said):
        tune(DATA, other, begun)
    assert len(tune(DATA, replace(other, study_name="new"), begun).trials) == 1


@pytest.mark.parametrize("changed", ["features", "classes", "blocks"])
def test_a_study_of_other_data_is_refused(begun, changed):
    value = getattr(DATA.train, changed).copy()
    value[0] = value[value != value[0]].flat[0] if value.ndim == 1 else 0.0
    other = replace(DATA, train=replace(DATA.train, **{changed: value}))
    with pytest.raises(TrainingError, match="the study 'study' was made with another training data; choose"):
        tune(other, QUICK, begun)


def test_a_study_scored_otherwise_is_refused(begun):
    with pytest.raises(TrainingError, match="another scoring"):
        tune(DATA, replace(QUICK, folds=4), begun)


def test_more_trials_may_be_asked_of_a_study(storage):
    tune(DATA, replace(QUICK, trials=2), storage)
    assert len(tune(DATA, replace(QUICK, trials=4, patience=9, seconds=100), storage).trials) == 4


def test_a_large_set_is_searched_on_a_sample(result, storage):
    options = replace(QUICK, trials=1, most_windows=120)
    assert tune(DATA, options, storage).trials[0].fold_scores != result.trials[0].fold_scores


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (task(90, (1, 1, 1)), "label more of the survey"),
        (replace(DATA, train=replace(DATA.train, blocks=None)), "do not say which spatial block"),
        (replace(DATA, train=replace(DATA.train, blocks=np.zeros(240, np.int32))), "lie in 1 spatial block"),
        (
            replace(DATA, train=replace(DATA.train, features=np.full((240, 6), np.nan, np.float32))),
            "not finite in feat",
        ),
        (
            replace(DATA, train=replace(DATA.train, classes=(np.arange(240) < 2).astype(np.int32))),
            "class 1 has 2 train",
        ),
    ],
)
def test_data_that_cannot_be_searched_on_are_refused_before_a_study_is_made(tmp_path, data, said):
    with pytest.raises(TrainingError, match=said):
        tune(data, QUICK, f"sqlite:///{tmp_path / 'tuning.db'}")
    assert not (tmp_path / "tuning.db").exists()


def test_a_family_whose_package_is_missing_is_refused_before_a_study_is_made(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    with pytest.raises(TrainingError, match="pip install"):
        tune(DATA, replace(QUICK, families=("decision_tree", "lightgbm")), f"sqlite:///{tmp_path / 'tuning.db'}")
    assert not (tmp_path / "tuning.db").exists()


def test_features_that_do_not_vary_and_no_validation_windows_are_fine(storage):
    features = DATA.train.features.copy()
    features[:, 4] = 3.0
    nothing = FoldData(features[:0], DATA.train.classes[:0])
    found = tune(
        TrainingData(replace(DATA.train, features=features), nothing, NAMES), replace(QUICK, trials=2), storage
    )
    assert [each.state for each in found.trials] == ["complete"] * 2


@pytest.mark.slow
def test_every_family_can_be_searched(storage):
    found = tune(DATA, TuningOptions(families=tuple(FAMILIES), trials=9, folds=2, slow_windows=60), storage)
    assert {each.family for each in found.trials} == set(FAMILIES)
    assert {each.state for each in found.trials} <= {"complete", "pruned"}
    assert found.best_score >= found.default_score
