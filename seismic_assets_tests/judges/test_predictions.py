import pytest

from seismic_assets.judges.predictions import (
    accuracy,
    edge_cases,
    lateral_agreement,
    least_class_agreement,
    margin,
    no_edge_case,
    rule_verdict,
    soundness,
    truth_probability,
)
from seismic_assets_tests.judges.building import window

BESIDE = ("crossline before", "crossline after", "inline before", "inline after")


def beside(*names: str) -> dict[str, str]:
    return dict(zip(BESIDE, names, strict=False))


def test_agreement_is_the_share_of_traces_beside_of_the_same_class() -> None:
    said = lateral_agreement(window(neighbours=beside("normal", "anomaly", "boundary", "normal")))

    assert said.value == 0.5
    assert said.reason == "2 of 4 traces beside are normal too; others: anomaly, boundary."


def test_without_traces_beside_or_without_a_class_nothing_is_said_of_agreement() -> None:
    assert lateral_agreement(window(neighbours={})).value is None
    assert lateral_agreement(window(class_name=None)).value is None


def test_a_frequent_class_does_not_hide_one_that_disagrees() -> None:
    many = [window(trace_index=at) for at in range(90)]
    few = [window(trace_index=100 + at, class_name="anomaly") for at in range(10)]

    assert least_class_agreement(many + few) == 0.0
    assert least_class_agreement(many + few[:9]) == 1.0
    assert least_class_agreement(few[:9]) is None


def test_a_sound_window_is_sound() -> None:
    assert soundness(window()).value == 1.0


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"class_name": "anomaly"}, "anomaly is not the most probable class"),
        ({"confidence": 0.7}, "confidence is 0.700, the largest probability 0.980"),
        ({"probabilities": {"normal": 0.98, "anomaly": 0.5}}, "add up to 1.480"),
        ({"probabilities": {"normal": 1.3, "anomaly": -0.3}, "confidence": 1.3}, "not between 0 and 1"),
        ({"probabilities": {}}, "without a probability"),
        ({"class_name": "salt"}, "salt is not the most probable class"),
    ],
)
def test_class_confidence_and_probabilities_that_do_not_fit_are_told(changed: dict[str, object], reason: str) -> None:
    said = soundness(window(**changed))

    assert said.value == 0.0
    assert reason in said.reason


def test_the_margin_is_the_lead_of_the_first_class_over_the_second() -> None:
    assert margin(window()).value == pytest.approx(0.965)
    assert margin(window(probabilities={})).value is None


def test_the_true_class_is_looked_up_by_its_name() -> None:
    wrong = window(truth="anomaly")

    assert (accuracy(window()).value, accuracy(wrong).value, accuracy(window(truth=None)).value) == (1.0, 0.0, None)
    assert truth_probability(wrong).value == pytest.approx(0.015)
    assert truth_probability(window(truth="salt")).value is None


@pytest.mark.parametrize(
    ("changed", "case"),
    [
        ({"dead": True}, "dead trace with a class"),
        ({"class_name": None, "confidence": None, "probabilities": {}}, "live trace without a class"),
        ({"confidence": 0.4}, "low confidence"),
        ({"flips": 5}, "class changes at most steps of the trace"),
        (
            {"class_name": "anomaly"},
            "alone between equal windows and unlike all traces beside",
        ),
        ({"amplitude_ratio": 30.0}, "amplitude outlier"),
        ({"amplitude_ratio": 0.01}, "amplitude outlier"),
    ],
)
def test_each_edge_case_is_seen(changed: dict[str, object], case: str) -> None:
    assert edge_cases(window(**changed)) == (case,)
    assert no_edge_case(window(**changed)).value == 0.0


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"dead": True, "class_name": None, "confidence": None, "probabilities": {}},
        {"class_name": "anomaly", "neighbours": beside("anomaly", "normal", "normal", "normal")},
        {"class_name": "anomaly", "above": None, "below": None},
        {"flips": 4},
        {"amplitude_ratio": None},
    ],
)
def test_what_is_in_order_is_no_edge_case(changed: dict[str, object]) -> None:
    assert edge_cases(window(**changed)) == ()


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({}, "consistent"),
        ({"neighbours": beside("normal", "normal", "anomaly", "anomaly")}, "doubtful"),
        ({"confidence": 0.4, "probabilities": {"normal": 0.4, "anomaly": 0.3, "boundary": 0.3}}, "doubtful"),
        ({"neighbours": beside("anomaly", "anomaly")}, "wrong"),
        ({"confidence": 0.5}, "wrong"),
        ({"dead": True}, "wrong"),
        ({"class_name": None}, None),
    ],
)
def test_the_rules_come_to_a_verdict(changed: dict[str, object], verdict: str | None) -> None:
    assert rule_verdict(window(**changed)) == verdict


def test_the_label_does_not_change_the_verdict_of_the_rules() -> None:
    assert rule_verdict(window(truth="anomaly")) == rule_verdict(window()) == "consistent"
