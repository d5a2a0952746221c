import json
from dataclasses import replace

import numpy as np
import pytest

from seismic_assets.evaluation import (
    FINDINGS,
    Comparison,
    Contender,
    GateLimits,
    Interval,
    NoComparison,
    Serving,
    f1_difference,
    judge,
    measure_calibration,
    score,
    unloadable,
)

NAMES = ("sand", "shale", "salt")
SERVING = Serving(windows=500, labels_differ=0, largest_difference=3e-7, latency_ms=4.2)
TRAINED = {"sand": 400, "shale": 300, "salt": 90}


def predictions(share_right, seed=0, blocks=12, windows=60):
    """Truth, probabilities and blocks of a model that is right for a share of the windows."""
    random = np.random.default_rng(99)
    truth = random.choice(3, blocks * windows, p=[0.5, 0.3, 0.2]).astype(np.int32)
    own = np.random.default_rng(seed)
    right = own.random(len(truth)) < share_right
    answer = np.where(right, truth, (truth + own.integers(1, 3, len(truth))) % 3)
    probabilities = np.full((len(truth), 3), 0.1)
    probabilities[np.arange(len(truth)), answer] = 0.8
    return truth, probabilities, np.repeat(np.arange(blocks), windows)


def contender(truth, probabilities, **changes):
    found = Contender(
        "7",
        score(truth, probabilities, NAMES),
        measure_calibration(truth, probabilities),
        TRAINED,
        {"majority": 0.22, "shuffled": 0.31},
    )
    return replace(found, **changes)


def against(new, old, truth, blocks):
    ours, theirs = new.argmax(axis=1), old.argmax(axis=1)
    return Comparison(
        "3",
        len(truth),
        score(truth, new, NAMES).f1_macro,
        score(truth, old, NAMES).f1_macro,
        f1_difference(truth, ours, theirs, blocks, 3),
        measure_calibration(truth, new),
        measure_calibration(truth, old),
    )


def verdict_on(share_new, share_old, limits=None, **shape):
    truth, new, blocks = predictions(share_new, seed=1, **shape)
    _, old, _ = predictions(share_old, seed=2, **shape)
    return judge(contender(truth, new), against(new, old, truth, blocks), SERVING, limits)


def finding(verdict, name):
    return next(each for each in verdict.findings if each.name == name)


def test_a_better_challenger_is_promoted_with_the_figures():
    verdict = verdict_on(0.9, 0.7)
    assert verdict.promote
    assert [each.name for each in verdict.findings] == list(FINDINGS)
    for word in ("macro-F1", "of version 3", "720 test windows", "difference +0.", "95 % interval +0.", "12 blocks"):
        assert word in verdict.reason
    found = finding(verdict, "not_worse_than_champion")
    assert found.figures["difference"] == pytest.approx(found.figures["f1_macro"] - found.figures["f1_macro_champion"])
    assert 0 < found.figures["difference_low"] < found.figures["difference"] < found.figures["difference_high"]


def test_a_clearly_worse_challenger_is_refused_and_nothing_else_is_held_against_it():
    verdict = verdict_on(0.75, 0.9, GateLimits(calibration_margin=1.0))
    assert not verdict.promote
    assert [each.name for each in verdict.findings if not each.passed] == ["not_worse_than_champion"]
    assert "below the -0.010 allowed" in verdict.reason
    assert finding(verdict, "not_worse_than_champion").figures["difference_high"] < 0


def test_the_same_predictions_pass():
    truth, same, blocks = predictions(0.8)
    verdict = judge(contender(truth, same), against(same, same, truth, blocks), SERVING)
    assert verdict.promote
    assert "difference +0.000" in verdict.reason


def compared(value, low, high, blocks=12):
    truth, probabilities, block = predictions(0.8)
    base = against(probabilities, probabilities, truth, block)
    difference = Interval(value, low, high, blocks)
    return judge(contender(truth, probabilities), replace(base, difference=difference), SERVING)


@pytest.mark.parametrize(
    ("value", "low", "high", "promote", "word"),
    [
        (-0.005, -0.03, 0.02, True, "-0.005"),
        (-0.005, -0.008, -0.002, False, "credibly worse"),
        (-0.05, -0.2, 0.1, False, "below the -0.010 allowed"),
        (0.001, -0.3, 0.3, True, "+0.001"),
        (-0.005, None, None, True, "no interval"),
        (-0.02, None, None, False, "no interval"),
        (float("nan"), None, None, False, "nan"),
    ],
)
def test_a_little_below_passes_unless_it_is_credible_and_much_below_never_does(value, low, high, promote, word):
    verdict = compared(value, low, high)
    assert verdict.promote is promote
    assert word in verdict.reason
    json.dumps([each.figures for each in verdict.findings], allow_nan=False)


def test_an_improvement_can_be_demanded():
    assert not verdict_on(0.9, 0.9, GateLimits(min_difference=0.05)).promote
    assert verdict_on(0.95, 0.8, GateLimits(min_difference=0.05, calibration_margin=1.0)).promote


