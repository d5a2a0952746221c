"""The exporter's answers over HTTP."""

from __future__ import annotations

import threading
import time

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

_WELCOME = "Metrics of the seismic pipeline: /metrics\n"
_SECONDS = 5.0


class CachedExposition:
    """The text of a registry, made anew when it is some seconds old: scraping often, or by several, costs once."""

    def __init__(self, registry: CollectorRegistry, seconds: float = _SECONDS) -> None:
        self._registry = registry
        self._seconds = seconds
        self._lock = threading.Lock()
        self._text = b""
        self._made_at = float("-inf")

    def text(self) -> bytes:
        """The text; who asks while it is made waits for it."""
        with self._lock:
            if time.monotonic() - self._made_at >= self._seconds:
                self._text = generate_latest(self._registry)
                self._made_at = time.monotonic()
            return self._text


def exporter_app(registry: CollectorRegistry, seconds: float = _SECONDS) -> Starlette:
    """An application that answers GET /metrics with a registry's metrics, at most `seconds` old."""
    exposition = CachedExposition(registry, seconds)

    # Not async: they run in a thread, as a look at the pipeline takes its time.
    def metrics(_: Request) -> Response:
        return Response(exposition.text(), media_type=CONTENT_TYPE_LATEST)

    def health(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    def welcome(_: Request) -> Response:
        return PlainTextResponse(_WELCOME)

    return Starlette(
        routes=[Route("/", welcome), Route("/metrics", metrics), Route("/health", health)],
    )
