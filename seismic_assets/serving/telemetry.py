"""What an operator sees: a log line a request, and Prometheus metrics."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable
from urllib.parse import quote

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_log = structlog.get_logger(__name__)
_LONGEST_PATH = 200


class ServiceMetrics:
    """The metrics of one application, in a registry of its own.

    Attributes:
        registry: what `GET /metrics` shows.
        predictions: traces answered, by the name of their class.
        latency: seconds from the whole body to the whole answer, of answered requests.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.predictions = Counter(
            "seismic_predictions", "Traces classified.", ["predicted_class"], registry=self.registry
        )
        self.latency = Histogram(
            "seismic_prediction_latency_seconds", "Time to answer a request to predict.", registry=self.registry
        )

    def expect(self, classes: Iterable[str]) -> None:
        """Show each class with 0 before its first prediction, so that a rate can be taken."""
        for name in classes:
            self.predictions.labels(name)


class RequestLog:
    """Gives each request an id and logs its method, path, status and milliseconds; never a body, query or header."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request; the id is in `request.state.request_id` and in the header X-Request-ID."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = str(uuid.uuid4())
        scope.setdefault("state", {})["request_id"] = request_id
        status, started = 500, time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            _log.info(
                "request",
                request_id=request_id,
                method=scope["method"],
                path=_path(scope),
                status=status,
                milliseconds=round((time.perf_counter() - started) * 1000, 3),
            )


def _path(scope: Scope) -> str:
    """The path percent-encoded, so that it cannot forge a line of the log."""
    return quote(scope["path"])[:_LONGEST_PATH]