@pytest.mark.parametrize("reason", ["it is the first version", "version 3 answers another question"])
def test_without_a_comparison_the_other_questions_decide(reason):
    truth, probabilities, _ = predictions(0.8)
    first = judge(contender(truth, probabilities), NoComparison(reason), SERVING)
    assert first.promote
    assert reason in first.reason
    lame = judge(contender(truth, probabilities), NoComparison(reason), replace(SERVING, latency_ms=80.0))
    assert not lame.promote


def test_what_does_not_exceed_a_baseline_is_refused():
    truth, probabilities, _ = predictions(0.8)
    level = score(truth, probabilities, NAMES).f1_macro
    challenger = contender(truth, probabilities, baselines={"majority": 0.2, "shuffled": level})
    verdict = judge(challenger, NoComparison("it is the first version"), SERVING)
    assert not verdict.promote
    assert "does not exceed" in verdict.reason
    assert "shuffled" in verdict.reason


def test_a_class_below_its_floor_refuses_and_is_named():
    truth, probabilities, _ = predictions(0.85)
    probabilities[truth == 2] = [0.8, 0.1, 0.1]
    verdict = judge(contender(truth, probabilities), NoComparison("it is the first version"), SERVING)
    assert [each.name for each in verdict.findings if not each.passed] == ["classes_above_floor"]
    assert "salt at F1 0." in verdict.reason
    lenient = GateLimits(class_floors={"salt": 0.0})
    assert judge(contender(truth, probabilities), NoComparison("it is the first version"), SERVING, lenient).promote


@pytest.mark.parametrize("trained", [{**TRAINED, "salt": 0}, {"sand": 1, "shale": 1}])
def test_a_class_that_was_never_trained_is_not_judged(trained):
    truth, probabilities, _ = predictions(0.85)
    probabilities[truth == 2] = [0.8, 0.1, 0.1]
    challenger = contender(truth, probabilities, trained=trained)
    found = finding(judge(challenger, NoComparison("new"), SERVING), "classes_above_floor")
    assert found.passed
    assert "salt" in found.sentence


def test_a_class_of_a_handful_of_test_windows_is_named_but_not_judged():
    truth, probabilities, _ = predictions(0.85)
    keep = np.concatenate([np.flatnonzero(truth != 2), np.flatnonzero(truth == 2)[:9]])
    truth, probabilities = truth[keep], probabilities[keep]
    probabilities[truth == 2] = [0.8, 0.1, 0.1]
    challenger = contender(truth, probabilities)
    found = finding(judge(challenger, NoComparison("new"), SERVING), "classes_above_floor")
    assert found.passed
    assert "not judged for want of windows: salt" in found.sentence
    strict = finding(
        judge(challenger, NoComparison("new"), SERVING, GateLimits(class_windows=9)), "classes_above_floor"
    )
    assert not strict.passed


@pytest.mark.parametrize(("new", "passed"), [(0.10, True), (0.12, True), (0.121, False)])
def test_calibration_may_be_worse_by_the_margin_only(new, passed):
    truth, probabilities, blocks = predictions(0.8)
    base = against(probabilities, probabilities, truth, blocks)
    measured = replace(
        base,
        new_calibration=replace(base.new_calibration, expected_error=new),
        old_calibration=replace(base.old_calibration, expected_error=0.1),
    )
    found = finding(judge(contender(truth, probabilities), measured, SERVING), "calibration_not_worse")
    assert found.passed is passed
    assert f"{new:.3f} against 0.100 of version 3" in found.sentence


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"labels_differ": 1}, "onnx_equals_sklearn"),
        ({"largest_difference": 1.1e-5}, "onnx_equals_sklearn"),
        ({"largest_difference": float("nan")}, "onnx_equals_sklearn"),
        ({"windows": 0}, "onnx_equals_sklearn"),
        ({"latency_ms": 50.1}, "latency_within_budget"),
        ({"latency_ms": float("nan")}, "latency_within_budget"),
    ],
)
def test_a_bundle_that_would_serve_otherwise_is_refused(change, name):
    truth, probabilities, _ = predictions(0.8)
    verdict = judge(contender(truth, probabilities), NoComparison("new"), replace(SERVING, **change))
    assert [each.name for each in verdict.findings if not each.passed] == [name]
    json.dumps([each.figures for each in verdict.findings], allow_nan=False)


def test_all_that_is_wrong_is_told():
    truth, probabilities, _ = predictions(0.8)
    serving = replace(SERVING, labels_differ=3, latency_ms=90.0)
    reason = judge(contender(truth, probabilities), NoComparison("new"), serving).reason
    assert "another class for 3 of 500 windows" in reason
    assert "90.00 ms, beyond the budget of 50 ms" in reason


def test_a_bundle_that_does_not_load_answers_every_question_with_no():
    verdict = unloadable("8", "model.onnx is missing")
    assert not verdict.promote
    assert verdict.reason == "the bundle of version 8 does not load: model.onnx is missing"
    assert [each.name for each in verdict.findings] == list(FINDINGS)
    assert not any(each.passed for each in verdict.findings)
