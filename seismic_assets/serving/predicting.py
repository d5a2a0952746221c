"""The routes that predict traces, in any form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeAlias

from fastapi import APIRouter, Request, Response
from starlette.types import Receive

from seismic_assets.serving.body import read_message
from seismic_assets.serving.comparison import Comparison, SecondModel
from seismic_assets.serving.examples import LOOKUP_REQUEST, PLACES_REQUEST, PREDICT_REQUEST, PREDICT_RESPONSE
from seismic_assets.serving.facts import CallFacts
from seismic_assets.serving.forms import Answer, Form, Stamp, Stored, choose, encode, form_of, parse_asked
from seismic_assets.serving.looking_up import looked_up
from seismic_assets.serving.problems import described
from seismic_assets.serving.reply import Content
from seismic_assets.serving.schemas import PredictRequest, PredictResponse
from seismic_assets.serving.schemas_lookup import ById, ByPlace, LookupRequest
from seismic_assets.serving.served_model import ServedModel
from seismic_assets.serving.service import Service
from seismic_assets.serving.storing import answer_with_features, store

Encoded: TypeAlias = tuple[bytes, dict[str, str]]
OFFERED = (Form.JSON, Form.RAW, Form.ARROW, Form.CSV, Form.PARQUET)
_NAMES: dict[Form, Literal["json", "raw", "arrow"]] = {Form.JSON: "json", Form.RAW: "raw", Form.ARROW: "arrow"}
# Some twenty traces: less than a millisecond, where a thread would cost a good part of one.
_QUICK_BYTES = 48 * 1024

PROBLEMS = described(
    {
        400: "no traces, or a body that was cut off",
        401: "no key, or one that is not in force",
        403: "a key without the role",
        406: "the answer in none of the accepted forms",
        408: "the body took too long",
        413: "the body is too large",
        415: "a body of another type",
        422: "the body is not valid; the sentence names the trace",
        429: "too many requests with this key",
        503: "no model is loaded, or too much is waiting",
    }
)
_FURTHER = described(
    {
        404: "no such traces in the feature store",
        409: "the feature store has other features than the model looks at",
        503: "no model is loaded, too much is waiting, or the feature store is away",
    }
)
_BINARY = {"schema": {"type": "string", "format": "binary"}}
router = APIRouter(prefix="/v1")


@dataclass(frozen=True)
class _Chosen:
    """Who answers a request, and who answers it again for comparison."""

    model: ServedModel
    again: Callable[[PredictRequest, Answer], Awaitable[Comparison | None]] | None


@dataclass(frozen=True)
class _ToStore:
    """An answer whose features are still to be stored."""

    asked: PredictRequest
    answer: Answer


async def predict(request: Request) -> Response:
    """Classify traces. A trace's class is that of the largest mean probability of its windows.

    The body is JSON; or little-endian float32 (application/octet-stream) trace by trace with the header X-Shape
    (traces,samples) and, optional, X-Sample-Interval-Us, X-Amplitude-Scale, X-Start-Ms, X-Return-Features; or an Arrow
    IPC stream with the column samples. JSON may name traces of the feature store instead, by `trace_ids` or by
    `file_id` and `trace_index`: then their features are looked up. `trace_id` in an answer is always the place of a
    trace in the request. The answer has the form of the request unless Accept asks for another one; raw answers are
    float32 of the shape in X-Shape: traces, windows, classes.
    """
    answer = await respond(request.app.state.service, request.state.facts, request.headers, request.receive)
    return Response(answer.body, 200, answer.headers, answer.media_type)


async def respond(service: Service, facts: CallFacts, headers: Mapping[str, str], receive: Receive) -> Content:
    """What `predict` answers to the headers, by lower-case name, and the messages of a request.

    Raises:
        HTTPException: the statuses of `PROBLEMS` but those of the door.
    """
    chosen = _choose_model(service, headers, facts)
    form = form_of(headers.get("content-type", ""))
    wanted = choose(headers.get("accept", ""), OFFERED, form)
    facts.form = _NAMES[form]
    limits = service.config.limits

    def begin(asked: PredictRequest | LookupRequest) -> Encoded | LookupRequest | _ToStore:
        """The answer, or what is still to be done about it where others do not wait for that."""
        if isinstance(asked, LookupRequest):
            return asked
        if asked.store_features:
            return _ToStore(asked, answer_with_features(service, chosen.model, asked))
        return _finish(service, chosen, facts, wanted, asked, chosen.model.answer(asked))

    async with service.admission.reading() as held:
        body = await read_message(headers, receive, limits.body_bytes, limits.timeout_seconds, held)
        held.take_place()
        if len(body) <= _QUICK_BYTES and chosen.model.quick:
            asked = parse_asked(form, headers, body)
            if isinstance(asked, PredictRequest) and chosen.model.combines(asked):
                answer = await service.batcher.answer(chosen.model, asked)
                done: Encoded | LookupRequest | _ToStore = _finish(service, chosen, facts, wanted, asked, answer)
            else:
                done = begin(asked)
        else:
            done = await service.admission.in_thread(lambda: begin(parse_asked(form, headers, body)))
    if isinstance(done, LookupRequest):
        done = await looked_up(service, done, partial(_give, service, facts, wanted))
    elif isinstance(done, _ToStore):
        answer, stored = await store(service, facts, chosen.model, done.asked, done.answer)
        work = partial(_finish, service, chosen, facts, wanted, done.asked, answer, stored)
        done = await service.admission.in_thread(work)
    content, more = done
    return Content(content, wanted.value, more)


def _finish(
    service: Service,
    chosen: _Chosen,
    facts: CallFacts,
    form: Form,
    asked: PredictRequest,
    answer: Answer,
    stored: Stored | None = None,
) -> Encoded:
    """Note the answer to traces and give it its form."""
    if service.ledger.keeps_inputs():
        facts.kept = chosen.model.kept(asked)
    if chosen.again is not None:
        facts.comparison = partial(chosen.again, asked, answer)
    return _give(service, facts, form, chosen.model, answer, stored)


def _give(
    service: Service, facts: CallFacts, form: Form, model: ServedModel, answer: Answer, stored: Stored | None = None
) -> Encoded:
    """Note an answer and give it its form."""
    note_answer(service, facts, model, answer)
    return encode(form, answer, Stamp(facts.request_id, service.clock(), model.version, model.num_features, stored))


def note_answer(service: Service, facts: CallFacts, model: ServedModel, answer: Answer) -> None:
    """Take note of an answer for metrics, log and table."""
    summary = answer.summary
    counts, confidences = Counter(summary.classes.tolist()), summary.confidence.tolist()
    facts.version = model.version
    facts.traces, facts.windows = len(confidences), answer.probabilities.shape[0] * answer.probabilities.shape[1]
    facts.classes = {answer.class_names[index]: count for index, count in counts.items()}
    facts.trace_classes = summary.classes.astype("<i2").tobytes()
    facts.confidence = sum(confidences) / len(confidences)
    service.metrics.predicted(facts.classes, confidences)


def _choose_model(service: Service, headers: Mapping[str, str], facts: CallFacts) -> _Chosen:
    """The first model, or the second for its share of the callers.

    Raises:
        HTTPException: 503, no model is loaded.
    """
    first, second = service.loaded(), service.second
    if second is None:
        return _Chosen(first, None)
    # Without keys all share one; then the address tells callers apart.
    sticky = headers.get("x-sticky-key") or facts.caller.key_id
    other = second.for_caller(sticky)
    if other is None:
        return _Chosen(first, None)
    answers, again = (first, other) if second.role == "shadow" else (other, first)
    return _Chosen(answers, partial(_compare, service, second, other.version, again))


async def _compare(
    service: Service, second: SecondModel, version: str, again: ServedModel, asked: PredictRequest, answer: Answer
) -> Comparison | None:
    """How the other model answers the same; None where the service is too busy for it."""
    if service.admission.busy:
        return None
    other = await service.admission.in_thread(partial(again.answer, asked))
    compared = second.compare(version, answer, other)
    if compared.agreement is not None:
        windows = answer.probabilities.shape[0] * answer.probabilities.shape[1]
        agreeing = round(compared.agreement * windows)
        service.metrics.compared(second.role, agreeing, windows - agreeing)
    return compared


_REQUEST_BODY = {
    "required": True,
    "content": {
        Form.JSON.value: {
            "schema": {"anyOf": [each.model_json_schema() for each in (PredictRequest, ById, ByPlace)]},
            "examples": {
                "traces": {"value": PREDICT_REQUEST},
                "a look-up by ids": {"value": LOOKUP_REQUEST},
                "a look-up by places": {"value": PLACES_REQUEST},
            },
        },
        Form.RAW.value: _BINARY,
        Form.ARROW.value: _BINARY,
    },
}
_RESPONSE = {
    "content": {
        Form.JSON.value: {"example": PREDICT_RESPONSE},
        **{form.value: _BINARY for form in OFFERED if form is not Form.JSON},
    }
}
for _path in ("/predict", "/batch_predict"):
    router.add_api_route(
        _path,
        predict,
        methods=["POST"],
        operation_id=_path.removeprefix("/"),
        response_model=PredictResponse,
        responses={200: _RESPONSE, **PROBLEMS, **_FURTHER},
        openapi_extra={"requestBody": _REQUEST_BODY},
    )
