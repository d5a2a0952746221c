"""The route that predicts a SEG-Y file."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path
from typing import IO, Annotated, Any
from urllib.parse import quote

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import StreamingResponse

from seismic_assets.inference import PredictionError, predict_file
from seismic_assets.segy import HeaderMap, SegyError
from seismic_assets.serving.facts import CallFacts
from seismic_assets.serving.forms import Form, choose
from seismic_assets.serving.page.upload import uploaded_file
from seismic_assets.serving.predicting import PROBLEMS
from seismic_assets.serving.problems import described
from seismic_assets.serving.served_model import ServedModel
from seismic_assets.serving.service import Service

# More rows as JSON are of no use to anyone.
_MOST_ROWS_OF_JSON = 100_000
_MOST_TRACE_CLASSES = 100_000
_OFFERED = (Form.JSON, Form.CSV, Form.PARQUET, Form.ARROW)
_PIECE_BYTES = 1 << 20
_JSON_ANSWER = {
    "type": "object",
    "required": ["model_version", "rows"],
    "properties": {"model_version": {"type": "string"}, "rows": {"type": "array", "items": {"type": "object"}}},
}
_Byte = Annotated[int, Query(ge=1, le=237)]
router = APIRouter(prefix="/v1")


@router.post(
    "/predict/segy",
    operation_id="predict_segy",
    response_class=StreamingResponse,
    responses={
        200: {
            "content": {
                Form.JSON.value: {"schema": _JSON_ANSWER},
                **{form.value: {"schema": {"type": "string", "format": "binary"}} for form in _OFFERED[1:]},
            }
        },
        **PROBLEMS,
        **described({507: "no room for the file on the disk of the service"}),
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def predict_segy(
    request: Request, resample: bool = False, inline_byte: _Byte = 189, crossline_byte: _Byte = 193
) -> StreamingResponse:
    """Classify every window of a SEG-Y file, whose bytes are the body; the answer is a table with a row a window.

    Accept chooses CSV, Parquet, Arrow, or JSON, which is the default. `resample` brings another sample interval to the
    model's; `inline_byte` and `crossline_byte` say where the trace headers keep these numbers.
    """
    service: Service = request.app.state.service
    facts: CallFacts = request.state.facts
    facts.form = "segy"
    model = service.loaded()
    wanted = choose(request.headers.get("accept", ""), _OFFERED, Form.JSON)
    if request.headers.get("content-type", "").startswith("multipart/"):
        raise HTTPException(415, "send the bytes of the file as the body: curl --data-binary @line.sgy, not as a form")
    if request.headers.get("x-store-features", "false").lower() != "false":
        raise HTTPException(
            422,
            "the features of a SEG-Y file are not stored here; leave X-Store-Features out, or send its traces to "
            "/v1/predict",
        )
    mapping, limits, folder = HeaderMap(inline_byte, crossline_byte), service.config.limits, service.upload_folder
    async with (
        service.uploads.enter(),
        uploaded_file(request, limits.segy_bytes, limits.upload_seconds, folder) as path,
    ):
        out = path.with_suffix(f".{wanted.name.lower()}")
        given_up = threading.Event()
        work = partial(_predict, model, path, out, wanted, mapping, resample, given_up)
        try:
            summary = await service.admission.in_thread(work, limits.upload_seconds)
            table = out.open("rb")
        finally:
            # What is open can be sent all the same, and nothing is left behind however this ends.
            given_up.set()
            out.unlink(missing_ok=True)
    summary.note(service, facts, model)
    headers = {
        "X-Model-Version": quote(model.version),
        "X-Windows": str(summary.windows),
        "Content-Length": str(os.fstat(table.fileno()).st_size),
        "Content-Disposition": f'attachment; filename="predictions.{wanted.name.lower()}"',
    }
    return StreamingResponse(_pieces(table), 200, headers, wanted.value)


def _pieces(table: IO[bytes]) -> Iterator[bytes]:
    with table:
        while piece := table.read(_PIECE_BYTES):
            yield piece


@dataclass
class _Summary:
    """What was answered of a file, trace by trace."""

    windows: int = 0
    classes: list[Any] = field(default_factory=list)
    confidences: list[Any] = field(default_factory=list)

    def add(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Count a frame, which holds whole traces, and give it on."""
        self.windows += frame.height
        columns = [name for name in frame.columns if name.startswith("prob_")]
        means = frame.drop_nulls("confidence").group_by("trace_index", maintain_order=True).agg(pl.col(columns).mean())
        values = means.select(columns).to_numpy()
        if len(values):
            self.classes.append(values.argmax(axis=1).astype("<i2"))
            self.confidences.append(values.max(axis=1))
        return frame

    def note(self, service: Service, facts: CallFacts, model: ServedModel) -> None:
        """Take note of the file for metrics, log and table."""
        names = model.predictor.classes
        classes = np.concatenate(self.classes) if self.classes else np.zeros(0, "<i2")
        confidences = np.concatenate(self.confidences) if self.confidences else np.zeros(0)
        counts = np.bincount(classes, minlength=len(names))
        facts.version, facts.traces, facts.windows = model.version, len(classes), self.windows
        facts.classes = {names[index]: int(counts[index]) for index in np.flatnonzero(counts)}
        facts.trace_classes = classes.tobytes() if len(classes) <= _MOST_TRACE_CLASSES else None
        facts.confidence = float(confidences.mean()) if len(confidences) else None
        service.metrics.predicted(facts.classes, confidences.tolist())


