"""An answer as bytes."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray
from pydantic_core import to_json

from seismic_assets.serving.forms.answer import Answer, Stamp
from seismic_assets.serving.forms.choice import Form

# A probability is known to seven digits: it is a float32.
_DIGITS = 7
_ALONE = pa.ipc.IpcWriteOptions(use_threads=False)


def encode(form: Form, answer: Answer, stamp: Stamp) -> tuple[bytes, dict[str, str]]:
    """The bytes of an answer and the headers that go with them.

    JSON is a `PredictResponse`. Raw is little-endian float32 (traces, windows, classes), its shape and the class names
    in headers. The others are a table with a row a window; Arrow has the stamp in its schema's metadata. Where features
    were stored, the header X-First-Trace-Id has the id of the first trace.
    """
    body, headers = _ENCODERS[form](answer, stamp)
    if stamp.stored is not None and stamp.stored.first is not None:
        headers = {**headers, "X-First-Trace-Id": str(stamp.stored.first)}
    return body, headers


def _json(answer: Answer, stamp: Stamp) -> tuple[bytes, dict[str, str]]:
    names = answer.class_names
    windows = _answers(answer.probabilities.reshape(-1, len(names)), names)
    starts, ends = answer.starts_ms.tolist(), answer.ends_ms.tolist()
    count = len(starts)
    features = answer.features.tolist() if answer.features is not None else None
    predictions = []
    for row, trace in enumerate(_answers(answer.summary.probabilities, names)):
        within = windows[row * count : (row + 1) * count]
        for place, window in enumerate(within):
            window["start_ms"], window["end_ms"] = starts[place], ends[place]
            if features is not None:
                window["features"] = dict(zip(answer.feature_names, features[row][place], strict=True))
        trace["trace_id"], trace["windows"] = row, within
        predictions.append(trace)
    content: dict[str, Any] = {
        "request_id": stamp.request_id,
        "predictions": predictions,
        "timestamp": stamp.time,
        "model_version": stamp.version,
        "num_features": stamp.num_features,
    }
    if stamp.stored is not None:
        content["stored_trace_ids"] = stamp.stored.ids
    return to_json(content), {}


def _answers(probabilities: NDArray[Any], names: Sequence[str]) -> list[dict[str, Any]]:
    best = probabilities.argmax(axis=1).tolist()
    return [
        {
            "predicted_class": index,
            "predicted_class_name": names[index],
            "confidence": row[index],
            "probabilities": dict(zip(names, row, strict=True)),
        }
        for index, row in zip(best, np.round(probabilities.astype(np.float64), _DIGITS).tolist(), strict=True)
    ]


def _raw(answer: Answer, stamp: Stamp) -> tuple[bytes, dict[str, str]]:
    headers = {
        "X-Shape": _listed(answer.probabilities.shape),
        "X-Classes": _quoted(answer.class_names),
        **_version(stamp),
    }
    return answer.probabilities.astype("<f4", copy=False).tobytes(), headers


@lru_cache(256)
def _listed(numbers: tuple[int, ...]) -> str:
    return ",".join(map(str, numbers))


@lru_cache(64)
def _quoted(names: tuple[str, ...]) -> str:
    """Texts as a header may hold them; the same few over and over."""
    return ",".join(map(quote, names))


def _version(stamp: Stamp) -> dict[str, str]:
    return {"X-Model-Version": _quoted((stamp.version,))}


def _arrow(answer: Answer, stamp: Stamp) -> tuple[bytes, dict[str, str]]:
    table = _table(answer).replace_schema_metadata(_metadata(stamp))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=_ALONE) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes(), {}


def _table(answer: Answer) -> pa.Table:
    """A row a window, trace by trace."""
    traces, windows, classes = answer.probabilities.shape
    flat = answer.probabilities.reshape(traces * windows, classes)
    best = flat.argmax(axis=1).astype(np.int32)
    names = pa.DictionaryArray.from_arrays(pa.array(best), pa.array(answer.class_names))
    columns: dict[str, Any] = {
        "trace_id": pa.array(np.repeat(np.arange(traces, dtype=np.int32), windows)),
        "window_index": pa.array(np.tile(np.arange(windows, dtype=np.int32), traces)),
        "start_ms": pa.array(np.tile(answer.starts_ms, traces)),
        "end_ms": pa.array(np.tile(answer.ends_ms, traces)),
        "predicted_class": pa.array(best),
        "predicted_class_name": names,
        "confidence": pa.array(flat.max(axis=1)),
    }
    by_class = np.ascontiguousarray(flat.T)
    columns |= {f"prob_{name}": pa.array(by_class[index]) for index, name in enumerate(answer.class_names)}
    if answer.features is not None:
        values = np.ascontiguousarray(answer.features.reshape(traces * windows, -1).T)
        columns |= {name: pa.array(values[index]) for index, name in enumerate(answer.feature_names)}
    return pa.table(columns)


def _metadata(stamp: Stamp) -> Mapping[str, str]:
    return {
        "request_id": stamp.request_id,
        "timestamp": stamp.time.isoformat(),
        "model_version": stamp.version,
        "num_features": str(stamp.num_features),
    }


def _csv(answer: Answer, stamp: Stamp) -> tuple[bytes, dict[str, str]]:
    return pl.DataFrame(pl.from_arrow(_table(answer))).write_csv().encode(), _version(stamp)


def _parquet(answer: Answer, stamp: Stamp) -> tuple[bytes, dict[str, str]]:
    buffer = io.BytesIO()
    pl.DataFrame(pl.from_arrow(_table(answer))).write_parquet(buffer)
    return buffer.getvalue(), _version(stamp)


_ENCODERS: dict[Form, Callable[[Answer, Stamp], tuple[bytes, dict[str, str]]]] = {
    Form.JSON: _json,
    Form.RAW: _raw,
    Form.ARROW: _arrow,
    Form.CSV: _csv,
    Form.PARQUET: _parquet,
}
