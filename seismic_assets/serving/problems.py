"""Errors as problem details (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from seismic_assets.serving.paths import PUBLIC
from seismic_assets.serving.schemas_about import Problem

MEDIA_TYPE = "application/problem+json"
UNFORESEEN = "the service failed; report the instance given here to its operator"
_AT_THE_DOOR = {
    401: "no key, or one that is not in force",
    403: "a key without the role",
    429: "too many requests with this key",
    503: "the service cannot do this now",
}
_KEYS = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A key of `seismic key create`."},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same key."},
}


def install_problem_details(app: FastAPI) -> None:
    """Answer every error of an application with problem details; an unforeseen one says nothing of its cause.

    Its OpenAPI description names the keys, and the errors that any request may meet at the door.
    """
    _describe_the_door(app)

    @app.exception_handler(HTTPException)
    async def expected(request: Request, error: HTTPException) -> Response:
        return _answer(request, error.status_code, str(error.detail), error.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        place = " ".join(str(each) for each in first["loc"])
        return _answer(request, 422, f"{place}: {first['msg'][0].lower()}{first['msg'][1:]}", None)

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, error: Exception) -> Response:
        return _answer(request, 500, UNFORESEEN, None)  # raised again then: the gate logs it


def _describe_the_door(app: FastAPI) -> None:
    describe = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            description = describe()
            description.setdefault("components", {})["securitySchemes"] = _KEYS
            for path, operations in description["paths"].items():
                for operation in operations.values():
                    _describe_for(path, operation)
        return describe()

    app.openapi = openapi  # type: ignore[method-assign]


def _describe_for(path: str, operation: dict[str, Any]) -> None:
    operation["security"] = [] if path in PUBLIC else [{name: []} for name in _KEYS]
    if path not in PUBLIC:
        for status, answer in described(_AT_THE_DOOR).items():
            operation["responses"].setdefault(str(status), answer)


def _answer(request: Request, status: int, sentence: str, headers: Mapping[str, str] | None) -> Response:
    facts = request.state.facts
    facts.error = sentence
    return problem(facts.request_id, status, sentence, headers)


def problem(request_id: str, status: int, sentence: str, headers: Mapping[str, str] | None = None) -> Response:
    """The answer to a request that fails: status, one sentence, and the request's id as the instance."""
    content = Problem(
        type="about:blank",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=sentence,
        instance=f"urn:uuid:{request_id}",
    )
    return Response(content.model_dump_json(), status, headers, MEDIA_TYPE)


def json_body(model: type[BaseModel], example: Mapping[str, Any]) -> dict[str, Any]:
    """The OpenAPI description of a body that a route reads by itself, as JSON of a model."""
    content = {"application/json": {"schema": model.model_json_schema(), "example": dict(example)}}
    return {"requestBody": {"required": True, "content": content}}


def described(sentences: Mapping[int, str]) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI description of errors by status."""
    content = {MEDIA_TYPE: {"schema": Problem.model_json_schema()}}
    return {status: {"description": sentence, "content": content} for status, sentence in sentences.items()}
