import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from seismic_assets.serving.schemas import MAX_AMPLITUDE, MAX_SAMPLES, MAX_TRACES, PredictRequest, parse_traces


@given(
    hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 5), st.integers(1, 20)),
        elements=st.floats(-(2.0**40), 2.0**40, width=32),
    )
)
def test_traces_come_through_json_to_the_last_digit(traces: np.ndarray) -> None:
    parsed = parse_traces(json.loads(json.dumps(traces.tolist())))

    assert parsed.dtype == np.float32
    np.testing.assert_array_equal(parsed, traces)


def test_integers_are_numbers() -> None:
    assert parse_traces([[1, 2.5, -3]]).tolist() == [[1, 2.5, -3]]


def test_no_traces_are_an_empty_array() -> None:
    assert parse_traces([]).shape == (0, 0)


@pytest.mark.parametrize(
    ("traces", "sentence"),
    [
        ({"0": [1, 2]}, "traces must be an array"),
        ("1,2", "traces must be an array"),
        (None, "traces must be an array"),
        ([1, 2], "trace 0 is not an array"),
        ([[1, 2], "12"], "trace 1 is not an array"),
        ([[1, 2], []], "trace 1 has no samples"),
        ([[1, 2], [1, 2, 3]], "trace 1 has 3 samples and trace 0 has 2"),
        ([[1, 2], [1, None]], "sample 1 of trace 1 is not a number"),
        ([[1, 2], ["1", 2]], "sample 0 of trace 1 is not a number"),
        ([[1, 2], [1, True]], "sample 1 of trace 1 is not a number"),
        ([[1, 2], [1, [2]]], "sample 1 of trace 1 is not a number"),
        ([[1, 2], [1, float("nan")]], "sample 1 of trace 1 is not finite"),
        ([[1, 2], [float("-inf"), 1]], "sample 0 of trace 1 is not finite"),
        ([[1, 2], [1, 10**400]], "trace 1 has an amplitude beyond 1e\\+15"),
        ([[1, 2], [1, -2 * MAX_AMPLITUDE]], "trace 1 has an amplitude beyond 1e\\+15"),
        ([[1, 2]] * (MAX_TRACES + 1), "4097 traces are more than the 4096"),
        ([[1.0] * (MAX_SAMPLES + 1)], "trace 0 has 65536 samples, more than 65535"),
    ],
)
def test_what_is_wrong_is_said_with_the_index_of_the_trace(traces: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        parse_traces(traces)


def test_the_limits_themselves_are_allowed() -> None:
    assert parse_traces([[1, 2]] * MAX_TRACES).shape == (MAX_TRACES, 2)
    assert parse_traces([[1.0] * MAX_SAMPLES]).shape == (1, MAX_SAMPLES)
    assert parse_traces([[MAX_AMPLITUDE, 0]])[0, 0] == np.float32(MAX_AMPLITUDE)


def test_a_request_needs_no_more_than_traces() -> None:
    request = PredictRequest.model_validate({"traces": [[1, 2]]})
    assert (request.start_ms, request.inline, request.crossline) == (None, None, None)


def test_times_and_places_at_the_limits_are_allowed() -> None:
    request = PredictRequest.model_validate(
        {"traces": [[1, 2]] * 2, "start_ms": -1e6, "inline": [-(2**31), 0], "crossline": [2**31 - 1, 0]}
    )
    assert request.start_ms == -1e6
    assert (request.inline, request.crossline) == ([-(2**31), 0], [2**31 - 1, 0])


@pytest.mark.parametrize("places", [{"inline": [1, 2]}, {"crossline": [1, 2]}, {"inline": [1, 2], "crossline": [1]}])
def test_a_trace_has_both_numbers_or_none_has_any(places: dict[str, list[int]]) -> None:
    with pytest.raises(ValueError, match="give inline and crossline, one number for each of the 2 traces"):
        PredictRequest.model_validate({"traces": [[1, 2]] * 2, **places})
