import numpy as np
import pytest

from seismic_assets.evaluation.calibration import expected_calibration_error
from seismic_assets.judges.calibration import sample_calibration
from seismic_assets.judges.predictions import PredictionSample
from seismic_assets_tests.judges.building import window


def labelled(number: int, confidence: float, right: int, **changed: object) -> list[PredictionSample]:
    return [
        window(trace_index=at, confidence=confidence, truth="normal" if at < right else "anomaly", **changed)
        for at in range(number)
    ]


def test_confidence_that_is_the_share_of_right_windows_has_no_error() -> None:
    found = sample_calibration(labelled(40, 0.75, 30))

    assert found is not None
    assert found.error == pytest.approx(0.0)
    (only,) = found.bins
    assert (only.low, only.high, only.windows, only.confidence, only.right) == (0.7, 0.8, 40, 0.75, 0.75)


def test_confidence_beyond_the_share_of_right_windows_is_the_error() -> None:
    found = sample_calibration(labelled(40, 0.95, 10))

    assert found is not None
    assert found.error == pytest.approx(0.70)


def test_the_error_is_that_of_the_evaluation_where_all_windows_count_alike() -> None:
    rng = np.random.default_rng(4)
    confidence, right = rng.uniform(0.4, 1.0, 300), rng.random(300) < 0.7
    samples = [
        window(trace_index=at, confidence=float(c), truth="normal" if r else "anomaly")
        for at, (c, r) in enumerate(zip(confidence, right, strict=True))
    ]
    pairs = np.stack([confidence, np.zeros(300)], axis=1)

    found = sample_calibration(samples)

    assert found is not None
    assert found.error == pytest.approx(expected_calibration_error(np.where(right, 0, 1), pairs, bins=10))


def test_windows_count_by_what_they_stand_for() -> None:
    found = sample_calibration(labelled(30, 0.95, 30, weight=9.0) + labelled(30, 0.55, 0, weight=1.0))

    assert found is not None
    assert found.error == pytest.approx(0.9 * 0.05 + 0.1 * 0.55)


def test_only_held_out_windows_count_where_they_are_enough() -> None:
    learnt = labelled(50, 0.95, 50, fold="train")

    both = sample_calibration(learnt + labelled(30, 0.95, 0, fold="test"))
    few = sample_calibration(learnt + labelled(29, 0.95, 0, fold="test"))

    assert both is not None and few is not None
    assert (both.held_out, both.windows, few.held_out, few.windows) == (True, 30, False, 79)
    assert both.error > few.error


def test_of_few_labels_nothing_is_said() -> None:
    assert sample_calibration([*labelled(29, 0.9, 20), window(truth=None)]) is None
