from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import f1_score

from seismic_assets.evaluation import Interval
from seismic_assets.evaluation.bootstrap import block_confusions, macro_f1
from seismic_assets.monitoring.intervals import (
    f1_interval,
    mean_interval,
    runs_of,
    share_difference,
    share_interval,
    weighted_f1,
)


def ends(interval: Interval) -> tuple[float, float]:
    assert interval.low is not None
    assert interval.high is not None
    return interval.low, interval.high


def test_of_many_single_traces_the_interval_is_wilsons() -> None:
    right = np.repeat([1.0, 0.0], [8000, 2000])
    shuffled = np.random.default_rng(0).permutation(right)
    found = share_interval(shuffled, np.ones(10_000))
    wilson = stats.binomtest(8000, 10_000).proportion_ci(0.95, method="wilson")
    np.testing.assert_allclose(ends(found), (wilson.low, wilson.high), atol=2e-5)


def test_traces_of_one_request_that_stand_or_fall_together_count_as_few() -> None:
    random = np.random.default_rng(1)
    alike = np.where(random.random(40) < 0.8, 100.0, 0.0)
    apart = random.binomial(100, 0.8, 40).astype(float)
    together, single = (share_interval(right, np.full(40, 100.0)) for right in (alike, apart))
    assert ends(together)[1] - ends(together)[0] > 5 * (ends(single)[1] - ends(single)[0])


def test_all_right_is_no_certainty_and_one_run_says_nothing() -> None:
    low, high = ends(share_interval(np.full(10, 5.0), np.full(10, 5.0)))
    assert high == 1.0
    assert 0.6 < low < 0.8
    assert share_interval(np.array([5.0]), np.array([9.0])).low is None


@pytest.mark.parametrize(("runs", "traces", "spread"), [(8, 1, 0.0), (20, 50, 0.15), (100, 20, 0.1), (60, 1, 0.0)])
def test_the_interval_holds_the_truth_about_as_often_as_it_says(runs: int, traces: int, spread: float) -> None:
    random = np.random.default_rng(2)
    held = 0
    for _ in range(400):
        skill = np.clip(random.normal(0.75, spread, runs), 0, 1)
        low, high = ends(share_interval(random.binomial(traces, skill).astype(float), np.full(runs, float(traces))))
        held += low <= 0.75 <= high
    assert 0.91 <= held / 400 <= 1.0


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 30), st.floats(0, 1)), min_size=1, max_size=20))
def test_a_share_lies_in_its_interval_and_the_interval_between_0_and_1(runs: list[tuple[int, float]]) -> None:
    count = np.array([each for each, _ in runs], np.float64)
    right = np.array([round(each * share) for each, share in runs], np.float64)
    found = share_interval(right, count)
    assert found.value == pytest.approx(right.sum() / count.sum())
    if len(runs) > 1:
        low, high = ends(found)
        assert 0 <= low <= found.value <= high <= 1


def test_a_difference_is_newcombes() -> None:
    # R. G. Newcombe 1998, table II, case (a) 56/70 - 48/80, method 10: 0.0524 to 0.3339.
    def wilson(right: int, count: int) -> Interval:
        low, high = stats.binomtest(right, count).proportion_ci(0.95, method="wilson")
        return Interval(right / count, low, high, count)

    found = share_difference(wilson(56, 70), wilson(48, 80))
    assert found.value == pytest.approx(0.2)
    np.testing.assert_allclose(ends(found), (0.0524, 0.3339), atol=5e-5)
    assert share_difference(Interval(0.5, None, None, 1), wilson(48, 80)).low is None


def test_a_mean_over_single_traces_has_the_t_interval() -> None:
    values = np.random.default_rng(3).normal(0.1, 0.2, 50).clip(-1, 1)
    found = mean_interval(values, np.ones(50))
    expected = stats.t.interval(0.95, 49, values.mean(), stats.sem(values))
    np.testing.assert_allclose(ends(found), expected, rtol=1e-9)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60))
def test_weighted_f1_is_that_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    truth, predicted = np.array(pairs).T
    counts = block_confusions(truth, predicted, np.zeros(len(pairs)), 4)[0]
    expected = f1_score(truth, predicted, average="weighted", zero_division=0.0)
    assert weighted_f1(counts.astype(np.float64)) == pytest.approx(expected)


def test_f1_has_an_interval_that_narrows_with_more_runs() -> None:
    random = np.random.default_rng(4)

    def width(runs: int) -> float:
        truth = random.integers(0, 3, (runs, 20))
        predicted = np.where(random.random((runs, 20)) < 0.8, truth, 0)
        block = np.repeat(np.arange(runs), 20)
        low, high = ends(f1_interval(block_confusions(truth.ravel(), predicted.ravel(), block, 3), macro_f1))
        return high - low

    assert width(100) < width(10) / 2
    assert f1_interval(np.ones((1, 3, 3), np.int64), macro_f1).low is None


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=350))
def test_runs_follow_each_other_and_keep_a_request_whole(lengths: list[int]) -> None:
    request = np.repeat(np.arange(len(lengths)) * 3 + 5, lengths)
    run = runs_of(request)
    assert run[0] == 0
    assert set(np.diff(run).tolist()) <= {0, 1}
    assert run.max() + 1 == min(len(lengths), 100)
    assert all(len(set(run[request == each].tolist())) == 1 for each in np.unique(request))
    per_run = np.bincount(run[np.unique(request, return_index=True)[1]])
    assert per_run.max() - per_run.min() <= 1
