from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismic_assets.training import TrainingError, spatial_folds
from seismic_assets.training.cross_validation import _within
from seismic_assets_tests.training.building import fold


def test_every_window_is_held_out_once_and_its_block_with_it():
    data = fold(600, 1)
    folds = spatial_folds(data, 5)
    assert len(folds) == 5
    assert sorted(np.concatenate([held_out for _, held_out in folds])) == list(range(600))
    for train, held_out in folds:
        assert sorted([*train, *held_out]) == list(range(600))
        assert not set(data.blocks[train]) & set(data.blocks[held_out])


def test_folds_resemble_each_other_in_their_classes():
    data = fold(6_000, 1, blocks=60)
    for _, held_out in spatial_folds(data, 5):
        np.testing.assert_allclose(np.bincount(data.classes[held_out]) / len(held_out), 1 / 3, atol=0.05)
        assert 0.15 < len(held_out) / 6_000 < 0.25


def test_the_same_seed_gives_the_same_folds_and_another_deals_blocks_that_are_alike_otherwise():
    alike = np.arange(600)
    data = replace(fold(600, 1), classes=(alike % 3).astype(np.int32), blocks=(alike // 3 % 20).astype(np.int32))
    first, again, other = (spatial_folds(data, 5, seed=seed) for seed in (3, 3, 4))
    assert [held_out.tolist() for _, held_out in first] == [held_out.tolist() for _, held_out in again]
    assert [held_out.tolist() for _, held_out in first] != [held_out.tolist() for _, held_out in other]


def test_more_windows_than_are_counted_are_dealt_out_as_whole_blocks_too():
    data = fold(50_000, 1)
    folds = spatial_folds(data, 4)
    assert sorted(np.concatenate([held_out for _, held_out in folds])) == list(range(50_000))
    assert all(not set(data.blocks[train]) & set(data.blocks[held_out]) for train, held_out in folds)


@pytest.mark.parametrize("buffer", [1, 3])
def test_training_windows_within_the_buffer_are_left_out_and_no_others(buffer):
    data = fold(600, 1)
    for (train, held_out), (unbuffered, _) in zip(spatial_folds(data, 3, buffer), spatial_folds(data, 3), strict=True):
        trace = data.positions[:, 2]
        near = np.abs(trace[unbuffered][:, None] - trace[held_out][None, :]).min(axis=1) <= buffer
        assert near.any()
        assert train.tolist() == unbuffered[~near].tolist()


places = st.lists(st.tuples(st.integers(0, 1), st.integers(-6, 6), st.integers(-6, 6)), min_size=1, max_size=12)


@given(places, places, st.integers(1, 4))
def test_within_is_the_larger_distance_in_the_same_area(targets, sources, reach):
    found = _within(np.array(targets), np.array(sources), reach)
    assert found.tolist() == [
        any(a == b and max(abs(i - k), abs(x - y)) <= reach for b, k, y in sources) for a, i, x in targets
    ]


def test_there_are_no_more_folds_than_blocks():
    assert len(spatial_folds(fold(300, 1, blocks=3), 5)) == 3


def test_a_single_block_is_refused():
    with pytest.raises(TrainingError, match="lie in 1 spatial block where folds need two; label more of the survey"):
        spatial_folds(fold(300, 1, blocks=1), 5)


def test_windows_without_blocks_or_positions_are_refused():
    data = fold(300, 1)
    with pytest.raises(TrainingError, match="do not say which spatial block they lie in"):
        spatial_folds(replace(data, blocks=None), 5)
    with pytest.raises(TrainingError, match="a buffer between folds needs the windows' positions"):
        spatial_folds(replace(data, positions=None), 5, buffer=2)


def test_a_class_of_a_handful_of_windows_is_named():
    data = fold(300, 1, classes=(0, 1))
    classes = data.classes.copy()
    classes[:4] = 7
    with pytest.raises(TrainingError, match="class 7 has 4 training windows where 5 folds need 5; label more of it"):
        spatial_folds(replace(data, classes=classes), 5)


def test_a_class_in_one_block_alone_beside_a_single_other_is_refused():
    data = fold(300, 1)
    with pytest.raises(TrainingError, match="fewer than two classes are left to train on"):
        spatial_folds(replace(data, classes=(data.blocks == 2).astype(np.int32)), 3)
