"""A service as a process of its own, and clients that mean it no good, over raw sockets."""

import contextlib
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seismic_assets_tests.inference.building import make_traces
from seismic_assets_tests.serving.metrics.reading import samples

pytestmark = pytest.mark.load

SERVE = """
import sys
from pathlib import Path
import uvicorn
from seismic_assets.registry import load_bundle
from seismic_assets.serving.app import create_app
from seismic_assets.serving.config import Limits, Recording, ServiceConfig

limits = Limits(timeout_seconds=float(sys.argv[3]), upload_seconds=float(sys.argv[3]), waiting=int(sys.argv[4]))
config = ServiceConfig(folder=Path(sys.argv[2]), recording=Recording(), limits=limits)
app = create_app(lambda: ("7", load_bundle(Path(sys.argv[1]))), config=config)
uvicorn.run(app, host="127.0.0.1", port=0, access_log=False, server_header=False, limit_concurrency=900)
"""
GOOD = json.dumps({"traces": make_traces(1, 40).tolist()}).encode()
SLOW_CLIENTS = 12
TAKING = ("/predict", "/predict/segy", "/feedback", "/section")


class Running:
    """The process, where it listens and what it logged."""

    def __init__(self, bundle: Path, folder: Path, timeout_seconds: float, waiting: int) -> None:
        self.log = folder / "log"
        command = [sys.executable, "-c", SERVE, bundle, folder / "serving", timeout_seconds, waiting]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([*map(str, command)], stdout=log, stderr=log)
        self.port = self._port()

    def _port(self) -> int:
        while self.process.poll() is None:
            if found := re.search(r"http://127\.0\.0\.1:(\d+)", self.log.read_text()):
                return int(found[1])
            time.sleep(0.05)
        pytest.fail("the service did not start:\n" + self.log.read_text())

    def connect(self) -> socket.socket:
        """A connection whose reads end after a minute."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def client(self) -> httpx.Client:
        """A client that means well."""
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=60, trust_env=False)


@contextlib.contextmanager
def running(bundle: Path, folder: Path, timeout_seconds: float = 2.0, waiting: int = 48) -> Iterator[Running]:
    started = Running(bundle, folder, timeout_seconds, waiting)
    try:
        yield started
        started.process.send_signal(signal.SIGTERM)
        assert started.process.wait(60) in (0, -signal.SIGTERM)
    finally:
        started.process.kill()
        started.process.wait()


class Trickle(threading.Thread):
    """A client that sends a byte now and then, and begins anew when it is thrown out."""

    def __init__(self, service: Running, ended: threading.Event, path: str) -> None:
        super().__init__(daemon=True)
        self._service, self._ended, self._path = service, ended, path
        self.sent = 0

    def run(self) -> None:
        while not self._ended.is_set():
            with contextlib.suppress(OSError), self._service.connect() as connection:
                connection.sendall(f"POST {self._path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n".encode())
                while not self._ended.wait(0.05):
                    connection.sendall(b"[")
                    self.sent += 1


@contextlib.contextmanager
def trickling(service: Running, count: int, *paths: str) -> Iterator[list[Trickle]]:
    ended = threading.Event()
    clients = [Trickle(service, ended, paths[number % len(paths)]) for number in range(count)]
    for each in clients:
        each.start()
    yield clients
    ended.set()
    for each in clients:
        each.join(30)


def request(
    body: bytes, *headers: str, path: str = "/v1/predict", length: object = None, method: str = "POST"
) -> bytes:
    """The bytes of a request, whose announced length may be a lie."""
    announced = len(body) if length is None else length
    lines = [f"{method} {path} HTTP/1.1", "Host: x", *headers, f"Content-Length: {announced}"]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def chunked(content: bytes, path: str = "/v1/predict") -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode() + content


PATHS = st.sampled_from(
    ["/v1/predict", "/predict", "/v1/predict/segy", "/v1/feedback", "/v1/section", "/v1/reload", "/no"]
)
FORMS = st.sampled_from(
    ["application/json", "application/octet-stream", "application/vnd.apache.arrow.stream", "x/y", ""]
)
deep = st.builds(
    lambda mark, depth, end: b'{"traces": ' + mark * depth + end * depth + b"}",
    st.sampled_from([b"[", b'{"a":', b'[{"a":', b'"', b"[[],"]),
    st.sampled_from([10, 500, 5_000, 100_000]),
    st.sampled_from([b"", b"]", b"}", b"}]"]),
)
numbers = st.builds(
    lambda number: b'{"traces": [[1, ' + number + b"]]}",
    st.sampled_from(
        [b"9" * 400, b"9" * 300_000, b"1e999", b"-1e-99999", b"1" + b"0" * 100_000 + b".5", b"1e" + b"9" * 5000]
    )
    | st.floats().map(lambda number: json.dumps(number).encode())
    | st.integers().map(lambda number: str(number).encode()),
)
bodies = st.one_of(deep, numbers, st.binary(max_size=300), st.just(GOOD))
lengths = st.one_of(
    st.integers(-5, 5).map(lambda more: len(GOOD) + more),
    st.sampled_from([0, -1, 10**30, 2**31, 2**63, "x", "", "+5", "0x10", "5, 6", "1\r\nContent-Length: 2"]),
)
header_lines = st.one_of(
    st.just("X-Shape: " + "9" * 5000),
    st.just("X-Shape: 1,99999999999"),
    st.just("Authorization: Bearer " + "k" * 8000),
    st.just("Accept: " + "text/csv;q=0.1," * 2000),
    st.just("Expect: 100-continue"),
    st.just("Content-Encoding: gzip"),
    st.just("X: " + "x" * 200_000),
    st.just("\r\n".join(f"X-{number}: y" for number in range(5000))),
    st.just("no colon"),
    st.just("X-\x00: \x01"),
    st.just("Upgrade: websocket\r\nConnection: Upgrade"),
    st.text(st.characters(max_codepoint=255), max_size=30).map("X: ".__add__),
)
targets = st.sampled_from(
    [
        "/" + "x" * 100_000,
        "/%00",
        "/%ff%fe",
        "/%",
        "*",
        "//",
        "/v1/../../etc/passwd",
        "http://x/v1/predict",
        "/dashboard/%2e%2e/x",
    ]
)
chunks = st.one_of(
    st.sampled_from(
        [
            b"zz\r\n",
            b"-1\r\n",
            b"ffffffffffffffff\r\nx",
            b"5\r\nabc\r\n0\r\n\r\n",
            b"0\r\n",
            b"5;ext=" + b"x" * 50_000,
            b"\r\n\r\n",
        ]
    ),
    st.binary(max_size=60),
    bodies.map(lambda body: b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"),
    bodies.map(lambda body: b"%x\r\n" % len(body) + body),
)
good_request = request(GOOD, "Content-Type: application/json")
attacks = st.one_of(
    st.builds(lambda body, form, path: request(body, f"Content-Type: {form}", path=path), bodies, FORMS, PATHS),
    st.builds(lambda length, path: request(GOOD, length=length, path=path), lengths, PATHS),
    st.builds(lambda line, path: request(GOOD, line, path=path), header_lines, PATHS),
    st.builds(
        lambda path, method: request(b"", path=path, method=method), targets, st.sampled_from(["GET", "POST", "X" * 99])
    ),
    st.builds(chunked, chunks, PATHS),
    st.just(chunked(b"0\r\n\r\n") + request(GOOD)),
    st.just(request(GOOD, "Transfer-Encoding: chunked")),
    st.integers(0, len(good_request) - 1).map(lambda end: good_request[:end]),
    st.sampled_from(
        [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00", b"\n" * 100_000, b"GET /\r\n\r\n"]
    ),
    st.binary(min_size=1, max_size=200),
)
ENDINGS = st.sampled_from(["close", "reset", "read", "half"])


def attack(service: Running, content: bytes, ending: str) -> None:
    """Send something and go away, politely or not."""
    with contextlib.suppress(OSError), service.connect() as connection:
        connection.settimeout(0.3)
        connection.sendall(content)
        if ending == "half":
            connection.shutdown(socket.SHUT_WR)
        if ending in ("read", "half"):
            while connection.recv(65536):
                pass
        if ending == "reset":
            linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


@pytest.fixture(scope="module")
def attacked(bundle_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service with slow clients at it all the time."""
    folder = tmp_path_factory.mktemp("attacked")
    with running(bundle_folder, folder) as service, trickling(service, SLOW_CLIENTS, *TAKING):
        yield service


