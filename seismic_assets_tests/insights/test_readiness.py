from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.evaluation import unloadable
from seismic_assets.insights.readiness import ReadinessLimits, readiness_insight
from seismic_assets.llm.checking import check
from seismic_assets.llm.explanation import Statement
from seismic_assets_tests.insights.evaluated import evaluated, gate_verdict
from seismic_assets_tests.insights.saying import assert_sound, text_of


@pytest.fixture(scope="module")
def good():
    return evaluated()


def row_of(insight, name):
    return next(line for line in text_of(insight).splitlines() if line.startswith(name))


def judged(record, verdict=None, limits=None):
    insight = readiness_insight(record, verdict, limits)
    assert_sound(insight)
    return insight


def test_a_good_model_that_passed_the_gate_is_ready(good):
    insight = judged(good, gate_verdict(good))

    assert (insight.name, insight.verdict) == ("evaluation_insight", "PASS")
    assert "READY: " in insight.summary and "NOT" not in insight.summary
    assert insight.facts["criteria_met"].value == insight.facts["criteria"].value
    assert "Nothing: every criterion is met." in text_of(insight)


def test_before_the_gate_has_spoken_nothing_is_ready_without_limits(good):
    insight = judged(good)

    assert insight.verdict == "WARN"
    assert insight.facts["readiness"].value == "READY WITH LIMITS"
    assert "not known yet: gate" in insight.summary
    assert "Put the version to the gate" in text_of(insight)


def test_what_the_gate_refused_is_not_ready_and_says_why(good):
    insight = judged(good, gate_verdict(good, latency_ms=900.0))

    assert insight.verdict == "FAIL"
    assert "latency within budget" in row_of(insight, "gate")
    assert "900.00 ms, beyond the budget" in " ".join(text_of(insight).split())


def test_a_bundle_that_does_not_load_is_not_ready(good):
    assert judged(good, unloadable("3", "no such file")).verdict == "FAIL"


def test_a_model_that_guesses_is_not_ready():
    record = evaluated(right=1 / 3)
    record = replace(record, scores={**record.scores, "majority": replace(record.scores["majority"], f1_macro=0.5)})
    insight = judged(record)

    assert insight.verdict == "FAIL"
    assert "better than guessing" in insight.summary
    assert "no better than majority" in text_of(insight)


@pytest.mark.filterwarnings("ignore:A single label:UserWarning")
def test_one_class_can_not_be_judged():
    record = evaluated(right=1.0, names=("normal",))
    insight = judged(record)

    assert insight.verdict == "FAIL"
    assert "Label a second class" in text_of(insight)


@pytest.mark.parametrize(
    ("changed", "criterion", "said"),
    [
        ({"poor": "shallow"}, "weak parts of the data", "where depth is shallow"),
        ({"blocks": 2}, "test blocks", "2 spatial blocks"),
        ({"blocks": 1}, "lower end of the macro-F1", "of one test block there is no interval"),
        ({"windows": 60}, "test windows of the rarest class", "its F1 is chance"),
        ({"simple": 0.999}, "better than a linear model", "A logistic regression does as well"),
    ],
)
def test_each_limit_is_told_with_what_would_have_to_change(changed, criterion, said):
    record = evaluated(**changed)
    insight = judged(record, gate_verdict(record))

    assert insight.verdict == "WARN"
    assert not row_of(insight, criterion).endswith("yes")
    assert said in " ".join(text_of(insight).split())


def test_confidence_that_cannot_be_believed_is_a_limit(good):
    loud = replace(good, calibration=replace(good.calibration, expected_error=0.2))
    insight = judged(loud, gate_verdict(good))

    assert insight.verdict == "WARN"
    assert "expected calibration error" in insight.summary


def test_features_that_moved_are_told(good):
    insight = judged(replace(good, risks=["rms_amplitude has moved by 0.4."]), gate_verdict(good))

    assert insight.verdict == "WARN"
    assert text_of(insight).count("rms_amplitude has moved by 0.4.") == 2


def test_limits_can_be_set(good):
    assert judged(good, gate_verdict(good), ReadinessLimits(class_floor=0.99)).verdict == "FAIL"
    assert judged(good, gate_verdict(good), ReadinessLimits(f1=0.99)).verdict == "WARN"


def test_without_baselines_and_parts_it_says_so(good):
    bare = replace(good, scores={"model": good.scores["model"]}, slices=[])
    insight = judged(bare)

    assert insight.verdict == "WARN"
    assert "not looked at" in text_of(insight)


def backs(insight, text, *facts):
    return bool(check([Statement("observation", text, facts)], insight.facts, {"observation"}).accepted)


def test_each_criterion_that_is_not_met_is_a_fact_that_a_sentence_can_name():
    record = evaluated(right=1 / 3, blocks=2, windows=60)
    insight = judged(record, None, ReadinessLimits(class_floor=0.99, class_f1=0.995))
    told = [fact for fact in insight.facts if fact.name.startswith("criterion.")]

    assert {fact.value for fact in told} == {"not met", "not known"}
    assert len({fact.words for fact in told}) == len(told) >= 7
    for fact in told:
        assert backs(insight, f"The {fact.words} is {fact.value}.", fact.name)
        assert not backs(insight, f"The {fact.words} is met.", fact.name)
        other = next(each for each in told if each.value != fact.value)
        assert not backs(insight, f"The {fact.words} is {other.value}.", fact.name)


def test_a_criterion_that_is_met_is_no_fact(good):
    insight = judged(good, gate_verdict(good))

    assert not [fact.name for fact in insight.facts if fact.name.startswith("criterion.")]


def test_no_two_criteria_have_one_name(good):
    names = [line.split("  ")[0] for line in text_of(judged(good)).split("Criteria\n")[1].splitlines()[3:15]]

    assert len(set(names)) == len(names) == 12


@settings(max_examples=10, deadline=None)
@given(
    right=st.floats(0.34, 1.0),
    classes=st.integers(2, 9),
    blocks=st.integers(1, 9),
    windows=st.integers(10, 200),
)
def test_any_evaluation_makes_a_sound_report(right, classes, blocks, windows):
    record = evaluated(right, tuple(f"class {number}/x" for number in range(classes)), blocks, windows)
    judged(record)
    judged(record, gate_verdict(record))
