"""Traces as windows: times, neighbours and rows stay with the windows that they belong to."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.attributes import Neighbours, Traces, WindowGrid

RANDOM = np.random.default_rng(2)
INTERVAL_US = 4000
GRIDS = [WindowGrid(16, 8), WindowGrid(None, 8), WindowGrid(64, 8), WindowGrid(40, 3)]


def traces_of(count: int, num_samples: int = 40) -> Traces:
    samples = RANDOM.normal(size=(count, num_samples)).astype(np.float32)
    around = RANDOM.normal(size=(count, 8, num_samples)).astype(np.float32)
    start_ms = (RANDOM.integers(0, 50, count) * 4).astype(np.float32)
    return Traces(samples, INTERVAL_US, start_ms, Neighbours(around, RANDOM.random((count, 8)) < 0.7))


def test_windows_are_those_of_the_grid_trace_by_trace() -> None:
    traces, grid = traces_of(3), WindowGrid(16, 8)
    windows = traces.windows(grid)
    assert (windows.samples == grid.cut(traces.samples)).all()
    assert windows.sample_interval_us == INTERVAL_US


def test_the_centre_of_a_window_lies_half_its_length_behind_its_first_sample() -> None:
    traces = Traces(np.zeros((2, 40), np.float32), INTERVAL_US, np.array([0, 1000], np.float32))
    centre_ms = traces.windows(WindowGrid(16, 8)).centre_ms
    assert centre_ms is not None
    assert centre_ms.dtype == np.float32
    assert centre_ms.tolist() == [32, 64, 96, 128, 1032, 1064, 1096, 1128]


@pytest.mark.parametrize("grid", [WindowGrid(None, 8), WindowGrid(64, 8)], ids=["whole trace", "longer than a trace"])
def test_the_centre_of_a_trace_that_is_one_window_is_that_of_the_trace(grid: WindowGrid) -> None:
    traces = Traces(np.zeros((1, 40), np.float32), INTERVAL_US, np.array([20], np.float32))
    centre_ms = traces.windows(grid).centre_ms
    assert centre_ms is not None
    assert centre_ms.tolist() == [20 + 80]


@pytest.mark.parametrize("grid", GRIDS, ids=str)
def test_the_traces_around_are_cut_like_the_trace_itself(grid: WindowGrid) -> None:
    traces = traces_of(5)
    windows = traces.windows(grid)
    assert traces.neighbours is not None
    assert windows.neighbours is not None
    assert windows.neighbours.shape == (len(windows.samples), 8, windows.samples.shape[1])
    for place in range(8):
        alone = grid.cut(traces.neighbours.samples[:, place])
        assert (windows.neighbours[:, place] == alone).all()


def test_every_window_of_a_trace_has_the_neighbours_of_the_trace() -> None:
    traces = traces_of(5)
    windows = traces.windows(WindowGrid(16, 8))
    assert traces.neighbours is not None
    assert windows.present is not None
    assert (windows.present == np.repeat(traces.neighbours.present, 4, axis=0)).all()


def test_what_is_not_known_of_the_traces_is_not_known_of_their_windows() -> None:
    windows = Traces(traces_of(2).samples, INTERVAL_US).windows(WindowGrid(16, 8))
    assert (windows.centre_ms, windows.neighbours, windows.present) == (None, None, None)


@pytest.mark.parametrize("grid", GRIDS, ids=str)
@settings(max_examples=30, deadline=None)
@given(rows=st.lists(st.integers(0, 6), max_size=10))
def test_the_windows_of_some_traces_are_some_of_the_windows(grid: WindowGrid, rows: list[int]) -> None:
    traces, picked = traces_of(7), np.array(rows, dtype=np.int64)
    each = len(grid.starts(40))
    found = traces.of(picked).windows(grid)
    expected = traces.windows(grid).of((picked[:, None] * each + np.arange(each)).ravel())
    for name in ("samples", "centre_ms", "neighbours", "present"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    assert found.sample_interval_us == expected.sample_interval_us


def test_some_of_traces_of_which_nothing_more_is_known_are_traces_too() -> None:
    bare = Traces(traces_of(4).samples, INTERVAL_US)
    some = bare.of(np.array([False, True, False, True]))
    assert (some.samples == bare.samples[[1, 3]]).all()
    assert (some.start_ms, some.neighbours) == (None, None)
    assert bare.windows(WindowGrid(16, 8)).of(np.array([2])).centre_ms is None


def test_over_a_scale_the_traces_and_those_around_are_divided_and_the_times_stay() -> None:
    traces = traces_of(3)
    scaled = traces.over(4.0)
    assert traces.neighbours is not None
    assert scaled.neighbours is not None
    assert (scaled.samples == traces.samples / 4).all()
    assert (scaled.neighbours.samples == traces.neighbours.samples / 4).all()
    assert (scaled.neighbours.present == traces.neighbours.present).all()
    assert scaled.start_ms is traces.start_ms


def test_over_no_scale_they_are_themselves() -> None:
    traces = traces_of(3)
    assert traces.over(None) is traces
