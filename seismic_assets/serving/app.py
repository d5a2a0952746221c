"""The HTTP API in front of a model."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import anyio.to_thread
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.telemetry import TelemetryConfig
from starlette.types import ASGIApp
from threadpoolctl import threadpool_limits

from seismic_assets.registry import Bundle
from seismic_assets.serving import about, asking, feedback, predicting, segy_upload
from seismic_assets.serving.config import ServiceConfig
from seismic_assets.serving.gate import Gate
from seismic_assets.serving.page import page_router
from seismic_assets.serving.ports import ServicePorts
from seismic_assets.serving.problems import install_problem_details
from seismic_assets.serving.service import Service
from seismic_assets.serving.sources import Source
from seismic_assets.serving.tracing import check_tracing, instrument

_SERVICE = "seismic-assets"
# Spans and metrics are our own: FastAPI would ask at each request whether it is to make some.
_OWN: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}


def create_app(
    load: Callable[[], tuple[str, Bundle]] | Source,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    *,
    current: Callable[[], str | None] | None = None,
    poll_seconds: float | None = 5.0,
    second: Source | None = None,
    config: ServiceConfig | None = None,
) -> FastAPI:
    """The application.

    Args:
        load: gives the version and the bundle of the model to serve, or is the `Source` of it; called when the
            application starts, and again when another version is in production. It may raise RegistryError or
            BundleError: the service then goes on with the model it has, or runs without one, and says why at /health.
        clock: gives the time for time stamps, with its zone.
        current: gives the version in production, or None; it may raise RegistryError. Called in a thread of its own,
            which alone calls `load` after the start. Without it the service keeps the model that it started with.
        poll_seconds: seconds between two calls of `current`, up to twelve times as many after failures; 0 or None for
            never.
        second: source of a second model, which is compared with the first.
        config: limits, keys, recording; by default nothing is kept and no key is asked for.

    Raises:
        KeyFileError, ApiKeyError: the keys cannot be read.
        LimitError: the store of the rate limit is not allowed.
        TracingError: tracing is asked for and cannot be had.
    """
    config = config or ServiceConfig()
    if config.otlp_endpoint is not None:
        check_tracing(config.otlp_endpoint)
    source = load if isinstance(load, Source) else Source(load, current)
    service = Service(config, source, second, clock, poll_seconds)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await anyio.to_thread.run_sync(service.start)
        # What was made so far stays: without it among what is searched for garbage, a request does not wait for that.
        gc.collect()
        gc.freeze()
        counting = asyncio.create_task(_keep_counting(service))
        try:
            # Matrices are small here: threads of theirs would cost twice the work, on cores that others wait for.
            with threadpool_limits(limits=1):
                yield
        finally:
            counting.cancel()
            await service.stop()

    # The pages of /docs and /redoc load their scripts from the internet.
    app = _Application(
        title=about.NAME, version=about.VERSION, lifespan=lifespan, docs_url=None, redoc_url=None, telemetry=_OWN
    )
    app.state.service = service
    install_problem_details(app)
    for router in (about.router, predicting.router, segy_upload.router, feedback.router, asking.router):
        app.include_router(router)
    app.include_router(page_router(ServicePorts(service)))
    return app


async def _keep_counting(service: Service) -> None:
    """Show what the recorder counted: a scrape meets one of several workers, and is to know of all."""
    while True:
        await asyncio.sleep(0.5)
        service.metrics.refresh()


class _Application(FastAPI):
    """FastAPI behind the gate: what the gate answers itself does not pass through FastAPI's own middleware."""

    def build_middleware_stack(self) -> ASGIApp:
        """The way of a request: traces, CORS, the gate, then FastAPI."""
        service: Service = self.state.service
        shortcuts = dict.fromkeys(("/v1/predict", "/v1/batch_predict"), predicting.respond)
        way: ASGIApp = Gate(super().build_middleware_stack(), service, shortcuts)
        # Around the gate: a browser asks without a key whether it may ask, and is to be told of refusals too.
        if service.config.cors_origins:
            way = CORSMiddleware(
                way,
                allow_origins=service.config.cors_origins,
                allow_methods=["GET", "POST"],
                allow_headers=["*"],
                expose_headers=[
                    *("X-Request-ID", "X-Shape", "X-Classes", "X-Model-Version", "X-First-Trace-Id", "Retry-After")
                ],
            )
        return instrument(way, service.config.otlp_endpoint, _SERVICE)
