"""Whether a service answers, as the health checks of containers ask."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from seismic_assets.alive import NotAlive, check_alive
from seismic_assets_tests.commands import seismic
from seismic_assets_tests.ports import free_port


@contextmanager
def http_service(status: int) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/health"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def grpc_service(status: int) -> Iterator[str]:
    """A server that speaks of its health under the name that Dagster's has."""
    servicer = health.HealthServicer()
    servicer.set("DagsterApi", status)
    server = grpc.server(ThreadPoolExecutor(2))
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"grpc://127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


@pytest.mark.parametrize("status", [200, 204])
def test_a_service_that_answers_is_alive(status: int) -> None:
    with http_service(status) as address:
        check_alive(address)


@pytest.mark.parametrize("status", [404, 500, 503])
def test_a_service_that_answers_with_an_error_is_not(status: int) -> None:
    with http_service(status) as address, pytest.raises(NotAlive, match=str(status)):
        check_alive(address)


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    with http_service(200) as address:
        check_alive(address)


def test_a_grpc_server_says_itself_whether_it_serves() -> None:
    with grpc_service(health_pb2.HealthCheckResponse.SERVING) as address:
        check_alive(address)
    with (
        grpc_service(health_pb2.HealthCheckResponse.NOT_SERVING) as address,
        pytest.raises(NotAlive, match="not serve"),
    ):
        check_alive(address)


@pytest.mark.parametrize("scheme", ["http", "grpc"])
def test_where_nobody_listens_nobody_is_alive(scheme: str) -> None:
    with pytest.raises(NotAlive, match="does not answer"):
        check_alive(f"{scheme}://127.0.0.1:{free_port()}")


@pytest.mark.parametrize("address", ["127.0.0.1:80", "file:///etc/passwd", ""])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(NotAlive, match="is no address"):
        check_alive(address)


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_exit_status_tells(status: int, code: int) -> None:
    with http_service(status) as address:
        done = subprocess.run(
            [sys.executable, "-m", "seismic_assets.alive", address], capture_output=True, text=True, check=False
        )
    assert done.returncode == code
    assert len(done.stderr.splitlines()) == code


def test_no_daemon_is_alive_where_there_is_no_deployment(tmp_path: object) -> None:
    done = seismic("dagster", "alive", "--storage-root", f"{tmp_path}/none")

    assert done.returncode == 2
    assert "does not exist" in done.stderr


def test_a_daemon_that_never_ran_is_not_alive(tmp_path: object) -> None:
    done = seismic("dagster", "alive", "--storage-root", str(tmp_path))

    assert done.returncode == 1
    assert "not running" in done.stdout
