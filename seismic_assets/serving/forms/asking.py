"""A body as a request to predict, whatever its form; refused in one sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
from fastapi import HTTPException
from pydantic import ValidationError
from pydantic_core import from_json

from seismic_assets.serving.forms.arrow_messages import is_compressed
from seismic_assets.serving.forms.choice import Form
from seismic_assets.serving.schemas import MAX_SAMPLES, MAX_TRACES, PredictRequest
from seismic_assets.serving.schemas_lookup import LOOKUP_KEYS, LookupRequest, parse_lookup

# A number costs eight times its text in memory at worst, an array, object or string up to a hundred times.
_MAX_CONTAINERS = 100_000
_ALONE = pa.ipc.IpcReadOptions(use_threads=False)  # handing a trace to another thread takes longer than reading it
_PLACES = ("inline", "crossline")


def _truth(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


# The options of a request where it has no JSON: header of raw float32, key of the metadata of an Arrow schema.
_OPTIONS: dict[str, Callable[[str], Any]] = {
    "sample_interval_us": int,
    "amplitude_scale": float,
    "start_ms": float,
    "return_features": _truth,
    "store_features": _truth,
}
_HEADERS, _KEYS = {f"x-{name.replace('_', '-')}": name for name in _OPTIONS}, {name: name for name in _OPTIONS}


@lru_cache(256)
def form_of(content_type: str) -> Form:
    """The form of a body by its Content-Type; JSON where nothing else is said.

    Raises:
        HTTPException: 415, a form that is not taken.
    """
    name = content_type.partition(";")[0].strip().lower()
    # curl names a form with --data where nothing else is given.
    if name in ("", Form.JSON, "text/json", "application/x-www-form-urlencoded") or name.endswith("+json"):
        return Form.JSON
    if name in (Form.RAW, Form.ARROW):
        return Form(name)
    raise HTTPException(
        415,
        f"a body of the type {name[:100]!r} is not taken; send {Form.JSON}, {Form.RAW} (float32, with X-Shape) or "
        f"{Form.ARROW}, and a SEG-Y file to /v1/predict/segy",
    )


def parse_asked(form: Form, headers: Mapping[str, str], body: bytes) -> PredictRequest | LookupRequest:
    """As `parse_request`; of JSON that says which traces to look up, a `LookupRequest`."""
    decoded = _DECODERS[form](headers, body)
    if form is not Form.JSON or decoded.keys().isdisjoint(LOOKUP_KEYS):
        return _request_of(decoded)
    try:
        return parse_lookup(decoded)
    except ValidationError as error:
        raise HTTPException(422, sentence_of(error)) from None
    except ValueError as error:
        raise HTTPException(422, str(error)) from None


def parse_request(form: Form, headers: Mapping[str, str], body: bytes) -> PredictRequest:
    """Decode and validate a request with traces.

    Args:
        form: of the body.
        headers: of the request, which raw float32 is described by: X-Shape (traces,samples) and, optional,
            X-Sample-Interval-Us, X-Amplitude-Scale, X-Start-Ms, X-Return-Features, X-Store-Features.
        body: JSON of a `PredictRequest`; little-endian float32 trace by trace; or an Arrow IPC stream with the column
            `samples` (lists of numbers, or binary little-endian float32) and, optional, `inline` and `crossline`, the
            options in its schema's metadata.

    Raises:
        HTTPException: 422 with what is wrong and where, 400 when it holds no traces.
    """
    return _request_of(_DECODERS[form](headers, body))


def _request_of(decoded: dict[str, Any]) -> PredictRequest:
    try:
        request = PredictRequest.model_validate(decoded)
    except ValidationError as error:
        raise HTTPException(422, sentence_of(error)) from None
    if len(request.traces) == 0:
        raise HTTPException(400, "the request has no traces; give at least one")
    return request


def _json(headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    if len(body) > _MAX_CONTAINERS and sum(body.count(mark) for mark in (b"[", b"{", b'"')) > _MAX_CONTAINERS:
        raise HTTPException(422, "the body holds too many arrays, objects or strings; send fewer traces a request")
    try:
        decoded = from_json(body)
    except ValueError as error:
        raise HTTPException(422, f"the body is not valid JSON: {error}") from error
    if not isinstance(decoded, dict):
        raise HTTPException(422, "the body must be a JSON object with the key traces, or trace_ids")
    return decoded


def _raw(headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    traces, length = _shape(headers.get("x-shape", ""))
    if len(body) != traces * length * 4:
        raise HTTPException(
            422,
            f"the body has {len(body)} bytes, where {traces} traces of {length} float32 samples are "
            f"{traces * length * 4}; correct X-Shape or the body",
        )
    array = np.frombuffer(body, dtype="<f4").reshape(traces, length)
    return {"traces": array, **_options(headers, _HEADERS)}


@lru_cache(256)
def _shape(text: str) -> tuple[int, int]:
    count, _, samples = text.partition(",")
    if not (_is_number(count) and _is_number(samples)):
        raise HTTPException(422, f"X-Shape is {text[:50]!r}; give the numbers of traces and samples, as X-Shape: 1,462")
    return int(count), int(samples)


def _arrow(headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    try:
        return _of_table(_table(body))
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise HTTPException(422, f"the body is not an Arrow IPC stream: {_first_line(error)}") from error


def _table(body: bytes) -> pa.Table:
    """The columns of an Arrow stream that have a meaning here, in a few rows: those that take no bytes cost nothing."""
    if is_compressed(body):
        raise HTTPException(422, "the Arrow stream is compressed; write it without compression")
    with pa.ipc.open_stream(body, options=_ALONE) as reader:
        table = reader.read_all()
    if table.num_rows > MAX_TRACES:
        raise HTTPException(422, f"{table.num_rows} traces are more than the {MAX_TRACES} of one request; send parts")
    times = {name: len(table.schema.get_all_field_indices(name)) for name in ("samples", *_PLACES)}
    if times["samples"] != 1:
        raise HTTPException(422, "the Arrow table must have one column samples, a trace in each row")
    twice = [name for name in _PLACES if times[name] > 1]
    if twice:
        raise HTTPException(422, f"the Arrow table has {times[twice[0]]} columns {twice[0]}; give one")
    table = table.select([name for name in times if times[name]])
    table.validate(full=True)
    return table


def _of_table(table: pa.Table) -> dict[str, Any]:
    metadata = {_text(key): _text(value) for key, value in (table.schema.metadata or {}).items()}
    given = {"traces": _samples(table.column("samples")), **_options(metadata, _KEYS)}
    for name in (each for each in _PLACES if each in table.schema.names):
        column = table.column(name)
        # Of a dictionary each row may stand for many megabytes.
        if not pa.types.is_integer(column.type):
            raise HTTPException(422, f"the column {name} is {_kind(column.type)}; give integers")
        given[name] = column.to_pylist()
    return given


def _samples(column: pa.ChunkedArray) -> Any:
    """(n, num_samples) float32, or what `PredictRequest` refuses with the trace named."""
    kind = column.type
    if column.null_count:
        raise HTTPException(422, "the column samples holds nulls; leave such traces out")
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        parts = [np.frombuffer(value, dtype="<f4") if len(value) % 4 == 0 else None for value in column.to_pylist()]
        if any(part is None for part in parts):
            raise HTTPException(422, "the column samples holds bytes that are no whole number of float32 samples")
        return _stacked(parts)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        if not (pa.types.is_floating(kind.value_type) or pa.types.is_integer(kind.value_type)):
            raise HTTPException(422, f"the column samples holds lists of {_kind(kind.value_type)}; give float32")
        if any(chunk.flatten().null_count for chunk in column.chunks):
            raise HTTPException(422, "the column samples holds a trace with a null; impute or drop it")
        return _stacked([row.values.to_numpy(zero_copy_only=False) for row in column])
    raise HTTPException(422, f"the column samples is {_kind(kind)}; give lists of float32 or binary float32")


def _stacked(rows: list[Any]) -> Any:
    """One array of traces of one length; else lists, which the validation names the odd one of."""
    if not rows or len(rows) > MAX_TRACES or max(map(len, rows)) > MAX_SAMPLES or len(set(map(len, rows))) > 1:
        return [row.tolist() for row in rows[: MAX_TRACES + 1]]
    return np.stack(rows)


def _options(given: Mapping[str, str], names: Mapping[str, str]) -> dict[str, Any]:
    """The options that are given, by their names in a request; `names` has those that they are given by."""
    options = {}
    for place, name in names.items():
        text = given.get(place)
        if text is None:
            continue
        try:
            options[name] = _OPTIONS[name](text)
        except (ValueError, KeyError):
            raise HTTPException(422, f"{name} is {text[:50]!r}, not of its kind; correct it or leave it out") from None
    return options


def _kind(kind: pa.DataType) -> str:
    return str(kind)[:100]


def _text(content: bytes) -> str:
    return content.decode(errors="replace")


def _is_number(text: str) -> bool:
    return text.strip().isascii() and text.strip().isdigit() and len(text) < 10


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def sentence_of(error: ValidationError) -> str:
    """The first problem of a body; a sentence of our own says what is wrong by itself."""
    problem: Any = error.errors(include_url=False, include_input=False)[0]
    name = str(problem["loc"][0])[:50] if problem["loc"] else ""  # none where several fields are at odds
    own = problem.get("ctx", {}).get("error")
    if own is not None:
        return str(own) if name in ("traces", "") else f"{name}: {own}"
    message = problem["msg"]
    said = f"{message[0].lower()}{message[1:]}"
    return f"{name!r}: {said}" if name else f"the body: {said}"


_DECODERS: dict[Form, Callable[[Mapping[str, str], bytes], dict[str, Any]]] = {
    Form.JSON: _json,
    Form.RAW: _raw,
    Form.ARROW: _arrow,
}
