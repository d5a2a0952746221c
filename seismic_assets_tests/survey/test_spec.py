"""What a synthetic survey may be asked to be."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismic_assets.survey.errors import SurveyError
from seismic_assets.survey.spec import PRESETS, SurveySpec, named_spec


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"seed": -1}, "seed"),
        ({"seed": 250_000}, "seed"),
        ({"inlines": 0}, "inlines"),
        ({"crosslines": 7}, "crosslines"),
        ({"samples": 63}, "samples"),
        ({"samples": 65_536}, "samples"),
        ({"sample_interval_us": 0}, "sample_interval_us"),
        ({"sample_interval_us": 40_000}, "sample_interval_us"),
        ({"peak_frequency_hz": 63.0}, "peak_frequency_hz"),
        ({"peak_frequency_hz": 1.0}, "peak_frequency_hz"),
        ({"peak_frequency_hz": math.nan}, "peak_frequency_hz"),
        ({"signal_to_noise": 0.0}, "signal_to_noise"),
        ({"signal_to_noise": math.nan}, "signal_to_noise"),
        ({"gain": -1.0}, "gain"),
        ({"gain": math.inf}, "gain"),
        ({"dead_share": 1.0}, "dead_share"),
        ({"first_inline": -1}, "first_inline"),
        ({"bin_spacing_m": 0.0}, "bin_spacing_m"),
        ({"crosslines": 2000}, "bin_spacing_m"),
    ],
)
def test_a_value_that_no_survey_can_have_is_refused_by_name(fields, named):
    with pytest.raises(SurveyError, match=named):
        SurveySpec(**fields)


def test_the_smallest_and_a_very_large_survey_are_allowed():
    assert SurveySpec(inlines=1, crosslines=8, samples=64).samples == 64
    assert SurveySpec(inlines=651, crosslines=951, samples=1501).crosslines == 951


@given(st.sets(st.integers(0, 249_999), min_size=2, max_size=2))
def test_two_seeds_never_share_ground_however_large_their_surveys(seeds):
    (x1, y1), (x2, y2) = (SurveySpec(seed=seed).origin for seed in seeds)
    assert max(abs(x1 - x2), abs(y1 - y2)) >= 40_000


def test_the_farthest_place_fits_into_a_coordinate_of_four_bytes_in_centimetres():
    corners = [SurveySpec(seed=seed).origin for seed in range(249_000, 250_000)]
    farthest = max(itertools.chain.from_iterable(corners)) + 40_000
    assert farthest * 100 < 2**31


def test_a_preset_changes_what_it_is_named_for_and_nothing_else():
    healthy = named_spec("healthy", seed=4)
    assert healthy == SurveySpec(seed=4)
    assert named_spec("low_frequency", seed=4).peak_frequency_hz < healthy.peak_frequency_hz
    assert named_spec("noisy", seed=4).signal_to_noise < healthy.signal_to_noise
    assert named_spec("loud", seed=4).gain > healthy.gain
    assert all(named_spec(name, seed=4).origin == healthy.origin for name in PRESETS)


def test_an_unknown_preset_is_refused_with_the_names_of_the_known():
    with pytest.raises(SurveyError, match=r"'quiet'.*healthy, low_frequency, noisy, loud"):
        named_spec("quiet")
