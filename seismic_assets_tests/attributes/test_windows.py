import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from seismic_assets.attributes import WindowGrid, cut_windows, usable_traces, window_starts

lengths = st.integers(1, 60)
windows = st.one_of(st.none(), st.integers(1, 80))
steps = st.integers(1, 40)


def slow_starts(num_samples, window, step):
    if window is None or num_samples < window:
        return [0]
    return [start for start in range(0, num_samples, step) if start + window <= num_samples]


def slow_window(trace, start, window):
    """Sample after sample, turning round at either end, where the last sample counts twice."""
    period = [*trace, *reversed(trace)]
    return [period[(start + index) % len(period)] for index in range(window)]


@given(lengths, windows, steps)
def test_windows_start_every_step_while_a_whole_one_fits(num_samples, window, step):
    starts = window_starts(num_samples, window, step)
    assert starts.dtype == np.int64
    assert starts.tolist() == slow_starts(num_samples, window, step)


@given(st.integers(1, 4), lengths, windows, steps, st.integers(0, 99))
def test_windows_are_cut_trace_by_trace_and_short_traces_are_mirrored(count, num_samples, window, step, seed):
    traces = np.random.default_rng(seed).normal(size=(count, num_samples)).astype(np.float32)
    starts = window_starts(num_samples, window, step)
    length = window or num_samples
    expected = [slow_window(trace.tolist(), int(start), length) for trace in traces for start in starts]
    found = cut_windows(traces, starts, length)
    assert found.dtype == np.float32
    assert found.flags.c_contiguous
    assert found.tolist() == expected


@given(st.integers(1, 4), lengths, windows, steps)
def test_a_grid_cuts_as_its_starts_say(count, num_samples, window, step):
    grid = WindowGrid(window, step)
    cut = grid.cut(np.zeros((count, num_samples), np.float32))
    assert cut.shape == (count * len(grid.starts(num_samples)), window or num_samples)


def test_no_window_length_means_the_whole_trace():
    traces = np.arange(20, dtype=np.float32).reshape(2, 10)
    assert (WindowGrid(None, 3).cut(traces) == traces).all()
    assert WindowGrid(None, 3).resolve(10).samples == 10
    assert WindowGrid(8, 4).resolve(10) == WindowGrid(8, 4)


def test_a_short_trace_is_continued_by_its_mirror_image():
    trace = np.array([[1, 2, 3]], np.float32)
    assert cut_windows(trace, window_starts(3, 8, 4), 8).tolist() == [[1, 2, 3, 3, 2, 1, 1, 2]]


samples = st.sampled_from([0.0, 1.0, -2.5, float("nan"), float("inf"), float("-inf")])


@given(hnp.arrays(np.float32, st.tuples(st.integers(1, 6), st.integers(1, 4)), elements=samples))
def test_a_trace_is_usable_if_it_is_finite_and_varies(traces):
    expected = [bool(np.isfinite(trace).all() and len(set(trace.tolist())) > 1) for trace in traces]
    assert usable_traces(traces).tolist() == expected
