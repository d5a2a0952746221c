"""The body of a request: read within a limit, decoded within a limit, refused in one sentence."""

from __future__ import annotations

from typing import Any

from fastapi import HTTPException, Request
from pydantic import ValidationError
from pydantic_core import from_json
from starlette.requests import ClientDisconnect

from seismic_assets.serving.schemas import PredictRequest

MAX_BODY_BYTES = 64 * 1024 * 1024
# A number costs eight times its text in memory at worst, an array, object or string up to a hundred times.
_MAX_CONTAINERS = 100_000


async def read_body(request: Request) -> bytes:
    """The whole body.

    Raises:
        HTTPException: 413 when it is larger than 64 MB, by its header or as it arrives; 400 when it is cut off.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > MAX_BODY_BYTES:
        raise _too_large()
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                raise _too_large()
    except ClientDisconnect as error:
        raise HTTPException(400, "the connection was closed before the body was complete; send it again") from error
    return bytes(body)


def parse_body(body: bytes) -> PredictRequest:
    """Decode and validate a request to predict.

    Raises:
        HTTPException: 422 with what is wrong and where, 400 when it holds no traces.
    """
    if sum(body.count(mark) for mark in (b"[", b"{", b'"')) > _MAX_CONTAINERS:
        raise HTTPException(422, "the body holds too many arrays, objects or strings; send fewer traces a request")
    try:
        decoded = from_json(body)
    except ValueError as error:
        raise HTTPException(422, f"the body is not valid JSON: {error}") from error
    if not isinstance(decoded, dict):
        raise HTTPException(422, "the body must be a JSON object with the key traces")
    try:
        request = PredictRequest.model_validate(decoded)
    except ValidationError as error:
        raise HTTPException(422, _sentence(error.errors(include_url=False, include_input=False)[0])) from None
    if len(request.traces) == 0:
        raise HTTPException(400, "the request has no traces; give at least one")
    return request


def _sentence(problem: Any) -> str:
    """The first problem; a sentence of our own says what is wrong by itself."""
    name = str(problem["loc"][0])[:50] if problem["loc"] else ""  # none where several fields are at odds
    own = problem.get("ctx", {}).get("error")
    if own is not None:
        return str(own) if name in ("traces", "") else f"{name}: {own}"
    message = problem["msg"]
    return f"{name!r}: {message[0].lower()}{message[1:]}"


def _too_large() -> HTTPException:
    limit = MAX_BODY_BYTES // (1024 * 1024)
    return HTTPException(413, f"the body is larger than {limit} MB; send the traces in parts")
