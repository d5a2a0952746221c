from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.insights.tuning import tuning_insight
from seismic_assets.insights.tuning_findings import against, convergence, touched_bounds
from seismic_assets.training import DEFAULT_PARAMETERS, SEARCH_SPACES, TrialReport
from seismic_assets_tests.insights.saying import assert_sound, text_of

HIST = "hist_gradient_boosting"


def trial(number, score, family=HIST, state="complete", **changed):
    folds = () if score is None else tuple(score + step for step in (-0.02, 0.0, 0.02))
    reason = "" if state == "complete" else "behind the median of the others after 1 of 3 folds"
    made = TrialReport(
        number, state, family, dict(DEFAULT_PARAMETERS[family]), score, folds, score, 2.0, 1.5, reason, number == 0
    )
    return replace(made, **changed)


def told(trials, *given):
    insight = tuning_insight(trials, *given)
    assert_sound(insight)
    return insight


def test_a_search_that_came_to_rest_passes():
    trials = [trial(number, score) for number, score in enumerate([0.8, 0.85, 0.9] + [0.88] * 15)]
    insight = told(trials, {"family": 0.7, f"{HIST}.max_iter": 0.3}, "plateau")

    assert (insight.name, insight.verdict) == ("tuning_insight", "PASS")
    assert insight.facts["more_trials"].value == "no"
    assert insight.facts["best_over_time"].value == "steady"
    assert insight.facts["gain"].value == pytest.approx(0.1)
    assert "nothing better had been found for long" in " ".join(text_of(insight).split())
    assert "70.0 %" in text_of(insight)


def test_a_search_that_was_still_rising_asks_for_more_trials():
    insight = told([trial(number, 0.5 + 0.02 * number) for number in range(18)])

    assert (insight.verdict, insight.facts["more_trials"].value) == ("WARN", "yes")
    assert insight.facts["best_over_time"].value == "rising"
    assert insight.facts["late_gain"].value == pytest.approx(0.12)
    assert "SEISMIC_TUNING_TRIALS" in text_of(insight)


def test_of_few_trials_nothing_is_told():
    assert told([trial(0, 0.8), trial(1, 0.9)]).facts["more_trials"].value == "too few to tell"
    assert convergence([trial(0, 0.8)]).late_gain == 0


def test_no_search_is_no_failure():
    insight = told([])

    assert insight.verdict == ""
    assert f"the family {HIST} with its default parameters" in insight.summary


def test_a_search_without_a_complete_trial_failed():
    insight = told([trial(0, None, state="failed", reason="one class"), trial(1, None, state="pruned")])

    assert insight.verdict == "FAIL"
    assert "1 trial failed: one class." in text_of(insight)


def test_the_defaults_may_be_the_best():
    insight = told([trial(0, 0.9), trial(1, 0.8)])

    assert "with its default parameters" in insight.summary
    assert "gain" not in insight.facts
    assert "no other trial was better" in text_of(insight)


def test_a_default_that_was_not_tried_is_told():
    insight = told([trial(1, 0.9), trial(2, 0.8)])
    assert "the default was not tried" in insight.summary


def test_a_gain_is_put_beside_what_folds_differ():
    first, second = trial(1, 0.9), trial(0, 0.85)
    certain = against(first, second)
    assert (certain.better, certain.folds) == (3, 3)
    assert certain.is_certain
    uncertain = against(replace(first, fold_scores=(0.6, 0.9, 1.0)), second)
    assert not uncertain.is_certain
    assert against(replace(first, fold_scores=()), second) is None
    assert not against(replace(first, fold_scores=(0.99,)), second).is_certain


@pytest.mark.parametrize(
    ("family", "parameters", "found"),
    [
        (HIST, {}, []),  # all features is where a share ends
        (HIST, {"max_iter": 500, "l2_regularization": 0.001}, [("max_iter", "upper"), ("l2_regularization", "lower")]),
        (HIST, {"learning_rate": 0.0203}, [("learning_rate", "lower")]),  # near it on the logarithmic scale
        ("random_forest", {"min_samples_leaf": 1, "min_samples_split": 2}, []),
        ("decision_tree", {"max_depth": 30}, [("max_depth", "upper")]),
    ],
)
def test_bounds_beyond_which_something_may_lie_are_told(family, parameters, found):
    best = trial(0, 0.9, family, parameters={**DEFAULT_PARAMETERS[family], **parameters})
    assert sorted((each.parameter, each.end) for each in touched_bounds(best)) == sorted(found)
    assert told([best]).facts["bounds"].value == len(found)


def test_families_stand_in_the_order_of_their_scores():
    trials = [
        trial(0, 0.8),
        trial(1, 0.9, "random_forest"),
        trial(2, None, "decision_tree", "pruned"),
        trial(3, 0.7, "logistic_regression"),
    ]
    insight = told(trials)
    section = next(each for each in insight.sections if each.title == "Families")
    assert [row[0] for row in section.blocks[0].rows] == [
        "random_forest",
        HIST,
        "logistic_regression",
        "decision_tree",
    ]


states = st.sampled_from(["complete", "pruned", "failed"])
any_trial = st.builds(
    lambda number, score, state, family: trial(number, score if state == "complete" else None, family, state),
    st.integers(0, 99),
    st.floats(0, 1),
    states,
    st.sampled_from(list(SEARCH_SPACES)),
)


@settings(max_examples=60, deadline=None)
@given(trials=st.lists(any_trial, max_size=30))
def test_any_study_makes_a_sound_report(trials):
    told(trials, {f"{HIST}.{number}": 0.1 for number in range(12)})
