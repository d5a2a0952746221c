import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import f1_score

from seismic_assets.evaluation import (
    EvaluationError,
    Interval,
    Resampling,
    class_f1_intervals,
    f1_difference,
    f1_interval,
    score,
)
from seismic_assets.evaluation.bootstrap import block_confusions, macro_f1, resampled


def survey(seed, blocks, windows=40, classes=3):
    """Truth, prediction and block of windows; how hard blocks are and what they hold differs among them."""
    random = np.random.default_rng(seed)
    skill, shares = random.beta(8, 3, blocks), random.dirichlet([4, 3, 2][:classes], blocks)
    truth = np.concatenate([random.choice(classes, windows, p=share) for share in shares])
    block = np.repeat(np.arange(blocks), windows)
    right = random.random(len(truth)) < skill[block]
    return truth, np.where(right, truth, random.integers(0, classes, len(truth))), block


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), blocks=st.integers(1, 6), windows=st.integers(1, 12))
def test_macro_f1_from_counts_is_that_of_score(seed, blocks, windows):
    truth, predicted, block = survey(seed, blocks, windows)
    counts = block_confusions(truth, predicted, block, 5)
    assert counts.shape == (blocks, 5, 5)
    expected = score(truth.astype(np.int32), np.eye(5)[predicted], list("abcde")).f1_macro
    assert macro_f1(counts.sum(axis=0)) == pytest.approx(expected)
    assert f1_interval(truth, predicted, block, 5).value == pytest.approx(expected)


def test_resamples_are_those_of_drawing_blocks_one_by_one():
    truth, predicted, block = survey(3, 7)
    settings_ = Resampling(resamples=50, seed=5)
    fast = resampled(block_confusions(truth, predicted, block, 3)[None], settings_)[0]
    weights = np.random.default_rng(5).multinomial(7, np.full(7, 1 / 7), size=50)
    for value, weight in zip(fast, weights, strict=True):
        rows = np.concatenate([np.flatnonzero(block == index) for index in np.repeat(np.arange(7), weight)])
        assert value == pytest.approx(f1_score(truth[rows], predicted[rows], average="macro"))


def test_many_blocks_are_resampled_in_pieces_to_the_same_values(monkeypatch):
    counts = block_confusions(*survey(1, 30), 3)[None]
    whole = resampled(counts, Resampling(resamples=100))
    monkeypatch.setattr("seismic_assets.evaluation.bootstrap._MOST_CELLS", 30 * 7)
    np.testing.assert_array_equal(resampled(counts, Resampling(resamples=100)), whole)


def test_the_interval_is_the_t_interval_of_a_bootstrap_by_hand():
    truth, predicted, block = survey(11, 9)
    random = np.random.default_rng(0)
    draws = []
    for _ in range(2000):
        rows = np.concatenate([np.flatnonzero(block == index) for index in random.integers(0, 9, 9)])
        draws.append(macro_f1(block_confusions(truth[rows], predicted[rows], np.zeros(len(rows)), 3)[0]))
    half = stats.t.ppf(0.95, 8) * np.std(draws) * np.sqrt(9 / 8)
    found = f1_interval(truth, predicted, block, 3, Resampling(level=0.9))
    assert found.high - found.value == pytest.approx(half, rel=0.08)
    assert found.value - found.low == pytest.approx(half, rel=0.08)
    assert (found.blocks, found.level) == (9, 0.9)


@pytest.mark.parametrize("blocks", [3, 12])
def test_an_interval_covers_the_truth_as_often_as_it_says(blocks):
    true = float(macro_f1(block_confusions(*survey(0, 10_000), 3).sum(axis=0)))
    intervals = [f1_interval(*survey(seed, blocks), 3, Resampling(resamples=300)) for seed in range(1, 301)]
    covered = np.mean([each.low <= true <= each.high for each in intervals])
    assert 0.91 <= covered <= 0.99
    assert np.mean([each.high < true for each in intervals]) < 0.06


def test_equal_models_do_not_differ_and_their_interval_is_a_point():
    truth, predicted, block = survey(2, 6)
    assert f1_difference(truth, predicted, predicted, block, 3) == Interval(0.0, 0.0, 0.0, 6)


def test_a_difference_on_the_same_blocks_is_known_better_than_either_figure():
    truth, old, block = survey(4, 20)
    random = np.random.default_rng(0)
    new = np.where(random.random(len(truth)) < 0.1, truth, old)
    found = f1_difference(truth, new, old, block, 3)
    alone = f1_interval(truth, old, block, 3)
    assert found.value == pytest.approx(f1_score(truth, new, average="macro") - f1_score(truth, old, average="macro"))
    assert 0 < found.low < found.value < found.high
    assert found.high - found.low < 0.5 * (alone.high - alone.low)
    mirrored = f1_difference(truth, old, new, block, 3)
    assert (mirrored.value, mirrored.low, mirrored.high) == pytest.approx((-found.value, -found.high, -found.low))


def test_intervals_of_classes_hold_the_f1_of_each_class():
    truth, predicted, block = survey(5, 10)
    found = class_f1_intervals(truth, predicted, block, ["sand", "shale", "salt", "absent"])
    assert list(found) == ["sand", "shale", "salt"]
    expected = f1_score(truth, predicted, average=None)
    assert [each.value for each in found.values()] == pytest.approx(expected)
    assert all(each.low < each.value < each.high for each in found.values())


def test_a_class_that_few_blocks_hold_still_has_an_interval():
    truth, predicted, block = survey(6, 8, classes=2)
    truth[:5] = predicted[:4] = 2
    found = class_f1_intervals(truth, predicted, block, ["a", "b", "rare"])["rare"]
    assert np.isfinite([found.value, found.low, found.high]).all()


def test_a_single_block_has_a_value_but_no_interval():
    truth, predicted, block = survey(1, 1)
    found = f1_interval(truth, predicted, block, 3)
    assert (found.low, found.high, found.blocks) == (None, None, 1)
    assert found.text().endswith("(no interval: 1 block)")


def test_ends_do_not_leave_what_a_score_can_be():
    truth = np.tile([0, 1], 20)
    predicted = truth.copy()
    predicted[:3] = 1 - predicted[:3]
    found = f1_interval(truth, predicted, np.repeat([0, 1], 20), 2)
    assert 0 <= found.low < found.value < found.high == 1


def test_the_same_seed_gives_the_same_interval_and_blocks_may_have_names():
    truth, predicted, block = survey(8, 5)
    names = np.array([f"area/{index}" for index in block])
    first = f1_interval(truth, predicted, block, 3, Resampling(seed=1))
    assert first == f1_interval(truth, predicted, names, 3, Resampling(seed=1))
    assert first != f1_interval(truth, predicted, block, 3, Resampling(seed=2))


def test_intervals_are_told_with_their_level_and_blocks():
    assert Interval(0.8344, 0.801, 0.866, 1200).text() == "0.834 (95 % interval 0.801 to 0.866 over 1,200 blocks)"
    assert Interval(0.02, -0.01, 0.05, 3, 0.9).text(signed=True) == (
        "+0.020 (90 % interval -0.010 to +0.050 over 3 blocks)"
    )


@pytest.mark.parametrize(("labels", "predictions", "blocks"), [(0, 0, 0), (3, 2, 3), (3, 3, 2)])
def test_nothing_to_score_and_unequal_lengths_are_refused(labels, predictions, blocks):
    with pytest.raises(EvaluationError, match="give"):
        f1_interval(np.zeros(labels, int), np.zeros(predictions, int), np.zeros(blocks, int), 2)
