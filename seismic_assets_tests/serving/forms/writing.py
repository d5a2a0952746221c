"""Requests to predict in every form."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from seismic_assets.serving.forms import Form, parse_request
from seismic_assets.serving.schemas import PredictRequest

Traces = np.ndarray


def arrow_stream(table: pa.Table, compression: str | None = None) -> bytes:
    """An Arrow IPC stream of a table."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(table, max_chunksize=2)
    return sink.getvalue().to_pybytes()


def samples_table(samples: pa.Array, **columns: Any) -> pa.Table:
    """A table with the column samples and others."""
    return pa.table({"samples": samples, **columns})


def lists_of(kind: pa.DataType) -> Callable[[Traces], pa.Array]:
    """Writes traces as a column of lists."""
    return lambda traces: pa.array(traces.tolist(), kind)


COLUMNS: dict[str, Callable[[Traces], pa.Array]] = {
    "list": lists_of(pa.list_(pa.float32())),
    "list of float64": lists_of(pa.list_(pa.float64())),
    "large list": lists_of(pa.large_list(pa.float32())),
    "fixed size list": lambda traces: pa.array(traces.tolist(), pa.list_(pa.float32(), traces.shape[1])),
    "binary": lambda traces: pa.array([trace.astype("<f4").tobytes() for trace in traces], pa.binary()),
    "large binary": lambda traces: pa.array([trace.astype("<f4").tobytes() for trace in traces], pa.large_binary()),
}


def ask(form: Form, body: bytes, headers: Mapping[str, str] | None = None) -> PredictRequest:
    """Decode a request."""
    return parse_request(form, headers or {}, body)


def ask_json(traces: Traces, **options: Any) -> PredictRequest:
    """Decode traces that came as JSON."""
    return ask(Form.JSON, json.dumps({"traces": traces.tolist(), **options}).encode())


def ask_raw(traces: Traces, **headers: str) -> PredictRequest:
    """Decode traces that came as raw float32."""
    shape = {"x-shape": ",".join(map(str, traces.shape))}
    return ask(Form.RAW, traces.astype("<f4").tobytes(), shape | headers)


def ask_arrow(table: pa.Table) -> PredictRequest:
    """Decode a table."""
    return ask(Form.ARROW, arrow_stream(table))
