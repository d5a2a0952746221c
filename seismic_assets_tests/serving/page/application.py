"""A small application around the page: what it needs of the service, kept in memory."""

import socket
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import anyio.to_thread
import uvicorn
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, Response
from starlette.middleware.base import BaseHTTPMiddleware

from seismic_assets.inference import Predictor
from seismic_assets.serving.config import Limits
from seismic_assets.serving.page import PredictedSection, page_router

T = TypeVar("T")
BUCKETS_MS = (1.0, 5.0, 25.0, 100.0, 500.0, 2500.0)
STARTED_AT = "2025-03-01T12:00:00Z"


class InMemory:
    """Ports that remember in memory what was answered."""

    def __init__(self, predictor: Predictor | None, upload_folder: Path | None = None) -> None:
        self.served = predictor
        self.upload_folder = upload_folder
        self.limits = Limits(segy_bytes=4 * 1024 * 1024, timeout_seconds=10)
        self.calls: list[dict[str, Any]] = []
        self.monitoring: dict[str, Any] | None = None
        self.table: bytes = b"trace_index,predicted_class_name\n0,quiet\n"
        self.asked_for_tables: list[tuple[str, str, int]] = []

    def predictor(self) -> tuple[str, Predictor]:
        if self.served is None:
            raise HTTPException(503, "no model is loaded, GET /health says why")
        return "7", self.served

    def upload_place(self) -> AbstractAsyncContextManager[object]:
        return nullcontext()

    async def in_turn(self, work: Callable[[], T]) -> T:
        return await anyio.to_thread.run_sync(work)

    def answered(self, request: Request, method_form: str, version: str, section: PredictedSection) -> None:
        self.calls.insert(
            0,
            {
                "request_id": request.state.request_id,
                "received_at": datetime.now(UTC),
                "endpoint": request.url.path,
                "method_form": method_form,
                "traces": sum(section.trace_classes.values()),
                "windows": section.windows,
                "classes": section.trace_classes,
                "mean_confidence": section.mean_confidence,
                "model_version": version,
                "latency_ms": (time.perf_counter() - request.state.started) * 1000,
                "status": 200,
            },
        )

    def history(self, limit: int, search: str | None) -> list[dict[str, Any]]:
        wanted = (search or "").lower()
        return [call for call in self.calls if wanted in str(call).lower()][:limit]

    def status(self) -> dict[str, Any]:
        classes: Counter[str] = Counter()
        for call in self.calls:
            classes.update(call["classes"])
        below = [(limit, sum(call["latency_ms"] <= limit for call in self.calls)) for limit in BUCKETS_MS]
        return {
            "started_at": STARTED_AT,
            "requests": {"total": len(self.calls), "errors": 0},
            "latency_buckets_ms": [*below, (None, len(self.calls))],
            "classes": dict(classes),
            "model": {"version": "7", "family": "hist_gradient_boosting"},
            "monitoring": self.monitoring,
        }


def application(ports: InMemory, key: str | None = None) -> FastAPI:
    """The page with the endpoints of the service that it asks; with a key, they ask for it."""
    app = FastAPI()
    app.include_router(page_router(ports))

    @app.get("/health")
    async def health() -> dict[str, Any]:
        loaded = ports.served is not None
        reason = None if loaded else "no version of SeismicClassifier is in production; train one"
        return {"model_loaded": loaded, "model_version": "7" if loaded else None, "reason": reason}

    @app.get("/v1/model_info")
    async def model_info() -> dict[str, Any]:
        version, predictor = ports.predictor()
        manifest = predictor.bundle.manifest
        return {
            "model_version": version,
            "model_type": manifest.family,
            "classes": manifest.classes,
            "trained_classes": [manifest.classes[index] for index in manifest.trained_classes],
            "num_features": len(manifest.feature_names),
            "feature_set": manifest.feature_set,
            "window": {"samples": manifest.window_samples, "step": manifest.window_step},
            "sample_interval_us": manifest.sample_interval_us,
            "normalise": manifest.normalise,
        }

    @app.post("/v1/predict/segy")
    @app.post("/v1/predict")
    async def table(request: Request) -> Any:
        body = await request.body()
        ports.asked_for_tables.append((request.url.path, request.headers["accept"], len(body)))
        return Response(ports.table, media_type=request.headers["accept"])

    @app.exception_handler(HTTPException)
    def problem(request: Request, error: HTTPException) -> Response:
        content = {"status": error.status_code, "detail": error.detail}
        return JSONResponse(content, error.status_code, error.headers, "application/problem+json")

    async def identified(request: Request, call_next: Any) -> Any:
        request.state.request_id = str(uuid.uuid4())
        request.state.started = time.perf_counter()
        if key and request.url.path.startswith("/v1") and request.headers.get("authorization") != f"Bearer {key}":
            return problem(request, HTTPException(401, "the request has no key; send Authorization: Bearer KEY"))
        return await call_next(request)

    app.add_middleware(BaseHTTPMiddleware, dispatch=identified)
    return app


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The application on a free port of this machine until the block ends; yields its address."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()  # at once, so that a page that is opened before the server runs waits and is not refused
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
