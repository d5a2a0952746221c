"""How far figures of served traces can be trusted, though traces of a request are neighbours and so are requests.

What is taken for independent is not a trace but a run of requests that came one after another: each request by itself
while there are at most 100, else 100 runs of equally many, so that a client that sends a line trace by trace counts
for what it is. Figures of one run have no interval.

- Shares: Wilson's score interval with the effective sample size n / d for n (E. B. Wilson, JASA 22, 1927). The design
  effect d, at least 1, is the variance of the share over runs (of a ratio of sums) divided by p (1 - p) / n; with few
  runs the size is cut further by (z / t)^2 as E. L. Korn and B. I. Graubard do (Survey Methodology 24, 1998). Where
  all or none are right no variance is seen, and each run counts once. C. Franco, R. J. A. Little, T. A. Louis and
  E. V. Slud compare such intervals (J. Surv. Stat. Methodol. 7, 2019) and recommend Wilson's.
- Differences of shares of two sets of traces: R. G. Newcombe's hybrid of the two intervals (Stat. Med. 17, 1998).
- F1: the t interval with bootstrap standard error of `evaluation.bootstrap`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from seismic_assets.evaluation import Interval, Resampling
from seismic_assets.evaluation.bootstrap import class_f1

MOST_RUNS = 100
DEFAULT = Resampling()
Sums = NDArray[np.float64]


def runs_of(requests: NDArray[np.integer]) -> NDArray[np.int64]:
    """Run of each trace from the ascending number of its request, (m,): 0, 1, ..., at most 100 of them."""
    names, place = np.unique(requests, return_inverse=True)
    return (place.astype(np.int64) * min(MOST_RUNS, len(names))) // max(len(names), 1)


def share_interval(right: Sums, count: Sums, level: float = DEFAULT.level) -> Interval:
    """A share and its interval.

    Args:
        right: (r,) what is counted, such as traces classified rightly, of each run.
        count: (r,) all traces of each run; one at least in each.
        level: coverage, a share of 1.
    """
    runs, n = len(count), float(count.sum())
    share = float(right.sum() / n)
    if runs < 2:
        return Interval(share, None, None, runs, level)
    z, t = float(ndtri((1 + level) / 2)), float(stdtrit(runs - 1, (1 + level) / 2))
    size = n / _design_effect(right, count) * (z / t) ** 2
    middle, half = (share + z**2 / (2 * size)), z * np.sqrt(share * (1 - share) / size + z**2 / (4 * size**2))
    scale = 1 + z**2 / size
    # Rounding must not put the share itself outside.
    low, high = min(max(0.0, (middle - half) / scale), share), max(min(1.0, (middle + half) / scale), share)
    return Interval(share, float(low), float(high), runs, level)


def share_difference(one: Interval, other: Interval) -> Interval:
    """A share less another of other traces, with the interval of the difference."""
    difference, runs = one.value - other.value, min(one.blocks, other.blocks)
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return Interval(difference, None, None, runs, one.level)
    below = np.hypot(one.value - one.low, other.high - other.value)
    above = np.hypot(one.high - one.value, other.value - other.low)
    low, high = max(difference - below, -1.0), min(difference + above, 1.0)
    return Interval(difference, float(low), float(high), runs, one.level)


def mean_interval(sums: Sums, count: Sums, level: float = DEFAULT.level) -> Interval:
    """A mean over traces between -1 and 1 and its t interval, from the sums and the traces of each run, (r,)."""
    runs, n = len(count), float(count.sum())
    mean = float(sums.sum() / n)
    if runs < 2:
        return Interval(mean, None, None, runs, level)
    half = float(stdtrit(runs - 1, (1 + level) / 2)) * _spread(sums, count)
    return Interval(mean, max(mean - half, -1.0), min(mean + half, 1.0), runs, level)


def f1_interval(
    confusions: NDArray[np.int64],
    figure: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    resampling: Resampling = DEFAULT,
) -> Interval:
    """A figure of confusion matrices with its interval.

    Args:
        confusions: (r, classes, classes) counts of each run.
        figure: of (..., classes, classes) counts, 0 to 1; `macro_f1` or `weighted_f1`.
        resampling: level, resamples and seed.
    """
    runs, value = len(confusions), float(figure(confusions.sum(axis=0).astype(np.float64)))
    if runs < 2:
        return Interval(value, None, None, runs, resampling.level)
    random = np.random.default_rng(resampling.seed)
    weights = random.multinomial(runs, np.full(runs, 1 / runs), size=resampling.resamples).astype(np.float64)
    draws = figure(np.tensordot(weights, confusions.astype(np.float64), axes=1))
    quantile = stdtrit(runs - 1, (1 + resampling.level) / 2)
    half = float(quantile * np.sqrt(runs / (runs - 1)) * draws.std())
    return Interval(value, max(value - half, 0.0), min(value + half, 1.0), runs, resampling.level)


def weighted_f1(confusions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean F1 weighted by the traces of each true class, of (..., classes, classes) counts."""
    members = confusions.sum(axis=-1)
    weights = members / np.maximum(members.sum(axis=-1, keepdims=True), 1)
    return np.asarray((np.nan_to_num(class_f1(confusions)) * weights).sum(axis=-1))


def _design_effect(right: Sums, count: Sums) -> float:
    n, share = float(count.sum()), float(right.sum() / count.sum())
    if not 0 < share < 1:
        return n / len(count)
    return max(1.0, _spread(right, count) ** 2 / (share * (1 - share) / n))


def _spread(sums: Sums, count: Sums) -> float:
    """Standard error of the ratio of sums over r runs."""
    runs, n = len(count), count.sum()
    away = sums - sums.sum() / n * count
    return float(np.sqrt(runs / (runs - 1) * np.square(away).sum()) / n)