def assert_answers(service: Running) -> None:
    with service.client() as client:
        response = client.post("/predict", content=GOOD)
        assert response.status_code == 200, response.text
        assert len(response.json()["predictions"]) == 1


@pytest.mark.parametrize(
    "path",
    TAKING,
)
def test_more_slow_clients_than_places_keep_nobody_out(bundle_folder: Path, tmp_path: Path, path: str) -> None:
    with (
        running(bundle_folder, tmp_path, timeout_seconds=20, waiting=3) as service,
        trickling(service, 8, path) as clients,
    ):
        while min(client.sent for client in clients) < 3:
            time.sleep(0.05)
        assert_answers(service)


@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(content=attacks, ending=ENDINGS)
def test_after_any_attack_the_next_good_request_is_answered(attacked: Running, content: bytes, ending: str) -> None:
    attack(attacked, content, ending)

    assert_answers(attacked)


def test_many_connections_that_say_nothing_keep_nobody_out(attacked: Running) -> None:
    with contextlib.ExitStack() as held:
        for _ in range(300):
            held.enter_context(attacked.connect()).sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\n")
        assert_answers(attacked)
    assert_answers(attacked)


def test_a_client_that_never_reads_its_answers_keeps_nobody_out(attacked: Running) -> None:
    body = json.dumps({"traces": make_traces(200).tolist(), "return_features": True}).encode()
    with contextlib.ExitStack() as held:
        for _ in range(5):
            connection = held.enter_context(attacked.connect())
            connection.settimeout(0.5)
            with contextlib.suppress(OSError):
                for _ in range(20):
                    connection.sendall(request(body))
        assert_answers(attacked)


def test_slow_clients_are_sent_away_in_time(attacked: Running) -> None:
    with attacked.connect() as connection:
        connection.sendall(request(b"[", length=1000))
        answer = b""
        while more := connection.recv(65536):
            answer += more

    assert answer.startswith(b"HTTP/1.1 408")
    assert b"the body was not complete within 2 s" in answer


def test_after_all_of_that_nothing_has_failed(attacked: Running) -> None:
    with attacked.client() as client:
        metrics = samples(client.get("/metrics").text)

    statuses = {
        found[1]
        for name, count in metrics.items()
        if (found := re.match(r"seismic_requests_total\{.*status=(\d+)", name)) and count
    }
    assert {"200", "408", "422"} <= statuses
    assert {status for status in statuses if status >= "500"} <= {"503"}
    assert metrics["seismic_requests_in_flight"] <= SLOW_CLIENTS + 1


def test_after_all_of_that_the_log_holds_no_traceback(attacked: Running) -> None:
    assert "Traceback" not in attacked.log.read_text()
