from __future__ import annotations

import numpy as np
import pytest

from seismic_assets.evaluation import Interval
from seismic_assets.monitoring import Baseline, DegradationLimits, judge_accuracy
from seismic_assets.monitoring.intervals import share_interval

TEST = Baseline(0.9)


@pytest.mark.parametrize(
    ("low", "high", "state"),
    [
        (0.70, 0.84, "degraded"),
        (0.70, 0.86, "unclear"),
        (0.86, 0.95, "held"),
        (0.84, 0.95, "unclear"),
        (None, None, "unclear"),
    ],
)
def test_the_whole_interval_must_lie_on_one_side_of_the_baseline_less_the_margin(low, high, state) -> None:
    accuracy = Interval(0.8 if low is None else (low + high) / 2, low, high, 9)
    found = judge_accuracy(accuracy, 500, TEST)
    assert found.state == state
    assert found.degraded is (state == "degraded")
    assert found.fall == pytest.approx(0.9 - accuracy.value)


def test_too_few_truths_and_an_unknown_baseline_decide_nothing_and_say_so() -> None:
    accuracy = Interval(0.1, 0.05, 0.15, 50)
    few = judge_accuracy(accuracy, 99, TEST)
    assert (few.state, few.degraded) == ("too_few", False)
    assert "99 traces has come and 100 are needed" in few.sentence
    assert judge_accuracy(accuracy, 100, TEST).degraded
    assert judge_accuracy(None, 0, TEST).state == "too_few"
    assert judge_accuracy(accuracy, 500, None).state == "no_baseline"


def test_models_that_are_as_good_as_in_the_test_are_hardly_ever_called_worse_and_worse_ones_mostly() -> None:
    random = np.random.default_rng(0)

    def alarms(accuracy: float) -> float:
        count = np.full(40, 10.0)
        found = 0
        for _ in range(300):
            skill = np.clip(random.normal(accuracy, 0.08, 40), 0, 1)
            right = random.binomial(10, skill).astype(float)
            found += judge_accuracy(share_interval(right, count), 400, TEST, DegradationLimits()).degraded
        return found / 300

    assert alarms(0.9) == 0.0
    assert alarms(0.85) <= 0.06
    assert alarms(0.75) >= 0.95
