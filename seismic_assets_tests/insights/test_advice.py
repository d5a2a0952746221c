import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.evaluation.document import Table
from seismic_assets.insights.advice import (
    Advice,
    TrainingProfile,
    advice_insight,
    advise,
    merge_ranking,
    prior_trials,
    profile_of,
)
from seismic_assets.insights.advice_rules import KINDS
from seismic_assets.llm.checking import check
from seismic_assets.llm.explanation import Statement
from seismic_assets.training import DEFAULT_PARAMETERS, SEARCH_SPACES, TrialReport, TuningOptions, tune
from seismic_assets_tests.insights.saying import assert_sound, text_of
from seismic_assets_tests.training.building import task

FAMILIES = ("hist_gradient_boosting", "random_forest", "gradient_boosting", "logistic_regression", "decision_tree")
PROFILE = TrainingProfile({"normal": 35_512, "anomaly": 1_828, "boundary": 3_428}, 80, 16, 3)
SMALL = TrainingProfile({"normal": 300, "anomaly": 40}, 40, 4, 1)


def trial(family, score, number=0, parameters=None):
    chosen = DEFAULT_PARAMETERS[family] if parameters is None else parameters
    return TrialReport(number, "complete", family, dict(chosen), score, (score,), score, 1.0, 1.0, "", False)


def values_of(start):
    family = start["family"]
    return family, {name.removeprefix(f"{family}."): value for name, value in start.items() if name != "family"}


profiles = st.builds(
    TrainingProfile,
    st.dictionaries(
        st.text(min_size=1, max_size=12).filter(lambda name: name not in ("None", "nan", "inf")),
        st.integers(0, 500_000),
        max_size=12,
    ),
    st.integers(1, 300),
    st.integers(0, 60),
    st.integers(0, 9),
)
families = st.permutations(list(SEARCH_SPACES)).flatmap(
    lambda order: st.integers(1, len(order)).map(lambda count: tuple(order[:count]))
)


@settings(max_examples=60, deadline=None)
@given(profile=profiles, asked=families, scores=st.lists(st.floats(0, 1), max_size=5))
def test_advice_names_every_family_once_and_stays_within_the_search_spaces(profile, asked, scores):
    past = [trial(family, score) for family, score in zip(SEARCH_SPACES, scores, strict=False)]
    advice = advise(profile, asked, past)

    assert sorted(advice.families) == sorted(asked)
    TuningOptions(families=asked, prior=tuple(prior_trials(advice)))  # refuses what lies outside
    assert Advice.from_dict(json.loads(json.dumps(advice.to_dict()))).to_dict() == advice.to_dict()
    assert_sound(advice_insight(advice, profile))


def backs(insight, text, *facts):
    return bool(check([Statement("reason", text, facts)], insight.facts, {"reason"}).accepted)


def test_what_speaks_for_a_family_is_told_in_facts_that_a_sentence_can_name():
    insight = advice_insight(advise(PROFILE, FAMILIES), PROFILE)

    for family in FAMILIES:
        kind, weights = insight.facts[f"kind.{family}"], insight.facts[f"class_weights.{family}"]
        assert backs(insight, f"The kind of model of {family} is {kind.value}.", kind.name)
        assert backs(insight, f"The class weights of {family} are {weights.value}.", weights.name)
        other = "supported" if weights.value == "not supported" else "not supported"
        assert not backs(insight, f"The class weights of {family} are {other}.", weights.name)
    assert {family for family in FAMILIES if insight.facts[f"class_weights.{family}"].value == "not supported"} == {
        "gradient_boosting"
    }


def test_every_family_has_a_kind():
    assert KINDS.keys() == SEARCH_SPACES.keys()


def test_no_fact_of_the_advice_is_a_sentence():
    past = [trial(family, 0.8) for family in SEARCH_SPACES]
    facts = advice_insight(advise(PROFILE, tuple(SEARCH_SPACES), past), PROFILE).facts

    assert all(len(str(fact.value).split()) <= 5 for fact in facts)


def test_many_windows_speak_for_boosting_and_few_for_simple_models():
    many, few = advise(PROFILE, FAMILIES).families, advise(SMALL, FAMILIES).families

    assert many[0] == "hist_gradient_boosting"
    assert few[0] == "random_forest"
    assert few.index("logistic_regression") < few.index("gradient_boosting")
    assert many.index("logistic_regression") > many.index("gradient_boosting")


def test_what_was_measured_goes_before_the_rules_unless_it_is_far_behind():
    close = advise(PROFILE, FAMILIES, [trial("decision_tree", 0.9), trial("random_forest", 0.95)]).families
    assert close[:2] == ("random_forest", "decision_tree")
    far = advise(PROFILE, FAMILIES, [trial("decision_tree", 0.5), trial("random_forest", 0.95)]).families
    assert (far[0], far[-1]) == ("random_forest", "decision_tree")


def test_the_best_parameters_of_before_are_the_first_start():
    before = {**DEFAULT_PARAMETERS["random_forest"], "max_depth": 12}
    advice = advise(PROFILE, FAMILIES, [trial("random_forest", 0.9, 0, before), trial("random_forest", 0.8, 1)])

    assert advice.starts["random_forest"][0] == before


