from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismic_assets.labels import WindowRule, window_classes

NUM_CLASSES = 3
shares = st.integers(0, 99).map(lambda percent: percent / 100)
rule_lists = st.lists(
    st.builds(
        WindowRule,
        class_index=st.integers(0, NUM_CLASSES - 1),
        within=st.sampled_from([0.25, 0.5, 0.75, 1.0]),
        share=shares,
    ),
    max_size=3,
)


def exact(number: float) -> Fraction:
    return Fraction(str(number))


def slow_class(samples: list[int], min_cover: float, rules: list[WindowRule]) -> int:
    for rule in rules:
        inner = min(max(round(rule.within * len(samples)), 1), len(samples))
        skipped = (len(samples) - inner) // 2
        central = samples[skipped : skipped + inner]
        if central and Fraction(central.count(rule.class_index), inner) > exact(rule.share):
            return rule.class_index
    labelled = [sample for sample in samples if sample >= 0]
    if not labelled or len(labelled) < exact(min_cover) * len(samples):
        return -1
    return max(range(NUM_CLASSES), key=lambda index: (labelled.count(index), -index))


@given(
    traces=st.integers(1, 4),
    num_samples=st.integers(1, 40),
    window=st.integers(1, 50),
    step=st.integers(1, 20),
    min_cover=shares,
    rules=rule_lists,
    seed=st.integers(0, 2**32 - 1),
)
def test_every_window_has_the_class_that_counting_by_hand_gives(
    *, traces, num_samples, window, step, min_cover, rules, seed
):
    samples = np.random.default_rng(seed).integers(-2, NUM_CLASSES, (traces, num_samples)).astype(np.int16)
    starts = np.arange(0, num_samples + step, step)

    got = window_classes(samples, starts, window, num_classes=NUM_CLASSES, min_cover=min_cover, rules=rules)

    wanted = [[slow_class(row[s : s + window].tolist(), min_cover, rules) for s in starts] for row in samples]
    np.testing.assert_array_equal(got, wanted)
    assert got.dtype == np.int16


def one_window(samples: list[int], window: int | None = None, **options) -> int:
    row = np.array([samples], dtype=np.int16)
    return int(window_classes(row, [0], window or len(samples), num_classes=NUM_CLASSES, **options)[0, 0])


def test_a_tie_goes_to_the_lower_class_index():
    assert one_window([2, 2, 1, 1]) == 1


def test_half_of_the_window_labelled_is_enough_cover():
    assert one_window([2, 2, -1, -1]) == 2
    assert one_window([2, -1, -1, -1]) == -1


def test_a_window_without_labels_has_no_class_even_if_no_cover_is_asked_for():
    assert one_window([-1, -1], min_cover=0.0) == -1


def test_a_window_longer_than_the_trace_is_covered_by_the_samples_that_exist():
    assert one_window([1, 1, -1], window=64) == 1


def test_a_thin_horizon_in_the_central_half_wins_by_its_rule():
    horizon = WindowRule(class_index=2, within=0.5, share=0.0)
    assert one_window([0, 0, 0, 2, 0, 0, 0, 0], rules=[horizon]) == 2
    assert one_window([0, 2, 0, 0, 0, 0, 0, 0], rules=[horizon]) == 0


def test_the_first_rule_that_holds_decides():
    rules = [WindowRule(1, 1.0, 0.2), WindowRule(2, 1.0, 0.2)]
    assert one_window([0, 1, 1, 2, 2], rules=rules) == 1
    assert one_window([0, 1, 1, 2, 2], rules=rules[::-1]) == 2


def test_a_share_is_exceeded_not_reached():
    assert one_window([1] * 29 + [0] * 71, rules=[WindowRule(1, 1.0, 0.29)]) == 0
    assert one_window([1] * 30 + [0] * 70, rules=[WindowRule(1, 1.0, 0.29)]) == 1


def test_a_class_beyond_the_list_is_refused():
    with pytest.raises(ValueError, match="sample class 3 is not below the number of classes, 3"):
        one_window([3, 0])


def test_no_traces_give_no_windows():
    empty = np.empty((0, 10), dtype=np.int16)
    assert window_classes(empty, [0, 5], 5, num_classes=NUM_CLASSES).shape == (0, 2)