def _predict(
    model: ServedModel,
    path: Path,
    out: Path,
    form: Form,
    mapping: HeaderMap,
    resample: bool,
    given_up: threading.Event,
) -> _Summary:
    """Predict a file into another one; block by block, so that memory does not grow with it."""
    summary = _Summary()
    try:
        frames = predict_file(model.predictor, path, mapping=mapping, resample=resample)
        _WRITERS[form](out, (summary.add(frame) for frame in frames), model.version)
    except SegyError as error:
        raise HTTPException(422, f"the file {error.reason}") from error
    except PredictionError as error:
        raise HTTPException(422, str(error)) from error
    except OSError as error:
        raise HTTPException(507, "the service has no room for the answer on its disk; try again later") from error
    finally:
        if given_up.is_set():  # nobody waits any more, and who gave up found no file or half of one
            out.unlink(missing_ok=True)
    return summary


def _write_json(out: Path, frames: Iterator[pl.DataFrame], version: str) -> None:
    with out.open("w") as file:
        file.write(f'{{"model_version": {json.dumps(version)}, "rows": [')
        rows = 0
        for frame in frames:
            rows += frame.height
            if rows > _MOST_ROWS_OF_JSON:
                raise HTTPException(
                    406,
                    f"the file has more than {_MOST_ROWS_OF_JSON} windows, too many for JSON; ask for "
                    f"{Form.PARQUET} or {Form.CSV} in the header Accept",
                )
            text = frame.write_json()
            file.write(("," if rows > frame.height else "") + text[1:-1])
        file.write("]}")


def _write_csv(out: Path, frames: Iterator[pl.DataFrame], version: str) -> None:
    with out.open("wb") as file:
        for number, frame in enumerate(frames):
            frame.write_csv(file, include_header=number == 0)


def _write_parquet(out: Path, frames: Iterator[pl.DataFrame], version: str) -> None:
    schema, tables = _tables(frames, version)
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        for table in tables:
            writer.write_table(table)


def _write_arrow(out: Path, frames: Iterator[pl.DataFrame], version: str) -> None:
    schema, tables = _tables(frames, version)
    with out.open("wb") as file, pa.ipc.new_stream(file, schema) as writer:
        for table in tables:
            writer.write_table(table)


def _tables(frames: Iterator[pl.DataFrame], version: str) -> tuple[pa.Schema, Iterator[pa.Table]]:
    """The frames as Arrow tables of one schema, which names the version."""
    first = next(frames).to_arrow()
    schema = first.schema.with_metadata({"model_version": version})
    rest = (frame.to_arrow() for frame in frames)
    return schema, (table.cast(schema) for table in chain((first,), rest))


_WRITERS = {Form.JSON: _write_json, Form.CSV: _write_csv, Form.PARQUET: _write_parquet, Form.ARROW: _write_arrow}
