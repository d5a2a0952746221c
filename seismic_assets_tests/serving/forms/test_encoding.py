"""An answer in every form has the same numbers."""

import io
import json
from datetime import UTC, datetime
from urllib.parse import unquote

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismic_assets.serving.forms import Answer, Form, Stamp, encode
from seismic_assets.serving.schemas import PredictResponse

STAMP = Stamp("019a9b5e-0000-7000-8000-000000000000", datetime(2025, 3, 1, 12, tzinfo=UTC), "sieben ß", 2)
NAMES = ("quiet", "lo,ud", "Ünseen")
FEATURES = ("energy", "peak")


@st.composite
def answers(draw: st.DrawFn, with_features: bool | None = None) -> Answer:
    traces, windows = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    probabilities = random.dirichlet(np.ones(len(NAMES)), (traces, windows)).astype(np.float32)
    features = None
    if draw(st.booleans()) if with_features is None else with_features:
        features = random.normal(0, 1e3, (traces, windows, len(FEATURES))).astype(np.float32)
    starts = np.arange(windows) * 64.0
    return Answer(NAMES, starts, starts + 128, probabilities, features, FEATURES)


def tables_of(answer: Answer) -> dict[Form, pl.DataFrame]:
    arrow, csv, parquet = (encode(form, answer, STAMP)[0] for form in (Form.ARROW, Form.CSV, Form.PARQUET))
    return {
        Form.ARROW: pl.DataFrame(pl.from_arrow(pa.ipc.open_stream(arrow).read_all())),
        Form.CSV: pl.read_csv(io.BytesIO(csv)),
        Form.PARQUET: pl.read_parquet(io.BytesIO(parquet)),
    }


@given(answers())
def test_json_has_the_numbers_of_the_answer(answer: Answer) -> None:
    content, _ = encode(Form.JSON, answer, STAMP)

    PredictResponse.model_validate_json(content)
    given = json.loads(content)
    windows = [trace["windows"] for trace in given["predictions"]]
    probabilities = [[list(window["probabilities"].values()) for window in trace] for trace in windows]
    np.testing.assert_allclose(probabilities, answer.probabilities, atol=1e-7)
    for trace in given["predictions"]:
        of_trace = answer.summary.probabilities[trace["trace_id"]]
        np.testing.assert_allclose(list(trace["probabilities"].values()), of_trace, atol=1e-7)
        for each in (trace, *trace["windows"]):
            best = max(each["probabilities"], key=each["probabilities"].__getitem__)
            assert (each["predicted_class_name"], each["confidence"]) == (best, each["probabilities"][best])
            assert NAMES[each["predicted_class"]] == best
    assert [(window["start_ms"], window["end_ms"]) for window in windows[0]] == [
        *zip(answer.starts_ms, answer.ends_ms, strict=True)
    ]
    if answer.features is not None:
        features = [[list(window["features"].values()) for window in trace] for trace in windows]
        np.testing.assert_array_equal(np.array(features, np.float32), answer.features)


@given(answers())
def test_raw_has_the_numbers_of_the_answer_and_its_shape(answer: Answer) -> None:
    content, headers = encode(Form.RAW, answer, STAMP)

    shape = tuple(map(int, headers["X-Shape"].split(",")))
    np.testing.assert_array_equal(np.frombuffer(content, "<f4").reshape(shape), answer.probabilities)
    assert [unquote(name) for name in headers["X-Classes"].split(",")] == list(NAMES)
    assert unquote(headers["X-Model-Version"]) == STAMP.version


@given(answers())
def test_every_table_has_the_numbers_of_the_answer(answer: Answer) -> None:
    traces, windows, classes = answer.probabilities.shape
    flat = answer.probabilities.reshape(-1, classes)
    for form, table in tables_of(answer).items():
        assert table.height == traces * windows
        np.testing.assert_allclose(table.select(f"prob_{name}" for name in NAMES).to_numpy(), flat, rtol=1e-6)
        np.testing.assert_allclose(table["confidence"].to_numpy(), flat.max(axis=1), rtol=1e-6)
        assert table["predicted_class"].to_list() == flat.argmax(axis=1).tolist()
        assert table["predicted_class_name"].cast(pl.String).to_list() == [NAMES[i] for i in flat.argmax(axis=1)]
        assert table["trace_id"].to_list() == np.repeat(np.arange(traces), windows).tolist()
        assert table["window_index"].to_list() == [*range(windows)] * traces
        assert table["start_ms"].to_list() == answer.starts_ms.tolist() * traces
        assert table["end_ms"].to_list() == answer.ends_ms.tolist() * traces
        assert set(FEATURES) <= set(table.columns) if answer.features is not None else "energy" not in table.columns
        if answer.features is not None:
            given = table.select(FEATURES).to_numpy()
            np.testing.assert_allclose(given, answer.features.reshape(-1, 2), rtol=1e-6, err_msg=form)


@given(answers())
def test_an_arrow_answer_says_who_answered_and_when(answer: Answer) -> None:
    metadata = pa.ipc.open_stream(encode(Form.ARROW, answer, STAMP)[0]).schema.metadata

    assert {key.decode(): value.decode() for key, value in metadata.items()} == {
        "request_id": STAMP.request_id,
        "timestamp": STAMP.time.isoformat(),
        "model_version": STAMP.version,
        "num_features": "2",
    }


@pytest.mark.parametrize("form", [Form.CSV, Form.PARQUET, Form.RAW])
@given(answers(with_features=False))
def test_headers_are_plain_ascii(form: Form, answer: Answer) -> None:
    _, headers = encode(form, answer, STAMP)

    assert all(value.isascii() for value in headers.values())
    assert unquote(headers["X-Model-Version"]) == STAMP.version
