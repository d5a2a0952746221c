"""Errors as problem details (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from seismic_assets.serving.schemas import Problem

MEDIA_TYPE = "application/problem+json"


def install_problem_details(app: FastAPI) -> None:
    """Answer every error of an application with problem details; an unforeseen one says nothing of its cause."""

    @app.exception_handler(HTTPException)
    async def expected(request: Request, error: HTTPException) -> Response:
        return _problem(request, error.status_code, str(error.detail), error.headers)

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, error: Exception) -> Response:
        return _problem(request, 500, "the service failed; report the instance given here to its operator", None)


def _problem(request: Request, status: int, detail: str, headers: Mapping[str, str] | None) -> Response:
    problem = Problem(
        type="about:blank",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        instance=f"urn:uuid:{request.state.request_id}",
    )
    return Response(problem.model_dump_json(), status, headers, MEDIA_TYPE)
