"""OpenTelemetry: a span for each request, sent to a collector. An extra: without an endpoint nothing is imported."""

from __future__ import annotations

from importlib.metadata import version as version_of
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import anyio.to_thread
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seismic_assets.serving.errors import ServingError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanProcessor

_TRACES_PATH = "/v1/traces"
# Also how much longer a service takes to end whose collector is gone.
_EXPORT_TIMEOUT_SECONDS = 2
_ENDED = ("lifespan.shutdown.complete", "lifespan.shutdown.failed")
_REQUEST_ID = "seismic.request_id"


class TracingError(ServingError):
    """Requests cannot be traced as asked: one sentence."""


def instrument(app: ASGIApp, endpoint: str | None, service_name: str) -> ASGIApp:
    """The application, with a span for each request that is sent to a collector in the background.

    A collector that does not answer costs no request anything; its spans are dropped. The last spans are sent when the
    application has shut down.

    Args:
        app: the application; it sets `request.state.request_id`, which becomes the attribute `seismic.request_id`.
        endpoint: address of a collector that takes OTLP over HTTP, such as `http://localhost:4318`; None for none.
        service_name: how the collector shows the service.

    Raises:
        TracingError: the endpoint is no address, or the packages of the extra `tracing` are missing.
    """
    if endpoint is None:
        return app
    _check(endpoint)
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise _missing(error) from error
    address = endpoint.rstrip("/")
    if not address.endswith(_TRACES_PATH):
        address += _TRACES_PATH
    exporter = OTLPSpanExporter(endpoint=address, timeout=_EXPORT_TIMEOUT_SECONDS)
    return traced(app, provider_for(service_name, BatchSpanProcessor(exporter)))


def provider_for(service_name: str, processor: SpanProcessor) -> TracerProvider:
    """What makes spans in the name of a service and hands them to a processor."""
    from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
    from opentelemetry.sdk.trace import TracerProvider

    resource = Resource.create({SERVICE_NAME: service_name, SERVICE_VERSION: version_of("seismic-assets")})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(processor)
    return provider


def traced(app: ASGIApp, provider: TracerProvider) -> ASGIApp:
    """The application, with a span for each request from a provider.

    Raises:
        TracingError: the packages of the extra `tracing` are missing.
    """
    try:
        from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
    except ImportError as error:
        raise _missing(error) from error
    from opentelemetry.metrics import NoOpMeterProvider

    # Metrics go to Prometheus, and a span for each message of a request would be three times as many.
    wrapped: ASGIApp = OpenTelemetryMiddleware(
        _Spans(app, provider),
        tracer_provider=provider,
        meter_provider=NoOpMeterProvider(),
        exclude_spans=["receive", "send"],
    )
    return wrapped


class _Spans:
    """Puts the id of each request on its span, and sends the last spans before the server ends the process."""

    def __init__(self, app: ASGIApp, provider: TracerProvider) -> None:
        self._app = app
        self._provider = provider

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        from opentelemetry.trace import get_current_span

        span = get_current_span()

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                # Only now: the application itself gives the id.
                span.set_attribute(_REQUEST_ID, scope.get("state", {}).get("request_id", ""))
            elif message["type"] in _ENDED:
                # uvicorn ends by the signal that it got, past what is registered with atexit.
                await anyio.to_thread.run_sync(self._provider.shutdown)
            await send(message)

        await self._app(scope, receive, send_on)


def check_tracing(endpoint: str) -> None:
    """See at the start that requests can be traced.

    Raises:
        TracingError: the endpoint is no address, or the packages of the extra `tracing` are missing.
    """
    _check(endpoint)
    try:
        import opentelemetry.exporter.otlp.proto.http
        import opentelemetry.instrumentation.asgi  # noqa: F401
    except ImportError as error:
        raise _missing(error) from error


def _check(endpoint: str) -> None:
    try:
        parts = urlsplit(endpoint)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 0) >= 0
    except ValueError:
        sound = False
    if not sound:
        raise TracingError("the endpoint of tracing is no address; give one like http://localhost:4318")


def _missing(error: ImportError) -> TracingError:
    return TracingError(
        f"tracing needs packages that are not installed ({error.name}): pip install 'seismic-assets[tracing]', or take "
        "the endpoint of tracing out of the settings"
    )
