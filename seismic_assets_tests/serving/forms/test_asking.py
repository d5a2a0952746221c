"""Requests in every form: the same traces whichever way they come, and one sentence for what is wrong."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
from fastapi import HTTPException
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from seismic_assets.serving.forms import Form, form_of
from seismic_assets.serving.schemas import MAX_SAMPLES, MAX_TRACES, PredictRequest
from seismic_assets_tests.serving.forms.writing import (
    COLUMNS,
    arrow_stream,
    ask,
    ask_arrow,
    ask_json,
    ask_raw,
    lists_of,
    samples_table,
)

FLOATS = pa.list_(pa.float32())
TRACES = np.array([[1.5, -2.0, 3.25], [4.0, 5.0, -6.0]], np.float32)

shapes = st.tuples(st.integers(1, 5), st.integers(1, 12))
floats = hnp.arrays(np.float32, shapes, elements=st.floats(-(2.0**40), 2.0**40, width=32))


def refusal(asked: Callable[[], PredictRequest], status: int = 422) -> str:
    with pytest.raises(HTTPException) as caught:
        asked()
    assert caught.value.status_code == status
    return caught.value.detail


@given(traces=floats, kind=st.sampled_from(sorted(COLUMNS)))
def test_raw_and_arrow_of_any_kind_give_what_json_gives(traces: np.ndarray, kind: str) -> None:
    expected = ask_json(traces).traces
    for asked in (ask_raw(traces), ask_arrow(samples_table(COLUMNS[kind](traces)))):
        assert asked.traces.dtype == np.float32
        np.testing.assert_array_equal(asked.traces, expected)
        np.testing.assert_array_equal(np.signbit(asked.traces), np.signbit(expected))


integers = hnp.arrays(np.int64, shapes, elements=st.integers(0, 127))


@given(traces=integers, bits=st.sampled_from([8, 16, 32, 64]), signed=st.booleans())
def test_whole_numbers_of_any_width_are_amplitudes(traces: np.ndarray, bits: int, signed: bool) -> None:
    kind = getattr(pa, f"{'' if signed else 'u'}int{bits}")()

    asked = ask_arrow(samples_table(lists_of(pa.list_(kind))(traces)))

    np.testing.assert_array_equal(asked.traces, traces.astype(np.float32))


def test_half_floats_are_amplitudes() -> None:
    halves = pa.array([trace.astype(np.float16) for trace in TRACES], pa.list_(pa.float16()))

    np.testing.assert_array_equal(ask_arrow(samples_table(halves)).traces, TRACES)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_half_float_that_is_not_finite_is_refused(value: float) -> None:
    halves = pa.array([np.array([1, 2], np.float16), np.array([0, value], np.float16)], pa.list_(pa.float16()))

    assert "sample 1 of trace 1 is not finite" in refusal(lambda: ask_arrow(samples_table(halves)))


OPTIONS = {"sample_interval_us": 2000, "amplitude_scale": 2.5, "start_ms": -8.0, "return_features": True}


def test_options_come_in_headers_and_in_the_metadata_of_a_schema() -> None:
    as_text = {name: str(value) for name, value in OPTIONS.items()}
    headers = {f"x-{name.replace('_', '-')}": text for name, text in as_text.items()}
    table = samples_table(lists_of(FLOATS)(TRACES)).replace_schema_metadata(as_text | {"pandas": "{}"})

    for asked in (ask_json(TRACES, **OPTIONS), ask_raw(TRACES, **headers), ask_arrow(table)):
        assert {name: getattr(asked, name) for name in OPTIONS} == OPTIONS


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("sample_interval_us", "4000.0", "sample_interval_us is '4000.0', not of its kind"),
        ("sample_interval_us", "0", "'sample_interval_us': input should be greater"),
        ("sample_interval_us", "9" * 5000, "sample_interval_us is"),
        ("amplitude_scale", "loud", "amplitude_scale is 'loud', not of its kind"),
        ("amplitude_scale", "nan", "'amplitude_scale': input should be"),
        ("start_ms", "inf", "'start_ms': input should be"),
        ("return_features", "yes", "return_features is 'yes', not of its kind"),
    ],
)
def test_an_option_that_is_wrong_is_named_in_either_form(name: str, text: str, sentence: str) -> None:
    headers = {f"x-{name.replace('_', '-')}": text}
    table = samples_table(lists_of(FLOATS)(TRACES)).replace_schema_metadata({name: text})

    assert sentence in refusal(lambda: ask_raw(TRACES, **headers))
    assert sentence in refusal(lambda: ask_arrow(table))


def test_places_come_as_columns() -> None:
    table = samples_table(lists_of(FLOATS)(TRACES), crossline=pa.array([3, 4], pa.int16()), inline=pa.array([1, 2]))

    asked = ask_arrow(table)

    assert (asked.inline, asked.crossline) == ([1, 2], [3, 4])


def test_columns_without_a_meaning_are_passed_over() -> None:
    table = samples_table(lists_of(FLOATS)(TRACES), cdp=pa.array(["a", None]), note=pa.nulls(2))

    np.testing.assert_array_equal(ask_arrow(table).traces, TRACES)


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1.5, 2.0]),
        pa.array(["1", "2"]),
        pa.DictionaryArray.from_arrays(pa.array([0, 0]), pa.array(["x" * 1000])),
    ],
)
def test_places_that_are_no_integers_are_refused_before_they_are_decoded(column: pa.Array) -> None:
    table = samples_table(lists_of(FLOATS)(TRACES), inline=column, crossline=pa.array([1, 2]))

    assert "the column inline is" in refusal(lambda: ask_arrow(table))


def test_a_place_that_is_missing_is_refused() -> None:
    table = samples_table(lists_of(FLOATS)(TRACES), inline=pa.array([1, None]), crossline=pa.array([1, 2]))

    assert "'inline'" in refusal(lambda: ask_arrow(table))


@pytest.mark.parametrize("name", ["samples", "inline", "crossline"])
def test_a_column_that_is_there_twice_is_refused(name: str) -> None:
    samples, numbers = lists_of(FLOATS)(TRACES), pa.array([1, 2])
    columns = {"samples": samples, "inline": numbers, "crossline": numbers}
    table = pa.Table.from_arrays([*columns.values(), columns[name]], names=[*columns, name])

    assert name in refusal(lambda: ask_arrow(table))


@pytest.mark.parametrize(
    ("headers", "body", "sentence"),
    [
        ({}, b"", "X-Shape is ''; give the numbers of traces and samples"),
        ({"x-shape": "3"}, b"", "X-Shape is '3'"),
        ({"x-shape": "1,2,3"}, bytes(24), "X-Shape is '1,2,3'"),
        ({"x-shape": "-1,-2"}, bytes(8), "X-Shape is '-1,-2'"),
        ({"x-shape": "1e1,2"}, bytes(8), "X-Shape is '1e1,2'"),
        ({"x-shape": f"{10**9},1"}, b"", "X-Shape is '1000000000,1'"),
        ({"x-shape": "1," + "9" * 5000}, b"", "X-Shape is '1,999"),
        ({"x-shape": "²,1"}, bytes(8), "X-Shape is '²,1'"),
        ({"x-shape": "2,2"}, bytes(15), "the body has 15 bytes, where 2 traces of 2 float32 samples are 16"),
        ({"x-shape": "999999999,999999999"}, bytes(4), "the body has 4 bytes"),
        ({"x-shape": f"{MAX_TRACES + 1},1"}, bytes(4 * (MAX_TRACES + 1)), "4097 traces are more than the 4096"),
        ({"x-shape": f"1,{MAX_SAMPLES + 1}"}, bytes(4 * (MAX_SAMPLES + 1)), "the traces have 65536 samples"),
        ({"x-shape": "1,0"}, b"", "the traces have 0 samples"),
    ],
)
def test_raw_traces_of_a_wrong_shape_are_refused(headers: dict[str, str], body: bytes, sentence: str) -> None:
    assert sentence in refusal(lambda: ask(Form.RAW, body, headers))


def test_a_shape_may_have_spaces() -> None:
    assert ask(Form.RAW, TRACES.tobytes(), {"x-shape": " 2, 3 "}).traces.shape == (2, 3)


def test_no_traces_are_a_bad_request_in_every_form() -> None:
    empty = np.zeros((0, 4), np.float32)
    for asked in (
        lambda: ask_json(empty),
        lambda: ask_raw(empty),
        lambda: ask_arrow(samples_table(pa.array([], FLOATS))),
    ):
        assert refusal(asked, 400) == "the request has no traces; give at least one"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 2e15, -2e15])
@given(traces=floats, data=st.data())
def test_a_trace_that_is_not_finite_or_too_large_is_named_in_every_form(
    value: float, traces: np.ndarray, data: st.DataObject
) -> None:
    row = data.draw(st.integers(0, traces.shape[0] - 1))
    traces[row, data.draw(st.integers(0, traces.shape[1] - 1))] = value
    column = COLUMNS[data.draw(st.sampled_from(sorted(COLUMNS)))]

    for asked in (
        lambda: ask_json(traces),
        lambda: ask_raw(traces),
        lambda: ask_arrow(samples_table(column(traces))),
    ):
        assert f"trace {row} " in refusal(asked)


@pytest.mark.parametrize("number", [-(2**63), 2**63 - 1, 10**16])
def test_whole_numbers_beyond_what_a_model_digests_are_refused(number: int) -> None:
    column = pa.array([[1, 2], [number, 0]], pa.list_(pa.int64()))

    assert "trace 1 has an amplitude beyond 1e+15" in refusal(lambda: ask_arrow(samples_table(column)))


@pytest.mark.parametrize(
    ("samples", "sentence"),
    [
        (pa.array([[1.0, 2.0], [1.0]], FLOATS), "trace 1 has 1 samples and trace 0 has 2"),
        (pa.array([[1.0], []], FLOATS), "trace 1 has no samples"),
        (pa.array([bytes(8), bytes(4)]), "trace 1 has 1 samples and trace 0 has 2"),
        (pa.array([bytes(8), bytes(7)]), "bytes that are no whole number of float32 samples"),
        (pa.array([[1.0], None], FLOATS), "holds nulls"),
        (pa.array([[1.0, None]], FLOATS), "holds a trace with a null"),
        (pa.array([["1"]]), "holds lists of string"),
        (pa.array([[True, False]]), "holds lists of bool"),
        (pa.array([[[1.0]]]), "holds lists of list"),
        (pa.array([1.0, 2.0]), "the column samples is double"),
        (pa.nulls(2), "holds nulls"),
        (pa.array(["text"]), "the column samples is string"),
        (pa.array([{"a": 1}]), "the column samples is struct"),
        (pa.array([[1.0]] * (MAX_TRACES + 1), FLOATS), "4097 traces are more than the 4096"),
        (pa.array([[1.0] * (MAX_SAMPLES + 1)], FLOATS), "trace 0 has 65536 samples"),
        (pa.DictionaryArray.from_arrays(pa.array([0]), pa.array(["x"])), "the column samples is dictionary"),
    ],
)
def test_a_column_that_holds_no_traces_of_one_length_is_refused(samples: pa.Array, sentence: str) -> None:
    assert sentence in refusal(lambda: ask_arrow(samples_table(samples)))


def test_rows_without_bytes_are_not_unpacked() -> None:
    """A list of no samples takes no memory in Arrow, so that a body of some bytes may have any number of them."""
    rows = 2**31 - 1
    column = pa.Array.from_buffers(pa.list_(pa.float32(), 0), rows, [None], children=[pa.array([], pa.float32())])
    schema = pa.schema([("samples", column.type)])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_batch(pa.record_batch([column], schema=schema))
    body = sink.getvalue().to_pybytes()

    assert len(body) < 1000
    assert f"{rows} traces are more than the 4096" in refusal(lambda: ask(Form.ARROW, body))


@pytest.mark.parametrize("codec", ["lz4", "zstd"])
@pytest.mark.parametrize("kind", sorted(COLUMNS))
def test_a_compressed_stream_is_refused(kind: str, codec: str) -> None:
    body = arrow_stream(samples_table(COLUMNS[kind](TRACES)), codec)

    assert "the Arrow stream is compressed" in refusal(lambda: ask(Form.ARROW, body))


def test_a_compressed_dictionary_is_refused_before_any_batch_follows() -> None:
    text = pa.DictionaryArray.from_arrays(pa.array([0, 0]), pa.array(["x" * 10_000]))
    table = samples_table(lists_of(FLOATS)(TRACES), text=text)
    start = b"".join(_messages(arrow_stream(table, "zstd"))[:2])

    assert "the Arrow stream is compressed" in refusal(lambda: ask(Form.ARROW, start))
    np.testing.assert_array_equal(ask_arrow(table).traces, TRACES)


def _messages(stream: bytes) -> list[bytes]:
    """The messages of a stream: its schema, dictionaries, batches."""
    reader = pa.ipc.MessageReader.open_stream(stream)
    return [message.serialize().to_pybytes() for message in reader]


GOOD = arrow_stream(
    samples_table(
        lists_of(FLOATS)(TRACES), inline=pa.array([1, 2]), crossline=pa.array([3, 4])
    ).replace_schema_metadata({"start_ms": "4"})
)
WITH_DICTIONARY = arrow_stream(
    samples_table(lists_of(FLOATS)(TRACES), text=pa.DictionaryArray.from_arrays(pa.array([0, 1]), pa.array(["a", "b"])))
)


def answered(body: bytes) -> None:
    try:
        assert len(ask(Form.ARROW, body).traces)
    except HTTPException as error:
        assert error.status_code in (400, 422)
        assert len(error.detail) < 500


@pytest.mark.parametrize("stream", [GOOD, WITH_DICTIONARY])
@given(st.data())
def test_no_damage_to_a_stream_makes_the_decoder_fail(stream: bytes, data: st.DataObject) -> None:
    body = bytearray(stream)
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))

    answered(bytes(body))


@given(st.integers(0, len(GOOD)))
def test_no_cut_stream_makes_the_decoder_fail(end: int) -> None:
    answered(GOOD[:end])


@given(st.binary(max_size=300))
def test_no_bytes_make_the_decoder_fail(body: bytes) -> None:
    answered(body)


def test_a_column_whose_name_is_no_text_is_refused() -> None:
    body = arrow_stream(samples_table(lists_of(FLOATS)(TRACES), abcdef=pa.array([1, 2])))

    answered(body.replace(b"abcdef", b"\xff\xfe\xff\xff\xff\xff"))


@pytest.mark.parametrize("body", [b"", b"no arrow", b"\xff\xff\xff\xff\x00\x00\x00\x00", b"PAR1" * 20])
def test_what_is_no_stream_is_said_to_be_none(body: bytes) -> None:
    assert "Arrow" in refusal(lambda: ask(Form.ARROW, body))


@pytest.mark.parametrize(
    ("content_type", "form"),
    [
        ("", Form.JSON),
        ("application/json", Form.JSON),
        ("Application/JSON; charset=utf-8", Form.JSON),
        ("application/problem+json", Form.JSON),
        ("application/x-www-form-urlencoded", Form.JSON),
        ("application/octet-stream", Form.RAW),
        ("application/vnd.apache.arrow.stream", Form.ARROW),
    ],
)
def test_the_content_type_names_the_form(content_type: str, form: Form) -> None:
    assert form_of(content_type) is form


@pytest.mark.parametrize("content_type", ["text/csv", "multipart/form-data; boundary=x", "json", "x" * 10_000])
def test_another_content_type_is_refused_with_those_that_are_taken(content_type: str) -> None:
    with pytest.raises(HTTPException) as caught:
        form_of(content_type)

    assert caught.value.status_code == 415
    assert "application/octet-stream" in caught.value.detail and len(caught.value.detail) < 500