def test_starts_bend_to_the_size_of_the_training_set():
    small = advise(SMALL, FAMILIES).starts["hist_gradient_boosting"][0]
    large = advise(PROFILE, FAMILIES).starts["hist_gradient_boosting"][0]

    assert small["max_leaf_nodes"] < DEFAULT_PARAMETERS["hist_gradient_boosting"]["max_leaf_nodes"]
    assert large["max_leaf_nodes"] > DEFAULT_PARAMETERS["hist_gradient_boosting"]["max_leaf_nodes"]
    even = replace(SMALL, class_windows={"a": 100, "b": 100})
    assert advise(even, FAMILIES).starts["hist_gradient_boosting"][0]["class_weight"] is None
    assert small["class_weight"] == "balanced"


def test_a_model_only_reorders():
    advice = advise(PROFILE, FAMILIES)
    merged = merge_ranking(advice, ["decision_tree", "quantum_forest", "decision_tree", "random_forest"], "gemma3")

    assert merged.families[:2] == ("decision_tree", "random_forest")
    assert sorted(merged.families) == sorted(advice.families)
    assert [each for each in advice.families if each in merged.families[2:]] == list(merged.families[2:])
    assert (merged.by, merged.starts) == ("gemma3", advice.starts)
    assert "Ranked by gemma3" in text_of(advice_insight(merged, PROFILE))


@pytest.mark.parametrize("ranked", [[], ["quantum_forest"]])
def test_a_model_that_names_no_family_changes_nothing(ranked):
    advice = advise(PROFILE, FAMILIES)
    assert merge_ranking(advice, ranked, "gemma3") == advice


def test_the_search_begins_with_every_default_and_histogram_boosting_first():
    merged = merge_ranking(advise(PROFILE, FAMILIES), ["decision_tree"])
    first = [values_of(each) for each in prior_trials(merged)][: len(FAMILIES)]

    assert [family for family, _ in first][:2] == ["hist_gradient_boosting", "decision_tree"]
    assert all(parameters == DEFAULT_PARAMETERS[family] for family, parameters in first)
    assert sorted(family for family, _ in first) == sorted(FAMILIES)


def test_the_page_shows_the_starts_that_a_search_would_take_and_when():
    insight = advice_insight(advise(PROFILE, FAMILIES), PROFILE)
    table = next(block for block in insight.sections[-1].blocks if isinstance(block, Table))

    assert tuple(dict.fromkeys(family for family, _ in table.rows)) == advise(PROFILE, FAMILIES).families[:3]
    assert "With SEISMIC_TUNING_PRIOR=true these follow" in text_of(insight)


def test_scores_of_earlier_searches_are_shown_where_there_are_any():
    fresh, searched = (
        advice_insight(advise(PROFILE, FAMILIES, past), PROFILE) for past in ((), (trial(FAMILIES[1], 0.8),))
    )

    assert "earlier search" not in text_of(fresh)
    assert "macro-F1 in an earlier search" in text_of(searched)
    assert "0.800" in text_of(searched)


def test_starts_are_of_the_three_most_promising_families():
    rest = [family for family, _ in map(values_of, prior_trials(advise(PROFILE, FAMILIES)))][len(FAMILIES) :]
    assert rest == list(advise(PROFILE, FAMILIES).families[:3])


def test_a_file_of_before_with_parameters_outside_the_space_is_mended():
    held = DEFAULT_PARAMETERS["decision_tree"]
    told = {
        "families": ["decision_tree", "gone"],
        "starts": {"decision_tree": [{"max_depth": 900}, dict(held)], "gone": [{}]},
    }
    advice = Advice.from_dict(told)
    assert (advice.families, advice.by) == (("decision_tree",), "rules")
    assert advice.starts == {"decision_tree": (held,)}


def test_the_profile_is_that_of_the_training_windows():
    data = task(240)
    profile = profile_of(data, ("a", "b", "c", "none of it"), files=2)

    assert (profile.windows, profile.features, profile.files) == (240, 6, 2)
    assert profile.blocks == len(set(data.train.blocks.tolist()))
    assert profile.held.keys() == {"a", "b", "c"}


def test_one_class_and_no_class_are_told():
    alone = replace(PROFILE, class_windows={"a": 9, "b": 0})
    told = advice_insight(advise(alone, FAMILIES), alone)
    assert told.verdict == "WARN"
    assert "label a second class" in told.summary
    none = replace(PROFILE, class_windows={})
    assert "no labelled training windows" in advice_insight(advise(none, FAMILIES), none).summary


@pytest.mark.slow
def test_the_search_takes_the_advice_and_tries_all_families(tmp_path):
    asked = ("decision_tree", "logistic_regression")
    data = task(240, noise=2.0)
    advice = merge_ranking(advise(profile_of(data, ("a", "b", "c")), asked), ["logistic_regression"])
    options = TuningOptions(families=asked, trials=4, folds=3, prior=tuple(prior_trials(advice)))
    result = tune(data, options, f"sqlite:///{tmp_path / 'study.db'}")

    assert [each.family for each in result.trials[:2]] == ["logistic_regression", "decision_tree"]
    assert result.trials[2].parameters == advice.starts["logistic_regression"][0]
