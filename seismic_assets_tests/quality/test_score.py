import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismic_assets.lake import TRACE_QUALITY
from seismic_assets.quality import COUNTS, SCORE_PARTS, Thresholds, amplitude_outliers, findings, score_of, score_parts

LIMITS = Thresholds()
counts = st.integers(0, 100)


def figures(**changes):
    """A hundred traces without a fault."""
    clean = dict.fromkeys(COUNTS, 0) | {"traces": 100, "traces_declared": 100, "source_interval_us": 4000, "score": 100}
    return clean | changes


def test_a_file_without_a_fault_scores_a_hundred():
    parts = score_parts(figures(), 0)
    assert parts == dict.fromkeys(SCORE_PARTS, 1.0)
    assert score_of(parts) == 100


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        ("completeness", {"traces_declared": 400}),
        ("signal", {"dead_traces": 50, "nan_traces": 25}),
        ("amplitude", {"clipped_traces": 50, "spiked_traces": 25}),
        ("uniqueness", {"duplicate_traces": 75}),
        ("geometry", {"traces_without_position": 50, "repeated_positions": 25}),
    ],
)
def test_a_fault_of_three_quarters_of_the_traces_leaves_a_quarter_of_its_part(part, changes):
    parts = score_parts(figures(**changes), 0)
    assert parts == dict.fromkeys(SCORE_PARTS, 1.0) | {part: 0.25}
    assert score_of(parts) == 25


@pytest.mark.parametrize(("notes", "part"), [(0, 1), (1, 0.95), (4, 0.8), (20, 0), (50, 0)])
def test_each_contradiction_takes_a_twentieth_of_the_headers_part(notes, part):
    assert score_parts(figures(), notes)["headers"] == pytest.approx(part)


@pytest.mark.parametrize("dead", [60, 75, 100])
def test_sixty_per_cent_of_dead_traces_leave_at_most_forty(dead):
    assert score_of(score_parts(figures(dead_traces=dead), 0)) <= 40


@given(
    changes=st.fixed_dictionaries(dict.fromkeys(COUNTS, counts) | {"traces": counts, "traces_declared": counts}),
    notes=st.integers(0, 40),
)
def test_parts_lie_from_0_to_1_and_the_score_is_a_hundred_times_their_product(changes, notes):
    parts = score_parts(figures(**changes), notes)
    assert tuple(parts) == SCORE_PARTS
    assert all(0 <= part <= 1 for part in parts.values())
    assert score_of(parts) == pytest.approx(100 * math.prod(parts.values()))


def test_a_file_without_a_trace_scores_nothing():
    assert score_of(score_parts(figures(traces=0, traces_declared=0), 0)) == 0


def test_parts_and_score_are_columns_of_the_quality_table():
    assert {*(f"score_{name}" for name in SCORE_PARTS), "score"} <= set(TRACE_QUALITY.schema.names)


def test_a_file_without_a_fault_has_no_finding():
    assert findings(figures(), LIMITS) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"dead_traces": 4, "nan_traces": 2}, "6 of 100 traces are dead or have samples that are not finite"),
        ({"clipped_traces": 6}, "6 of 100 traces are clipped"),
        ({"spiked_traces": 2}, "2 of 100 traces have a spike"),
        ({"duplicate_traces": 2}, "2 of 100 traces repeat the samples of another"),
        ({"traces_without_position": 1}, "1 of 100 traces have no position"),
        ({"repeated_positions": 1}, "1 of 100 traces repeat the position of another"),
        ({"source_interval_us": 4001}, "a sample interval of 4001 us is outside the usual 500 to 4000 us"),
        ({"source_interval_us": 499}, "a sample interval of 499 us is outside the usual 500 to 4000 us"),
        ({"score": 79.4}, "quality score 79 is below 80"),
    ],
)
def test_what_is_beyond_a_threshold_is_a_sentence(changes, sentence):
    assert findings(figures(**changes), LIMITS) == [sentence]


@pytest.mark.parametrize(
    "changes",
    [
        {"dead_traces": 3, "nan_traces": 2},
        {"clipped_traces": 5},
        {"spiked_traces": 1},
        {"duplicate_traces": 1},
        {"source_interval_us": 500},
        {"score": 80.0},
    ],
)
def test_what_is_at_a_threshold_is_no_finding(changes):
    assert findings(figures(**changes), LIMITS) == []


def test_thresholds_are_those_that_were_given():
    generous = Thresholds(dead_share=0.5, score=10, interval_us=(100, 8000))
    assert findings(figures(dead_traces=50, score=11, source_interval_us=8000), generous) == []


def test_thousands_are_set_apart():
    found = findings(figures(traces=12_000, dead_traces=6_000), LIMITS)
    assert found == ["6,000 of 12,000 traces are dead or have samples that are not finite"]


def test_files_far_from_the_median_scale_are_outliers():
    scales = {"a": 100.0, "b": 110.0, "c": 90.0, "loud": 1001.0, "quiet": 9.0}
    assert amplitude_outliers(scales, 10) == {"loud": 10.01, "quiet": 0.09}


@pytest.mark.parametrize("factor", [10, 1 / 10])
def test_a_file_at_the_ratio_is_no_outlier(factor):
    assert amplitude_outliers({"a": 1.0, "b": 1.0, "c": factor}, 10) == {}


@pytest.mark.parametrize("scales", [{}, {"a": 1.0}, {"a": 1.0, "b": 1e6}, {"a": 1.0, "b": 1e6, "silent": 0.0}])
def test_of_fewer_than_three_files_with_amplitudes_none_is_an_outlier(scales):
    assert amplitude_outliers(scales, 10) == {}


@given(scales=st.lists(st.floats(1e-3, 1e6), min_size=3, max_size=9), gain=st.sampled_from([0.5, 2.0, 1024.0]))
def test_outliers_do_not_depend_on_the_unit_of_the_amplitudes(scales, gain):
    by_file = {str(index): scale for index, scale in enumerate(scales)}
    scaled = {file: scale * gain for file, scale in by_file.items()}
    assert amplitude_outliers(scaled, 10) == amplitude_outliers(by_file, 10)
