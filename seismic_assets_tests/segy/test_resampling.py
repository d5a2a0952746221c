import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.segy.resampling import resample_traces, resampled_length

PAIRS = [(4000, 2000), (2000, 4000), (4000, 1000), (4000, 3000), (3000, 4000), (2000, 4800), (1000, 4000)]


def sinusoid(hertz, interval_us, length_ms, phase=0.3):
    seconds = np.arange(round(length_ms * 1000 / interval_us)) * interval_us / 1e6
    return np.sin(2 * np.pi * hertz * seconds + phase)


@pytest.mark.parametrize(("from_us", "to_us"), PAIRS)
@pytest.mark.parametrize(("share", "most"), [(0.05, 2e-3), (0.3, 2e-3), (0.6, 2e-3), (0.8, 5e-3)])
def test_sinusoids_below_the_lower_nyquist_frequency_keep_amplitude_and_time(from_us, to_us, share, most):
    hertz = share * 0.5e6 / max(from_us, to_us)
    traces = sinusoid(hertz, from_us, 2400)[None].astype(np.float32)
    found = resample_traces(traces, from_us, to_us)[0]
    expected = sinusoid(hertz, to_us, 2400)
    # The filter has 10 samples of the coarser interval on either side.
    inner = slice(12 * max(from_us, to_us) // to_us, -(12 * max(from_us, to_us) // to_us))
    assert found.dtype == np.float32
    assert np.abs(found - expected)[inner].max() < most


@pytest.mark.parametrize(("from_us", "to_us"), [(2000, 4000), (1000, 4000)])
def test_what_the_new_interval_cannot_hold_is_filtered_out_and_not_folded(from_us, to_us):
    hertz = 1.4 * 0.5e6 / to_us
    found = resample_traces(sinusoid(hertz, from_us, 2400)[None].astype(np.float32), from_us, to_us)[0]
    assert np.abs(found[24:-24]).max() < 0.01


@pytest.mark.parametrize(("from_us", "to_us"), PAIRS)
@pytest.mark.parametrize("value", [0.0, -7.25, 3e6])
def test_a_constant_trace_stays_constant_to_its_ends(from_us, to_us, value):
    found = resample_traces(np.full((2, 100), value, np.float32), from_us, to_us)
    np.testing.assert_allclose(found, value, rtol=1e-6)


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 200), st.sampled_from([250, 500, 1000, 2000, 3000, 4000]), st.sampled_from([1000, 2000, 4000]))
def test_the_length_is_what_was_announced_and_spans_the_same_time(num_samples, from_us, to_us):
    length = resampled_length(num_samples, from_us, to_us)
    assert resample_traces(np.ones((1, num_samples), np.float32), from_us, to_us).shape == (1, length)
    assert (length - 1) * to_us < num_samples * from_us <= length * to_us


def test_a_survey_without_an_interval_leaves_the_length():
    assert resampled_length(462, 4000, 0) == 462


def test_the_same_interval_changes_nothing():
    traces = np.random.default_rng(0).normal(size=(3, 20)).astype(np.float32)
    assert resample_traces(traces, 4000, 4000) is traces


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_trace_with_a_sample_that_is_not_finite_becomes_nan_and_its_neighbours_do_not(value):
    traces = np.random.default_rng(0).normal(size=(3, 50)).astype(np.float32)
    clean = resample_traces(traces, 2000, 4000)
    traces[1, 30] = value
    found = resample_traces(traces, 2000, 4000)
    assert np.isnan(found[1]).all()
    assert (found[[0, 2]] == clean[[0, 2]]).all()


def test_traces_without_a_finite_one_keep_their_shape():
    assert np.isnan(resample_traces(np.full((2, 10), np.nan, np.float32), 4000, 2000)).all()


def test_there_and_back_again_is_the_band_limited_trace():
    trace = sum(sinusoid(hertz, 4000, 2000, phase=hertz) for hertz in (12.0, 31.0, 55.0))[None].astype(np.float32)
    back = resample_traces(resample_traces(trace, 4000, 1000), 1000, 4000)
    assert np.abs(back - trace)[:, 25:-25].max() < 5e-3
