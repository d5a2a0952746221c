"""Spans of requests, in memory and at a collector."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from seismic_assets.serving.tracing import TracingError, instrument, provider_for, traced
from seismic_assets_tests.extras import require


class GivesId:
    """Gives each request an id, as the service does."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope.setdefault("state", {})["request_id"] = "0195-the-id"
        await self._app(scope, receive, send)


@pytest.fixture
def app() -> Starlette:
    async def predict(request: Request) -> PlainTextResponse:
        return PlainTextResponse(f"{len(await request.body())}")

    app = Starlette(routes=[Route("/predict", predict, methods=["POST"])])
    app.add_middleware(GivesId)
    return app


class Collector(HTTPServer):
    """Takes OTLP over HTTP on a port of the loopback interface."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.endpoint = f"http://127.0.0.1:{self.server_port}"
        self.received: list[tuple[str, bytes]] = []


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Collector)
        self.server.received.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_each_request_is_one_span_with_its_id_and_without_headers_or_body(app: Starlette) -> None:
    require("opentelemetry.instrumentation.asgi", "tracing")
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    client = TestClient(traced(app, provider_for("north survey", SimpleSpanProcessor(exporter))))

    answer = client.post("/predict", content=b"12345", headers={"Authorization": "Bearer sk_secret"})

    assert answer.text == "5"
    (span,) = exporter.get_finished_spans()
    assert span.attributes is not None
    assert span.attributes["seismic.request_id"] == "0195-the-id"
    assert span.attributes["http.status_code"] == 200
    assert span.resource.attributes["service.name"] == "north survey"
    assert "secret" not in span.to_json()


def test_spans_reach_a_collector_before_the_service_ends(app: Starlette, collector: Collector) -> None:
    require("opentelemetry.exporter.otlp.proto.http", "tracing")
    require("opentelemetry.instrumentation.asgi", "tracing")
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    with TestClient(instrument(app, collector.endpoint, "north survey")) as client:
        client.post("/predict", content=b"1")

    path, body = collector.received[0]
    spans = ExportTraceServiceRequest.FromString(body).resource_spans[0].scope_spans[0].spans
    assert path == "/v1/traces"
    assert "0195-the-id" in {attribute.value.string_value for attribute in spans[0].attributes}


def test_a_collector_that_is_not_there_costs_no_answer(app: Starlette) -> None:
    require("opentelemetry.exporter.otlp.proto.http", "tracing")
    require("opentelemetry.instrumentation.asgi", "tracing")

    with TestClient(instrument(app, "http://127.0.0.1:9", "north survey")) as client:
        statuses = [client.post("/predict", content=b"1").status_code for _ in range(3)]

    assert statuses == [200] * 3


def test_without_an_endpoint_nothing_happens(app: Starlette) -> None:
    assert instrument(app, None, "north survey") is app


@pytest.mark.parametrize("endpoint", ["", "collector:4318", "grpc://secret@collector:4317", "http://secret:port"])
def test_an_endpoint_that_is_no_address_is_refused_and_not_repeated(app: Starlette, endpoint: str) -> None:
    with pytest.raises(TracingError, match="http://localhost:4318") as error:
        instrument(app, endpoint, "north survey")

    assert "secret" not in str(error.value)


def test_without_the_packages_a_sentence_says_what_to_install() -> None:
    script = (
        "import sys\n"
        "from seismic_assets.serving.tracing import TracingError, instrument\n"
        "instrument(print, None, 'north survey')\n"
        "assert not {'opentelemetry.sdk', 'opentelemetry.exporter'} & sys.modules.keys(), 'imported without need'\n"
        "sys.modules['opentelemetry.exporter'] = None  # as if it were not installed\n"
        "try:\n"
        "    instrument(print, 'http://localhost:4318', 'north survey')\n"
        "except TracingError as error:\n"
        "    print(error)"
    )

    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout

    assert "pip install 'seismic-assets[tracing]'" in said
