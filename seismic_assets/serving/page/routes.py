"""The routes of the page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic_core import to_json

from seismic_assets.inference.predictor import PredictionError, Predictor
from seismic_assets.segy import HeaderMap, SegyError
from seismic_assets.serving.body import read_body
from seismic_assets.serving.forms import Form, parse_request
from seismic_assets.serving.page.lines import Positions
from seismic_assets.serving.page.ports import PagePorts, SectionForm
from seismic_assets.serving.page.predicted import PredictedSection
from seismic_assets.serving.page.sample import SAMPLE_NAME, USUAL_INTERVAL_US, synthetic_line
from seismic_assets.serving.page.schemas import History, SectionAnswer, Status
from seismic_assets.serving.page.section import section_of_file, section_of_traces
from seismic_assets.serving.page.static_files import static_response
from seismic_assets.serving.page.upload import uploaded_file
from seismic_assets.serving.problems import MEDIA_TYPE
from seismic_assets.serving.schemas import PredictRequest
from seismic_assets.serving.schemas_about import Problem

SEGY_TYPES = ("application/octet-stream", "application/x-segy")
_MOST_CALLS, _LONGEST_SEARCH, _FARTHEST_TRACE = 500, 100, 2**31 - 1
_NO_STORE = {"Cache-Control": "no-store"}

_Trace = Annotated[int | None, Query(ge=0, le=_FARTHEST_TRACE)]
_Byte = Annotated[int, Query(ge=1, le=237)]


def page_router(ports: PagePorts) -> APIRouter:
    """The page and what it asks for.

    Args:
        ports: the application that it is part of.
    """
    router = APIRouter()
    _add_page(router)
    _add_section(router, ports)
    _add_figures(router, ports)
    return router


def _add_page(router: APIRouter) -> None:
    @router.get("/dashboard", include_in_schema=False)
    async def page(request: Request) -> Response:
        """The page."""
        return static_response("index.html", request)

    @router.get("/dashboard/{asset:path}", include_in_schema=False)
    async def file_of_page(asset: str, request: Request) -> Response:
        """A file of the page; its address with a slash after it leads to the one without."""
        if not asset:
            return RedirectResponse("../dashboard", 308)
        return static_response(asset, request)


def _add_section(router: APIRouter, ports: PagePorts) -> None:
    @router.post(
        "/v1/section",
        response_model=SectionAnswer,
        responses=_problems(
            {
                400: "no traces, or the upload was cut off",
                408: "the upload was too slow",
                413: "the file is too large",
                415: "neither SEG-Y nor JSON",
                422: "the traces cannot be predicted",
                503: "no model is loaded, or too much is waiting",
                507: "no room for the file",
            }
        ),
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {
                    **{kind: {"schema": {"type": "string", "format": "binary"}} for kind in SEGY_TYPES},
                    "application/json": {"schema": PredictRequest.model_json_schema()},
                },
            }
        },
    )
    async def section(
        request: Request,
        first: _Trace = None,
        last: _Trace = None,
        resample: bool = False,
        inline_byte: _Byte = 189,
        crossline_byte: _Byte = 193,
    ) -> Response:
        """A section with its predicted classes, for drawing: of a SEG-Y file, or of traces as JSON.

        Of a file with more traces than a screen has columns, every so many are shown and predicted; `first` and `last`
        choose a range of its traces, counted from 0. `resample` brings another sample interval to the model's;
        `inline_byte` and `crossline_byte` say where the trace headers of a file keep these numbers.
        """
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in (*SEGY_TYPES, "application/json"):
            raise HTTPException(
                415, f"the content type must be {' or '.join(SEGY_TYPES)} for SEG-Y, or application/json for traces"
            )
        version, predictor = ports.predictor()
        async with ports.upload_place():
            if kind == "application/json":
                form: SectionForm = "json"
                body = await read_body(request, ports.limits.body_bytes, ports.limits.timeout_seconds)
                result, answer = await ports.in_turn(
                    lambda: _answer(version, _section_of_json(predictor, body, resample)),
                )
            else:
                form = "segy"
                limits, mapping = ports.limits, HeaderMap(inline_byte, crossline_byte)
                async with uploaded_file(
                    request, limits.segy_bytes, limits.upload_seconds, ports.upload_folder
                ) as path:
                    result, answer = await ports.in_turn(
                        lambda: _answer(version, _section_of_segy(predictor, path, first, last, resample, mapping)),
                    )
        ports.answered(request, form, version, result)
        return Response(answer, media_type="application/json", headers=_NO_STORE)

    @router.get(
        "/v1/sample",
        response_class=Response,
        responses={200: {"content": {SEGY_TYPES[1]: {"schema": {"type": "string", "format": "binary"}}}}},
    )
    async def sample() -> Response:
        """A small synthetic SEG-Y file with the sample interval of the model; no part of it was measured."""
        content = await anyio.to_thread.run_sync(synthetic_line, _interval_of(ports))
        attached = {"Content-Disposition": f'attachment; filename="{SAMPLE_NAME}"', **_NO_STORE}
        return Response(content, media_type=SEGY_TYPES[1], headers=attached)


def _add_figures(router: APIRouter, ports: PagePorts) -> None:
    @router.get("/v1/history", responses=_problems({422: "a parameter is not valid"}))
    async def history(
        response: Response,
        limit: Annotated[int, Query(ge=1, le=_MOST_CALLS)] = 50,
        search: Annotated[str | None, Query(max_length=_LONGEST_SEARCH)] = None,
    ) -> History:
        """Recent requests for predictions, the latest first; `search` looks in ids, classes, versions and errors."""
        response.headers.update(_NO_STORE)
        wanted = search.strip() if search else None
        calls = await anyio.to_thread.run_sync(ports.history, limit, wanted or None)
        return History.model_validate({"calls": calls})

    @router.get("/v1/status")
    async def status(response: Response) -> Status:
        """How the service is: requests, latency, classes, model, recording, and the latest monitoring report."""
        response.headers.update(_NO_STORE)
        return Status.model_validate(await anyio.to_thread.run_sync(ports.status))


def _problems(sentences: dict[int, str]) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI description of errors by status."""
    content = {MEDIA_TYPE: {"schema": Problem.model_json_schema()}}
    return {status: {"description": sentence, "content": content} for status, sentence in sentences.items()}


