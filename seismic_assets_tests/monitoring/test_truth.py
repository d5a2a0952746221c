from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.monitoring import Matching, MonitoringError
from seismic_assets.monitoring.served import read_calls, read_feedback
from seismic_assets.monitoring.truth import (
    FUTURE,
    NO_CLASS,
    NO_NAMES,
    NO_PREDICTION,
    NO_REQUEST,
    NO_TRACE,
    UNANSWERED,
    match_truth,
)
from seismic_assets.serving.recording import RecordedCall, RecordedFeedback
from seismic_assets_tests.monitoring.serving_rows import (
    DAY,
    HOUR,
    NAMES,
    NOW,
    START,
    call,
    feedback,
    requests,
    truth,
)
from seismic_assets_tests.serving.recording.building import make_id

VERSIONS = {"7": NAMES, "8": ("boundary", "normal", "anomaly")}
MORNING = START + 6 * HOUR


def matched(calls: list[RecordedCall], told: list[RecordedFeedback]) -> tuple[list[tuple], Matching]:
    """(trace, truth, predicted) of each matched trace, and what became of the feedback."""
    found, matching = match_truth(
        read_calls(requests(*calls), DAY, NOW), read_feedback(feedback(*told)), DAY, NOW, VERSIONS
    )
    return list(found.select("trace_id", "truth", "predicted").iter_rows()), matching


def test_truth_is_joined_by_request_and_trace_however_late_it_came() -> None:
    first, second = call(MORNING, [0, 2, 1]), call(MORNING, [1])
    told = [truth(first, 1, "anomaly", timedelta(hours=41)), truth(second, 0, "anomaly")]
    found, matching = matched([first, second], told)
    assert found == [(1, "anomaly", "boundary"), (0, "anomaly", "anomaly")]
    assert (matching.received, matching.used, matching.unmatched) == (2, 2, {})
    assert matching.median_delay_hours == pytest.approx(21)


def test_of_several_truths_of_a_trace_the_latest_counts_wherever_it_stands_in_the_table() -> None:
    asked = call(MORNING, [0])
    found, matching = matched([asked], [truth(asked, 0, "boundary", 3 * HOUR), truth(asked, 0, "normal", HOUR)])
    assert found == [(0, "boundary", "normal")]
    assert matching.superseded == 1


def test_feedback_without_a_trace_is_about_every_trace_of_its_request() -> None:
    asked = call(MORNING, [0, 2])
    found, matching = matched([asked], [truth(asked, None, "normal")])
    assert found == [(0, "normal", "normal"), (1, "normal", "boundary")]
    assert (matching.received, matching.used) == (1, 2)


def test_classes_are_compared_by_name_because_versions_order_them_differently() -> None:
    asked = call(MORNING, [0], model_version="8")
    found, _ = matched([asked], [truth(asked, 0, "boundary", true_class=2)])
    assert found == [(0, "boundary", "boundary")]


def test_an_older_row_without_trace_classes_takes_the_prediction_that_the_feedback_noted() -> None:
    asked = call(MORNING, [0], trace_classes=None)
    found, _ = matched([asked], [truth(asked, 0, "anomaly", predicted_class=1)])
    assert found == [(0, "anomaly", "anomaly")]


@pytest.mark.parametrize(
    ("fields", "about", "reason"),
    [
        ({}, {"trace": 2}, NO_TRACE),
        ({}, {"trace": -1}, NO_TRACE),
        ({}, {"name": "salt"}, NO_CLASS),
        ({"model_version": "6"}, {}, NO_NAMES),
        ({"trace_classes": None}, {}, NO_PREDICTION),
        ({"classes": [-1, -1]}, {}, NO_PREDICTION),
        ({"classes": [9, 9]}, {}, NO_PREDICTION),
        ({"status": 503}, {}, UNANSWERED),
        ({}, {"after": NOW + HOUR - MORNING}, FUTURE),
    ],
)
def test_feedback_that_cannot_be_used_is_counted_with_its_reason(fields: dict, about: dict, reason: str) -> None:
    asked = call(MORNING, **({"classes": [0, 1]} | fields))
    told = truth(asked, **({"trace": 0, "name": "normal"} | about))
    found, matching = matched([asked], [told])
    assert found == []
    assert matching.unmatched == {reason: 1}


