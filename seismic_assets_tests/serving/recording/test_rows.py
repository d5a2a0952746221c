import json
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.serving.recording import FEEDBACK, INFERENCE_LOG, RecordedCall
from seismic_assets.serving.recording.rows import UNWRITABLE
from seismic_assets_tests.serving.recording.building import NOON, make_call, make_feedback, make_id

texts = st.none() | st.text() | st.just("half a pair \ud800")


def test_a_call_has_all_its_fields_in_the_table_and_its_date() -> None:
    call = make_call(
        5, inputs=b"\x00" * 8, num_samples=2, features=b"\x01" * 4, second_role="shadow", second_agreement=0.5
    )
    row = INFERENCE_LOG.rows_to_arrow([call]).to_pylist()[0]

    assert row.pop("date") == date(2026, 3, 10)
    assert json.loads(row.pop("classes")) == call.classes
    assert row == {name: getattr(call, name) for name in RecordedCall.__slots__ if name != "classes"}


def test_the_date_is_that_of_greenwich() -> None:
    late = datetime(2026, 3, 10, 23, 59, 59, 999_999, tzinfo=UTC)
    table = INFERENCE_LOG.rows_to_arrow([make_call(0, late), make_call(1, late + timedelta(microseconds=1))])
    assert table["date"].to_pylist() == [date(2026, 3, 10), date(2026, 3, 11)]


@settings(deadline=None)
@given(texts, st.none() | st.integers(-(2**63), 2**63 - 1))
def test_a_comment_of_any_characters_is_kept(comment: str | None, trace_id: int | None) -> None:
    feedback = make_feedback(make_id(NOON), comment=comment)
    kept = FEEDBACK.rows_to_arrow([feedback]).to_pylist()[0]["comment"]
    assert kept == (None if comment is None else comment.encode("utf-8", "replace").decode())


@pytest.mark.parametrize(
    "bad",
    [{"num_samples": 2**40}, {"received_at": None}, {"inputs": 5}, {"classes": None}, {"status": "200"}],
    ids=str,
)
def test_rows_that_no_table_could_hold_are_told_from_the_others(bad: dict[str, object]) -> None:
    good = make_call(1)
    rows = [make_call(0, **bad), good]
    with pytest.raises(UNWRITABLE):
        INFERENCE_LOG.rows_to_arrow(rows)
    assert INFERENCE_LOG.writable(rows) == [good]


def test_a_row_counts_what_it_carries() -> None:
    assert make_call(0, inputs=b"x" * 1000, features=b"y" * 100, error="z" * 10).size() - make_call().size() == 1110


def test_columns_are_those_of_the_rows() -> None:
    assert [*RecordedCall.__slots__, "date"] == INFERENCE_LOG.schema.names
    assert isinstance(INFERENCE_LOG.schema.field("inputs").type, type(pa.binary()))
