"""The HTTP API in front of a model."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import version as version_of
from typing import Any

import anyio
import anyio.to_thread
from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic_core import to_json

from seismic_assets.registry import Bundle
from seismic_assets.serving.body import parse_body, read_body
from seismic_assets.serving.following import FollowedModel
from seismic_assets.serving.problems import MEDIA_TYPE, install_problem_details
from seismic_assets.serving.schemas import Health, ModelInfo, PredictRequest, PredictResponse, Problem, Welcome
from seismic_assets.serving.served_model import ServedModel
from seismic_assets.serving.telemetry import RequestLog, ServiceMetrics

_NAME, _VERSION = "Seismic trace classification", version_of("seismic-assets")
# Each may hold about a gigabyte for the largest body.
_PREDICTIONS_AT_ONCE = 2
_NO_MODEL = "no model is loaded, GET /health says why; "
_WILL_FOLLOW, _RESTART = "the first one in production is taken up", "restart the service when a model is in production"

_router = APIRouter()


class _Service:
    """The state of one application: the model that it follows, its metrics and its clock."""

    def __init__(self, model: Callable[[ServiceMetrics], FollowedModel], clock: Callable[[], datetime]) -> None:
        self.metrics = ServiceMetrics()
        self.followed = model(self.metrics)
        self.clock = clock

    def loaded(self) -> ServedModel:
        """The model.

        Raises:
            HTTPException: 503, there is none.
        """
        model = self.followed.serving.model
        if model is None:
            raise HTTPException(503, _NO_MODEL + (_WILL_FOLLOW if self.followed.follows else _RESTART))
        return model

    def answer(self, model: ServedModel, body: bytes, request_id: str) -> bytes:
        """The JSON of a `PredictResponse` to the JSON of a `PredictRequest`.

        Raises:
            HTTPException: 400 or 422 with what is wrong.
        """
        started = time.perf_counter()
        predictions = model.predictions(parse_body(body))
        answer = to_json(
            {
                "request_id": request_id,
                "predictions": predictions,
                "timestamp": self.clock(),
                "model_version": model.version,
                "num_features": model.num_features,
            }
        )
        for prediction in predictions:
            self.metrics.predictions.labels(prediction["predicted_class_name"]).inc()
        self.metrics.latency.observe(time.perf_counter() - started)
        return answer


def create_app(
    load: Callable[[], tuple[str, Bundle]],
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    *,
    current: Callable[[], str | None] | None = None,
    poll_seconds: float | None = 5.0,
) -> FastAPI:
    """The application.

    Args:
        load: gives the version and the bundle of the model to serve; called when the application starts, and again
            when another version is in production. It may raise RegistryError or BundleError: the service then goes on
            with the model it has, or runs without one, and says why at /health.
        clock: gives the time for time stamps, with its zone.
        current: gives the version in production, or None; it may raise RegistryError. Called in a thread of its own,
            which alone calls `load` after the start. Without it the service keeps the model that it started with.
        poll_seconds: seconds between two calls of `current`, up to twelve times as many after failures; 0 or None for
            never.
    """

    def followed(metrics: ServiceMetrics) -> FollowedModel:
        return FollowedModel(
            load, current, poll_seconds, on_load=lambda bundle: metrics.expect(bundle.manifest.classes)
        )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.limiter = anyio.CapacityLimiter(_PREDICTIONS_AT_ONCE)
        model = app.state.service.followed
        await anyio.to_thread.run_sync(model.start)
        try:
            yield
        finally:
            await anyio.to_thread.run_sync(model.stop)

    # The pages of /docs and /redoc load their scripts from the internet.
    app = FastAPI(title=_NAME, version=_VERSION, lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.service = _Service(followed, clock)
    app.add_middleware(RequestLog)
    install_problem_details(app)
    app.include_router(_router)
    return app


def _problems(sentences: dict[int, str]) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI description of errors by status."""
    content = {MEDIA_TYPE: {"schema": Problem.model_json_schema()}}
    return {status: {"description": sentence, "content": content} for status, sentence in sentences.items()}


@_router.get("/")
async def welcome() -> Welcome:
    """What this service is and where to go."""
    return Welcome(
        message=_NAME,
        version=_VERSION,
        features=[
            "a class and its probabilities for each window of a trace and for the trace",
            "eight handcrafted attributes and principal components, as in training",
            "no pickle, no files of the client",
        ],
        endpoints={
            "/": "GET: this",
            "/health": "GET: whether a model is loaded",
            "/model_info": "GET: the model and what it takes",
            "/predict": "POST: classify traces",
            "/metrics": "GET: Prometheus metrics",
            "/openapi.json": "GET: the description of this API",
        },
    )


@_router.get("/health")
async def health(request: Request) -> Health:
    """Whether the service can predict. The answer is 200 either way: the process lives.

    A service that predicts is healthy. With a reason beside, its model may not be the one in production: the registry
    does not answer, or the model in production cannot be loaded.
    """
    service: _Service = request.app.state.service
    serving = service.followed.serving
    model = serving.model
    return Health(
        status="degraded" if model is None else "healthy",
        model_loaded=model is not None,
        scaler_loaded=model is not None,
        pca_loaded=model is not None,
        model_type=None if model is None else model.predictor.bundle.manifest.family,
        model_version=None if model is None else model.version,
        num_features=0 if model is None else model.num_features,
        reason=serving.reason,
        timestamp=service.clock(),
    )


@_router.get("/model_info", responses=_problems({503: "no model is loaded"}))
async def model_info(request: Request) -> ModelInfo:
    """The model and what it takes."""
    service: _Service = request.app.state.service
    return service.loaded().info()


@_router.post(
    "/predict",
    response_model=PredictResponse,
    responses=_problems(
        {400: "no traces", 413: "the body is too large", 422: "the body is not valid", 503: "no model is loaded"}
    ),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": PredictRequest.model_json_schema()}},
        }
    },
)
async def predict(request: Request) -> Response:
    """Classify traces. A trace's class is that of the largest mean probability of its windows."""
    service: _Service = request.app.state.service
    model = service.loaded()
    body = await read_body(request)
    # Neither decoding nor predicting may hold up the event loop, and memory bounds how many do so at once.
    answer = await anyio.to_thread.run_sync(
        service.answer, model, body, request.state.request_id, limiter=request.app.state.limiter
    )
    return Response(answer, media_type="application/json")


@_router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Prometheus metrics."""
    service: _Service = request.app.state.service
    return Response(generate_latest(service.metrics.registry), media_type=CONTENT_TYPE_LATEST)
