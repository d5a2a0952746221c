"""The route that answers questions from the documents of a deployment."""

from __future__ import annotations

import structlog
from fastapi import APIRouter, HTTPException, Request
from pydantic import ValidationError

from seismic_assets.knowledge.errors import KnowledgeError
from seismic_assets.serving.body import read_body
from seismic_assets.serving.examples import ASK_REQUEST
from seismic_assets.serving.forms import sentence_of
from seismic_assets.serving.problems import described, json_body
from seismic_assets.serving.schemas_asking import AskAnswer, Question
from seismic_assets.serving.service import Service

_LARGEST = 64 * 1024
_log = structlog.get_logger(__name__)
router = APIRouter(prefix="/v1")


@router.post(
    "/ask",
    responses=described(
        {
            400: "the body was cut off",
            404: "this service has no documents",
            408: "the body took too long",
            413: "the body is too large",
            422: "the body is not valid",
            503: "there is no index yet, or too many ask",
        }
    ),
    openapi_extra=json_body(Question, ASK_REQUEST),
)
async def ask(request: Request) -> AskAnswer:
    """Answer a question from the documents of the deployment, with the passages that the answer rests on.

    Without a language model the passages are the answer.
    """
    service: Service = request.app.state.service
    librarian = service.librarian
    if librarian is None:
        raise HTTPException(404, "this service has no documents to answer from (SEISMIC_KNOWLEDGE)")
    body = await read_body(request, _LARGEST, service.config.limits.timeout_seconds)
    try:
        asked = Question.model_validate_json(body)
    except ValidationError as error:
        raise HTTPException(422, sentence_of(error)) from None
    if not asked.question.strip():
        raise HTTPException(422, "question: there is nothing in it; ask something")
    async with librarian.asking.enter():
        try:
            found = await librarian.asking.in_thread(
                lambda: librarian.answer(asked.question, asked.k, asked.method), librarian.seconds
            )
        except KnowledgeError as error:
            _log.warning("the documents cannot be searched", reason=str(error))
            service.metrics.questions.answered("failed")
            raise HTTPException(503, str(error)) from error
    service.metrics.questions.answered("model" if found.model else "passages" if found.found else "nothing")
    told = {name: value for name, value in found.to_dict().items() if name != "refused"}  # it is no answer
    return AskAnswer.model_validate({**told, "timestamp": service.clock()})