def test_feedback_on_a_request_that_is_not_there_is_unmatched_and_on_another_period_it_is_elsewhere() -> None:
    earlier = call(START - 3 * HOUR, [0])
    gone = call(START - 4 * HOUR, [0])
    never = call(MORNING, [0])
    told = [truth(each, 0, "normal", 10 * HOUR) for each in (earlier, gone, never)]
    _, matching = matched([earlier], told)
    assert matching.elsewhere == 2
    assert matching.unmatched == {NO_REQUEST: 1}


def test_a_truth_before_its_request_counts_but_not_in_the_delay() -> None:
    asked, other = call(MORNING, [0]), call(MORNING, [0])
    found, matching = matched([asked, other], [truth(asked, 0, "normal", -HOUR), truth(other, 0, "normal", HOUR)])
    assert len(found) == 2
    assert matching.before_request == 1
    assert matching.median_delay_hours == pytest.approx(1)


def test_a_truth_from_the_future_does_not_replace_one_that_is_sound() -> None:
    asked = call(MORNING, [0])
    found, _ = matched([asked], [truth(asked, 0, "normal"), truth(asked, 0, "boundary", timedelta(days=9))])
    assert found == [(0, "normal", "normal")]


def test_requests_from_the_future_and_repeated_ones_are_left_out_and_counted() -> None:
    asked = call(MORNING, [0])
    late = call(NOW + HOUR, [0], request_id=make_id(MORNING))
    calls = read_calls(requests(asked, asked, late), DAY, NOW)
    assert (calls.rows.height, calls.repeated, calls.future) == (1, 1, 1)


def test_a_table_that_is_not_there_yet_is_one_without_rows() -> None:
    calls = read_calls(pl.DataFrame(), DAY, NOW)
    found, matching = match_truth(calls, read_feedback(pl.DataFrame()), DAY, NOW, VERSIONS)
    assert (calls.rows.height, found.height, matching.received) == (0, 0, 0)


def test_a_table_of_another_form_is_refused_in_one_sentence() -> None:
    whole = requests(call(MORNING, [0]))
    with pytest.raises(MonitoringError, match="lacks status, trace_classes"):
        read_calls(whole.drop("status", "trace_classes"), DAY, NOW)
    with pytest.raises(MonitoringError, match="no time zone"):
        read_calls(whole.with_columns(pl.col("received_at").dt.replace_time_zone(None)), DAY, NOW)
    with pytest.raises(MonitoringError, match="another type"):
        read_calls(whole.with_columns(status=pl.lit("fine")), DAY, NOW)


_ENTRIES = st.lists(
    st.tuples(
        st.integers(0, 3),  # which request; the last one is in no table
        st.none() | st.integers(-1, 3),  # trace
        st.sampled_from([*NAMES, "salt"]),
        st.integers(-3, 60),  # hours after the request
    ),
    max_size=25,
)


@settings(max_examples=80, deadline=None)
@given(_ENTRIES)
def test_every_trace_has_at_most_the_latest_of_its_sound_truths(entries: list[tuple]) -> None:
    calls = [call(MORNING, classes) for classes in ([0], [1, 2], [2, -1, 0], [0])]
    told = [truth(calls[which], trace, name, hours * HOUR) for which, trace, name, hours in entries]
    expected: dict[tuple[int, int], tuple[int, str]] = {}
    for which, trace, name, hours in entries:
        if which == 3 or name == "salt" or MORNING + hours * HOUR > NOW:
            continue
        answered = [[0], [1, 2], [2, -1, 0]][which]
        for each in range(len(answered)) if trace is None else [trace]:
            known = 0 <= each < len(answered) and answered[each] >= 0
            if known and expected.get((which, each), (-99, ""))[0] <= hours:
                expected[which, each] = (hours, name)
    found, matching = match_truth(
        read_calls(requests(*calls[:3]), DAY, NOW), read_feedback(feedback(*told)), DAY, NOW, VERSIONS
    )
    rows = found.select("row", "trace_id", "truth").iter_rows()
    assert {(row, trace): name for row, trace, name in rows} == {key: name for key, (_, name) in expected.items()}
    assert matching.used == len(expected)
    assert matching.received == len(entries)