def _interval_of(ports: PagePorts) -> int:
    """The sample interval of the model; a file to try helps to find out that there is none, too."""
    try:
        return ports.predictor()[1].bundle.manifest.sample_interval_us
    except HTTPException:
        return USUAL_INTERVAL_US


def _section_of_segy(
    predictor: Predictor, path: Path, first: int | None, last: int | None, resample: bool, mapping: HeaderMap
) -> PredictedSection:
    """The section of an uploaded file.

    Raises:
        HTTPException: 422 with what is wrong with it.
    """
    try:
        return section_of_file(predictor, path, first=first or 0, last=last, resample=resample, mapping=mapping)
    except SegyError as error:
        raise HTTPException(422, f"the file {error.reason}") from error
    except PredictionError as error:
        raise HTTPException(422, str(error)) from error


def _section_of_json(predictor: Predictor, body: bytes, resample: bool) -> PredictedSection:
    """The section of the traces of a `PredictRequest`.

    Raises:
        HTTPException: 400 or 422 with what is wrong.
    """
    asked = parse_request(Form.JSON, {}, body)
    if asked.store_features:
        raise HTTPException(422, "the features of a section are not stored; leave store_features out")
    positions = None
    if asked.inline is not None and asked.crossline is not None:
        positions = Positions.of_numbers(asked.inline, asked.crossline)
    try:
        return section_of_traces(
            predictor,
            asked.traces,
            asked.sample_interval_us or predictor.bundle.manifest.sample_interval_us,
            start_ms=asked.start_ms or 0.0,
            positions=positions,
            scale=asked.amplitude_scale,
            resample=resample,
        )
    except PredictionError as error:
        raise HTTPException(422, str(error)) from error


def _answer(version: str, section: PredictedSection) -> tuple[PredictedSection, bytes]:
    """A section, and its JSON; both in the thread that predicts."""
    return section, to_json({"model_version": version, **section.as_dict()})
