"""The route that takes the true class of a trace that was classified."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import anyio.to_thread
import numpy as np
from fastapi import APIRouter, HTTPException, Request
from pydantic import ValidationError

from seismic_assets.serving.body import read_body
from seismic_assets.serving.examples import FEEDBACK_REQUEST
from seismic_assets.serving.facts import CallFacts
from seismic_assets.serving.forms import sentence_of
from seismic_assets.serving.ledger import Ledger
from seismic_assets.serving.problems import described, json_body
from seismic_assets.serving.recording import RecordedFeedback
from seismic_assets.serving.schemas import Feedback, FeedbackTaken
from seismic_assets.serving.service import Service

_LARGEST = 64 * 1024
# A row is written within a second or so after its request; by another worker, which this one does not see.
_WRITTEN_AFTER_SECONDS, _PAUSE_SECONDS = 3.0, 0.5
router = APIRouter(prefix="/v1")


@router.post(
    "/feedback",
    status_code=202,
    responses=described(
        {
            400: "the body was cut off",
            404: "no such request was recorded, or nothing is",
            408: "the body took too long",
            413: "the body is too large",
            422: "the body is not valid",
            503: "no model is loaded, or the table of requests cannot be read",
        }
    ),
    openapi_extra=json_body(Feedback, FEEDBACK_REQUEST),
)
async def feedback(request: Request) -> FeedbackTaken:
    """Take the true class of a trace of an earlier request, by the request's id; it is kept beside the answer."""
    service: Service = request.app.state.service
    facts: CallFacts = request.state.facts
    recorder = service.ledger.recorder
    if recorder is None:
        raise HTTPException(404, "requests are not recorded here, so there is nothing to give feedback on")
    body = await read_body(request, _LARGEST, service.config.limits.timeout_seconds)
    try:
        given = Feedback.model_validate_json(body)
    except ValidationError as error:
        raise HTTPException(422, sentence_of(error)) from None
    call = await _call(service.ledger, given.request_id)
    if given.trace_id >= call["traces"]:
        raise HTTPException(422, f"the request had {call['traces']} traces, there is no trace {given.trace_id}")
    true_class = _class_index(service, given.true_class)
    predicted = np.frombuffer(call["trace_classes"] or b"", "<i2")
    row = RecordedFeedback(
        request_id=given.request_id,
        trace_id=given.trace_id,
        true_class=true_class,
        true_class_name=service.loaded().predictor.classes[true_class],
        key_id=facts.caller.key_id,
        received_at=facts.received_at,
        predicted_class=int(predicted[given.trace_id]) if given.trace_id < len(predicted) else None,
        model_version=call["model_version"],
        comment=given.comment,
    )
    recorder.record(row)
    return FeedbackTaken(
        request_id=given.request_id,
        trace_id=given.trace_id,
        true_class=true_class,
        predicted_class=row.predicted_class,
        model_version=row.model_version,
    )


async def _call(ledger: Ledger, request_id: str) -> dict[str, Any]:
    """The recorded request; it may still be on its way to the table.

    Raises:
        HTTPException: 404, there is none that was answered.
    """
    made_at = int(request_id[:8] + request_id[9:13], 16) / 1000  # a UUID of version 7 begins with the time
    found = await anyio.to_thread.run_sync(ledger.find, request_id)
    while found is None and 0 <= time.time() - made_at < _WRITTEN_AFTER_SECONDS:
        await asyncio.sleep(_PAUSE_SECONDS)
        found = await anyio.to_thread.run_sync(ledger.find, request_id)
    if found is not None and found["status"] == 200:
        return found
    raise HTTPException(404, f"no answered request {request_id} is recorded; give the request_id of an answer")


def _class_index(service: Service, given: int | str) -> int:
    names = service.loaded().predictor.classes
    if isinstance(given, str) and given in names:
        return names.index(given)
    if isinstance(given, int) and given < len(names):
        return given
    raise HTTPException(
        422, f"there is no class {str(given)[:100]!r}; the classes are {', '.join(names)}, counted from 0"
    )
