"""Counts and statistics against slow references, whatever the blocks and parts that traces come in."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from seismic_assets.lake import TRACE_QUALITY
from seismic_assets.quality import AMPLITUDES, COUNTS, SAMPLE_COUNTS, QualityFigures

samples = st.one_of(
    st.floats(-1e6, 1e6, width=32),
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 1e6, float("nan"), float("inf"), float("-inf")]),
)
traces_of = st.tuples(st.integers(1, 20), st.integers(1, 6)).flatmap(
    lambda shape: hnp.arrays(np.float32, shape, elements=samples)
)
cuts_of = st.lists(st.integers(0, 20), max_size=4).map(sorted)


def figures_of(*blocks, spike_ratio=10.0):
    figures = QualityFigures(spike_ratio)
    for traces in blocks:
        if len(traces):
            figures.add(np.asarray(traces, np.float32))
    return figures


def merged(parts):
    whole = QualityFigures()
    for part in parts:
        whole.merge(part)
    return whole


def live(traces):
    return [trace for trace in traces if np.isfinite(trace).all() and trace.min() != trace.max()]


def is_clipped(trace):
    """By the definition: three samples in a row as large as the largest."""
    runs = itertools.groupby(np.abs(trace) == np.abs(trace).max())
    return any(at_peak and len(list(run)) >= 3 for at_peak, run in runs)


def ricker(count=500, centre=250, hertz=30.0, interval=0.004):
    phase = (np.pi * hertz * (np.arange(count) - centre) * interval) ** 2
    return ((1 - 2 * phase) * np.exp(-phase)).astype(np.float32)


def noise(count=1, num_samples=400, seed=0):
    return np.random.default_rng(seed).normal(size=(count, num_samples)).astype(np.float32)


def test_no_trace_gives_zeros():
    figures = QualityFigures()
    assert {*figures.counts().values(), *figures.amplitudes().values(), figures.traces} == {0}


@settings(max_examples=200, deadline=None)
@given(traces=traces_of, cuts=cuts_of, by_parts=st.booleans())
def test_counts_and_amplitudes_are_numpy_s_whatever_the_blocks_and_parts(traces, cuts, by_parts):
    blocks = np.split(traces, cuts)
    figures = merged(map(figures_of, blocks)) if by_parts else figures_of(*blocks)
    finite = np.isfinite(traces).all(axis=1)
    whole = traces[finite].astype(np.float64)
    constant = [trace for trace in whole if trace.min() == trace.max()]
    assert figures.traces == len(traces)
    assert figures.nan_traces == (~finite).sum()
    assert figures.infinite_traces == np.isinf(traces).any(axis=1).sum()
    assert figures.dead_traces == len(constant)
    assert figures.constant_traces == sum(trace[0] != 0 for trace in constant)
    assert figures.clipped_traces == sum(map(is_clipped, live(traces)))
    assert figures.duplicate_traces == len(live(traces)) - len({trace.tobytes() for trace in live(traces)})
    expected = (whole.mean(), whole.std(), whole.min(), whole.max()) if whole.size else (0, 0, 0, 0)
    found = [figures.amplitudes()[f"{name}_amplitude"] for name in ("mean", "std", "min", "max")]
    # Where the deviation cancels, what is left is the rounding of float64 on the largest sample.
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12 * float(np.abs(whole).max(initial=0)))


@pytest.mark.parametrize("offset", [0, 1e4, -1e6])
def test_the_deviation_does_not_cancel_on_a_large_offset(offset):
    traces = (np.random.default_rng(0).normal(size=(300, 50)) + offset).astype(np.float32)
    figures = merged(figures_of(*np.array_split(part, 3)) for part in np.array_split(traces, 4))
    assert figures.amplitudes()["std_amplitude"] == pytest.approx(float(traces.astype(np.float64).std()), rel=1e-9)


def test_each_trace_of_a_block_is_said_to_be_dead_or_broken():
    traces = noise(5, 20)
    traces[0], traces[1] = 0, 7.5
    traces[2, 3], traces[3, 0] = np.nan, np.inf
    flags = QualityFigures().add(traces)
    assert flags.dead.tolist() == [True, True, False, False, False]
    assert flags.broken.tolist() == [False, False, True, True, False]


def test_a_trace_with_infinite_and_nan_samples_counts_once_of_each():
    traces = noise(4, 20)
    traces[0, 2], traces[1, [4, 5]], traces[2, 3] = np.nan, (np.inf, np.nan), -np.inf
    figures = figures_of(traces)
    assert (figures.nan_traces, figures.infinite_traces, figures.traces) == (3, 2, 4)


@pytest.mark.parametrize("value", [4.0, -4.0])
@pytest.mark.parametrize("run", [3, 4, 30])
def test_three_samples_in_a_row_at_the_largest_absolute_value_are_clipped(value, run):
    trace = np.clip(noise(1, 60), -3, 3)
    trace[0, 10 : 10 + run] = value
    assert figures_of(trace).clipped_traces == 1


@pytest.mark.parametrize("at", [0, 57])
def test_clipping_is_seen_at_the_ends_of_a_trace(at):
    trace = np.clip(noise(1, 60), -3, 3)
    trace[0, at : at + 3] = 4
    assert figures_of(trace).clipped_traces == 1


@pytest.mark.parametrize("places", [[10], [10, 11], [10, 12, 14], [10, 11, 13, 14]])
def test_a_crest_of_one_or_two_samples_is_not_clipped(places):
    trace = np.clip(noise(1, 60), -3, 3)
    trace[0, places] = 4
    assert figures_of(trace).clipped_traces == 0


def test_a_run_below_the_largest_value_is_not_clipped():
    trace = np.clip(noise(1, 60), -3, 3)
    trace[0, 10:20], trace[0, 40] = 3.5, 4
    assert figures_of(trace).clipped_traces == 0


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("place", [0, 200, 399])
def test_a_lone_sample_of_many_times_the_rms_is_a_spike(sign, place):
    traces = noise(3)
    traces[1, place] = sign * 15.0
    rms = float(np.sqrt((traces[1].astype(np.float64) ** 2).mean()))
    assert 10 * rms < 15.0
    assert figures_of(traces).spiked_traces == 1


def test_the_ratio_says_what_a_spike_is():
    trace = noise()
    trace[0, 200] = 15.0
    ratio = 15.0 / float(np.sqrt((trace.astype(np.float64) ** 2).mean()))
    assert figures_of(trace, spike_ratio=ratio * 0.999).spiked_traces == 1
    assert figures_of(trace, spike_ratio=ratio * 1.001).spiked_traces == 0


def test_a_wavelet_is_not_a_spike_however_strong():
    wavelet = ricker(5000, 2500)
    peak_to_rms = np.abs(wavelet).max() / np.sqrt((wavelet.astype(np.float64) ** 2).mean())
    assert peak_to_rms > 10
    assert figures_of(wavelet[None], -wavelet[None]).spiked_traces == 0


def test_a_spike_is_one_whatever_the_traces_beside_it():
    weak = noise(60, 500, seed=1) * np.float32(1e-4)
    weak[7, 250] = 1e-2
    biased = noise(60, 500, seed=2) + np.float32(1e6)
    assert figures_of(weak).spiked_traces == figures_of(np.concatenate([biased, weak])).spiked_traces == 1


@pytest.mark.parametrize("num_samples", [2, 3, 100, 101, 8192, 8193, 20_001])
def test_traces_that_repeat_another_are_counted_across_blocks_and_parts(num_samples):
    traces = noise(6, num_samples)
    twice = [traces, traces[[1, 3]], traces[[1]]]
    assert figures_of(*twice).duplicate_traces == 3
    assert figures_of(np.concatenate(twice)).duplicate_traces == 3
    assert merged(map(figures_of, twice)).duplicate_traces == 3


@pytest.mark.parametrize("num_samples", [5, 100, 101, 8193, 20_001])
def test_the_same_samples_in_another_order_are_no_repetition(num_samples):
    trace = noise(1, num_samples)[0]
    swapped = trace.copy()
    swapped[[0, 1]] = trace[[1, 0]]
    others = [trace[::-1], np.roll(trace, 1), np.roll(trace, 2), np.roll(trace, -2), swapped, -trace]
    assert figures_of(np.stack([trace, *others])).duplicate_traces == 0


@pytest.mark.parametrize("num_samples", [100, 101, 8193])
def test_traces_that_differ_in_one_sample_are_no_repetition(num_samples):
    traces = np.tile(noise(1, num_samples), (4, 1))
    for row, place in enumerate((0, num_samples // 2, num_samples - 1), start=1):
        traces[row, place] = np.nextafter(traces[row, place], np.float32(9))
    assert figures_of(traces).duplicate_traces == 0


@pytest.mark.parametrize("value", [1.0, -0.5, 127.0, 2.0**20])
def test_impulses_at_different_samples_are_no_repetition(value):
    traces = np.eye(256, dtype=np.float32) * np.float32(value)
    assert figures_of(traces).duplicate_traces == 0


def test_traces_that_differ_in_the_signs_of_samples_alone_are_no_repetition():
    traces = np.tile(noise(1, 100), (3, 1))
    traces[1, [11, 31]] *= -1
    traces[2, [10, 30]] *= -1
    assert figures_of(traces).duplicate_traces == 0


def test_dead_and_broken_traces_are_no_repetition():
    traces = np.zeros((6, 50), np.float32)
    traces[2:4] = 3.5
    traces[4:] = np.nan
    assert figures_of(traces, traces).duplicate_traces == 0


@pytest.mark.parametrize("num_samples", [1, 2, 3])
def test_traces_of_a_few_samples_have_figures(num_samples):
    traces = np.arange(1, 3 * num_samples + 1, dtype=np.float32).reshape(3, num_samples)
    figures = figures_of(traces, traces[:1])
    dead = 4 if num_samples == 1 else 0
    assert figures.counts() == dict.fromkeys(SAMPLE_COUNTS, 0) | {
        "dead_traces": dead,
        "constant_traces": dead,
        "duplicate_traces": 0 if dead else 1,
    }


def test_a_trace_of_three_samples_of_the_same_size_is_clipped():
    assert figures_of([[2, -2, 2]]).clipped_traces == 1
    assert figures_of([[2, -2]]).clipped_traces == 0


def test_rounded_samples_are_summed_over_parts():
    first, second = figures_of(noise()), figures_of(noise())
    first.rounded_samples, second.rounded_samples = 2, 5
    first.merge(second)
    assert first.counts()["rounded_samples"] == 7


def test_adding_leaves_the_traces_as_they_were():
    traces = noise(4)
    before = traces.copy()
    figures_of(traces)
    assert traces.tobytes() == before.tobytes()


def test_the_figures_are_columns_of_the_quality_table():
    figures = figures_of(noise())
    assert set(figures.counts()) <= set(COUNTS)
    assert set(figures.amplitudes()) <= set(AMPLITUDES)
    assert {*COUNTS, *AMPLITUDES} <= set(TRACE_QUALITY.schema.names)
