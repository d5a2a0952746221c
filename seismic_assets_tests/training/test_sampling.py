import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismic_assets.training import TrainingError, sample_by_block


@st.composite
def windows(draw):
    size = draw(st.integers(1, 200))
    random = np.random.default_rng(draw(st.integers(0, 99)))
    classes = random.choice([0, 1, 5], size, p=[0.7, 0.25, 0.05]).astype(np.int32)
    blocks = random.choice([3, 4, 9, 100], size, p=[0.6, 0.3, 0.05, 0.05]).astype(np.int32)
    return classes, blocks


@given(windows(), st.integers(3, 250), st.integers(0, 3), st.integers(1, 20))
def test_a_sample_keeps_to_its_size_its_classes_and_its_seed(drawn, most, seed, least):
    classes, blocks = drawn
    kept = sample_by_block(classes, blocks, most, seed, least)
    assert len(kept) <= most
    assert (np.diff(kept) > 0).all()
    assert set(classes[kept]) == set(classes)
    assert kept.tolist() == sample_by_block(classes, blocks, most, seed, least).tolist()
    if len(classes) <= most:
        assert kept.tolist() == list(range(len(classes)))


@given(windows(), st.integers(3, 250))
def test_within_a_class_no_block_gives_more_than_one_window_above_another_that_has_more_to_give(drawn, most):
    classes, blocks = drawn
    kept = sample_by_block(classes, blocks, most, 0)
    for index in np.unique(classes):
        here = blocks[kept][classes[kept] == index]
        given = {block: (here == block).sum() for block in np.unique(blocks[classes == index])}
        for block, count in given.items():
            if count < ((classes == index) & (blocks == block)).sum():
                assert max(given.values()) - count <= 1


def test_class_shares_are_kept():
    random = np.random.default_rng(0)
    classes = random.choice(3, 30_000, p=[0.5, 0.3, 0.2]).astype(np.int32)
    kept = sample_by_block(classes, random.integers(0, 40, 30_000).astype(np.int32), 2_000, 1)
    np.testing.assert_allclose(np.bincount(classes[kept]) / len(kept), np.bincount(classes) / 30_000, atol=0.001)
    assert 1_997 <= len(kept) <= 2_000


def test_a_large_block_does_not_crowd_out_small_ones():
    blocks = np.repeat([1, 2, 3], [9_000, 500, 20]).astype(np.int32)
    kept = sample_by_block(np.zeros(9_520, np.int32), blocks, 300, 0)
    assert np.bincount(blocks[kept])[1:].tolist() == [140, 140, 20]


def test_windows_are_drawn_and_not_taken_from_the_front():
    classes = np.zeros(1_000, np.int32)
    first, second = (sample_by_block(classes, classes, 100, seed) for seed in (0, 1))
    assert first.max() > 800
    assert (first != second).any()


def test_a_rare_class_keeps_what_it_is_promised():
    classes = np.repeat([0, 1], [99_900, 100]).astype(np.int32)
    kept = sample_by_block(classes, np.zeros(100_000, np.int32), 1_000, 0, least=50)
    assert np.bincount(classes[kept]).tolist() == [950, 50]


def test_fewer_windows_than_classes_are_refused():
    with pytest.raises(TrainingError, match="2 windows cannot hold 3 classes"):
        sample_by_block(np.array([0, 1, 2, 2], np.int32), np.zeros(4, np.int32), 2, 0)
