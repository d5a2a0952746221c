from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from seismic_assets.evaluation.calibration import expected_calibration_error
from seismic_assets.monitoring.confidence import Estimate, ServedCalibration, estimate_accuracy, served_calibration
from seismic_assets.monitoring.served import read_calls, read_feedback
from seismic_assets.monitoring.truth import match_truth
from seismic_assets.serving.recording import RecordedCall, RecordedFeedback
from seismic_assets_tests.monitoring.serving_rows import (
    DAY,
    HOUR,
    NAMES,
    NOW,
    START,
    call,
    feedback,
    requests,
    served,
    truth,
)


def looked_at(calls: list[RecordedCall], told: list[RecordedFeedback]) -> tuple[Estimate, ServedCalibration | None]:
    read = read_calls(requests(*calls), DAY, NOW)
    truths, _ = match_truth(read, read_feedback(feedback(*told)), DAY, NOW, {"7": NAMES})
    return estimate_accuracy(read.rows, truths), served_calibration(truths)


def calibrated(seed: int, count: int, too_sure: float = 0.0) -> tuple[list[RecordedCall], list[RecordedFeedback]]:
    """Single traces that are right as often as their confidence says, less `too_sure`."""
    random = np.random.default_rng(seed)
    confidence = random.uniform(0.5, 0.99, count)
    right = random.random(count) < confidence - too_sure
    calls = [call(START + n * HOUR * 24 / count, [0], each) for n, each in enumerate(confidence.tolist())]
    told = [truth(each, 0, "normal" if good else "boundary") for each, good in zip(calls, right, strict=True)]
    return calls, told


def test_the_estimate_of_traces_without_truth_is_near_the_accuracy_that_truth_shows_later() -> None:
    calls, told = calibrated(0, 3000)
    estimate, _ = looked_at(calls, told[:1000])
    later = [each.true_class_name == "normal" for each in told[1000:]]
    assert estimate.traces == 2000
    assert estimate.accuracy == pytest.approx(sum(later) / 2000, abs=0.03)
    assert estimate.bias is not None
    assert estimate.bias.low is not None
    assert estimate.bias.high is not None
    assert estimate.bias.low < 0 < estimate.bias.high
    assert "an estimate" in estimate.sentence


def test_the_bias_of_a_model_that_is_too_sure_stands_beside_its_estimate() -> None:
    calls, told = calibrated(1, 2000, too_sure=0.2)
    estimate, calibration = looked_at(calls, told[:1500])
    assert estimate.bias is not None
    assert estimate.bias.value == pytest.approx(0.2, abs=0.03)
    assert "points too high" in estimate.sentence
    assert calibration is not None
    assert calibration.expected_error == pytest.approx(0.2, abs=0.04)


def test_requests_of_single_traces_have_the_calibration_error_of_the_traces() -> None:
    calls, told = calibrated(2, 400)
    _, found = looked_at(calls, told)
    confidence = np.array([each.mean_confidence for each in calls])
    hits = np.array([each.true_class_name != "normal" for each in told]).astype(int)
    assert found is not None
    assert found.exact
    assert found.expected_error == pytest.approx(expected_calibration_error(hits, confidence[:, None]))
    assert found.brier_of_answer == pytest.approx(np.mean((confidence - (1 - hits)) ** 2))
    assert found.gap.value == pytest.approx(confidence.mean() - (1 - hits).mean())


def test_requests_of_several_traces_say_that_their_error_is_not_that_of_traces() -> None:
    calls, told = served(3, 50, 0.7, traces=4)
    _, found = looked_at(calls, told)
    assert found is not None
    assert not found.exact
    assert found.brier_of_answer is None
    assert any("the true error may be larger" in note for note in found.notes)


def test_only_traces_without_truth_are_estimated_weighted_by_their_number() -> None:
    calls = [call(START, [0] * 9, 0.5), call(START, [0], 0.9)]
    told = [truth(calls[0], trace, "normal") for trace in range(6)]
    estimate, _ = looked_at(calls, told)
    assert estimate.traces == 4
    assert estimate.accuracy == pytest.approx((3 * 0.5 + 0.9) / 4)


@pytest.mark.parametrize("confidence", [None, float("nan"), 1.5])
def test_without_a_confidence_there_is_no_estimate(confidence: float | None) -> None:
    calls = [call(START, [0], confidence)]
    estimate, calibration = looked_at(calls, [truth(calls[0], 0, "normal")])
    assert estimate.accuracy is None
    assert "nothing to estimate" in estimate.sentence
    assert calibration is None


def test_an_estimate_that_no_truth_confirms_says_so() -> None:
    estimate, _ = looked_at([call(START, [0], 0.8)], [])
    assert estimate.bias is None
    assert estimate.sentence.endswith("no truth has come that could confirm it")


def test_nothing_served_is_nothing_estimated() -> None:
    read = read_calls(pl.DataFrame(), DAY, NOW)
    truths, _ = match_truth(read, read_feedback(pl.DataFrame()), DAY, NOW, {})
    assert estimate_accuracy(read.rows, truths).accuracy is None
