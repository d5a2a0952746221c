"""A synthetic survey as recorded."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.survey.spec import SurveySpec
from seismic_assets.survey.synthetic import make_survey

SMALL = SurveySpec(seed=3, inlines=12, crosslines=16, samples=128)


def test_a_seed_gives_the_same_survey_to_the_last_bit():
    first, second = make_survey(SMALL), make_survey(SMALL)
    assert first.traces.tobytes() == second.traces.tobytes()
    assert first.labels.tobytes() == second.labels.tobytes()
    assert np.array_equal(first.dead, second.dead)


def test_another_seed_gives_another_geology_elsewhere():
    first, second = make_survey(SMALL), make_survey(replace(SMALL, seed=4))
    assert not np.array_equal(first.labels, second.labels)
    assert not set(first.cdp_x.ravel()) & set(second.cdp_x.ravel()) or not (
        set(first.cdp_y.ravel()) & set(second.cdp_y.ravel())
    )


@pytest.mark.parametrize(
    "change", [{"signal_to_noise": 1.0}, {"peak_frequency_hz": 24.0}, {"gain": 3.0}, {"dead_share": 0.2}]
)
def test_recording_it_in_another_way_leaves_the_earth_as_it_was(change):
    first, second = make_survey(SMALL), make_survey(replace(SMALL, **change))
    assert np.array_equal(first.labels, second.labels)
    assert not np.array_equal(first.traces, second.traces)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 249_999),
    inlines=st.integers(1, 12),
    crosslines=st.integers(8, 20),
    samples=st.integers(64, 200),
    signal_to_noise=st.sampled_from([0.5, 6.0, float("inf")]),
)
def test_whatever_is_asked_for_has_the_promised_shapes_and_finite_amplitudes(**fields):
    survey = make_survey(SurveySpec(**fields))
    shape = (fields["inlines"], fields["crosslines"], fields["samples"])
    assert survey.traces.shape == survey.labels.shape == shape
    assert survey.cdp_x.shape == survey.cdp_y.shape == survey.dead.shape == shape[:2]
    assert (survey.traces.dtype, survey.labels.dtype) == (np.float32, np.uint8)
    assert np.isfinite(survey.traces).all()
    assert set(np.unique(survey.labels)) == {0, 1, 2}


def test_amplitudes_are_those_of_the_f3_survey():
    survey = make_survey(SurveySpec(seed=2))
    live = survey.traces[~survey.dead]
    assert live.mean() == pytest.approx(-1.8, abs=0.3)
    assert live.std() == pytest.approx(2480, rel=0.01)
    assert 15_000 < np.abs(live).max() < 60_000


def test_gain_scales_every_amplitude():
    loud, plain = make_survey(replace(SMALL, gain=4.0)), make_survey(SMALL)
    assert np.allclose(loud.traces, 4 * plain.traces, rtol=1e-5)


def test_noise_takes_the_stated_share_of_the_power():
    clean = make_survey(replace(SMALL, signal_to_noise=float("inf"), dead_share=0.0)).traces
    noisy = make_survey(replace(SMALL, signal_to_noise=2.0, dead_share=0.0)).traces
    correlation = np.corrcoef(clean.ravel(), noisy.ravel())[0, 1]
    assert correlation**2 == pytest.approx(2 / 3, abs=0.03)


def test_a_lower_wavelet_lowers_the_dominant_frequency():
    def centre(frequency):
        traces = make_survey(replace(SMALL, peak_frequency_hz=frequency)).traces
        power = (np.abs(np.fft.rfft(traces, axis=2)) ** 2).mean(axis=(0, 1))
        return (power * np.arange(len(power))).sum() / power.sum()

    assert centre(20.0) < 0.85 * centre(32.0)


def test_dead_traces_are_zero_and_about_as_many_as_asked():
    survey = make_survey(replace(SMALL, inlines=40, crosslines=50, dead_share=0.1))
    assert survey.dead.mean() == pytest.approx(0.1, abs=0.03)
    assert not survey.traces[survey.dead].any()
    assert survey.traces[~survey.dead].any(axis=1).all()


def test_numbers_and_coordinates_grow_with_inline_and_crossline():
    survey = make_survey(replace(SMALL, first_inline=7, first_crossline=900, bin_spacing_m=12.5))
    assert survey.inlines.tolist() == list(range(7, 19))
    assert survey.crosslines.tolist() == list(range(900, 916))
    assert (np.diff(survey.cdp_x, axis=1) == 12.5).all()
    assert (np.diff(survey.cdp_y, axis=0) == 12.5).all()
    assert (survey.cdp_x[0, 0], survey.cdp_y[0, 0]) == survey.spec.origin


def test_an_unconformity_shows_as_a_strong_reflection():
    survey = make_survey(replace(SMALL, signal_to_noise=float("inf"), dead_share=0.0))
    at_boundary = np.abs(survey.traces)[survey.labels == 2].mean()
    assert at_boundary > 2 * np.abs(survey.traces)[survey.labels == 0].mean()
