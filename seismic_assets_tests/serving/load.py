"""`seismic serve` as it runs, and clients that ask it without pause and check every answer."""

import contextlib
import http.client
import json
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx
import numpy as np
import psutil
from prometheus_client.parser import text_string_to_metric_families

from seismic_assets.inference import Predictor
from seismic_assets.registry import Bundle
from seismic_assets_tests.commands import SEISMIC, environment
from seismic_assets_tests.inference.building import INTERVAL_US, make_traces
from seismic_assets_tests.ports import free_port

_PATIENCE = 90.0
_MOST_OF_A_LOG = 4000
_PROBLEM = "application/problem+json"
_RAW = "application/octet-stream"
# JSON has seven digits, and the last bit of a float32 depends on where in memory an array begins.
_TOLERANCE = 1e-6


def wait_until(reached: Callable[[], object], what: Callable[[], object] = lambda: "") -> None:
    """Until it is so; after a minute and a half the test fails and says what it saw."""
    deadline = time.monotonic() + _PATIENCE
    while not reached():
        assert time.monotonic() < deadline, what()
        time.sleep(0.02)


class Questions:
    """Requests, and what each version of a model must answer to them.

    Attributes:
        traces: (n, num_samples) float32 of each request.
    """

    def __init__(self, counts: Sequence[int] = (1, 1, 1, 2, 5), num_samples: int = 100) -> None:
        self.traces = [make_traces(count, num_samples, seed) for seed, count in enumerate(counts)]
        self._right: dict[str, list[np.ndarray]] = {}

    def know(self, version: str, bundle: Bundle) -> Self:
        """Work out what a version answers, apart from the service."""
        predictor = Predictor(bundle, threads=1)
        self._right[version] = [predictor.predict(each, INTERVAL_US).probabilities for each in self.traces]
        return self

    def all_differ(self) -> bool:
        """Whether no two versions answer any request alike, so that each answer tells its version."""
        answers = list(self._right.values())
        return all(
            np.abs(one - other).max() > 100 * _TOLERANCE
            for place, first in enumerate(answers)
            for second in answers[place + 1 :]
            for one, other in zip(first, second, strict=True)
        )

    def raw(self, number: int) -> tuple[bytes, dict[str, str]]:
        """Body and headers of a request as raw float32."""
        traces = self.traces[number]
        return traces.tobytes(), {"Content-Type": _RAW, "X-Shape": ",".join(map(str, traces.shape))}

    def json(self, number: int) -> tuple[bytes, dict[str, str]]:
        """Body and headers of a request as JSON."""
        return json.dumps({"traces": self.traces[number].tolist()}).encode(), {"Content-Type": "application/json"}

    def wrong(self, number: int, version: str, probabilities: np.ndarray) -> str | None:
        """What is wrong with the probabilities that a version gave, or None."""
        if version not in self._right:
            return f"there is no version {version!r}"
        right = self._right[version][number]
        if probabilities.shape != right.shape:
            return f"the shape is {probabilities.shape}, not {right.shape}"
        furthest = float(np.abs(probabilities - right).max())
        return f"off by {furthest}" if furthest > _TOLERANCE else None


@dataclass(frozen=True)
class Outcome:
    """What became of one request.

    Attributes:
        status: of the answer; None where the connection broke before one came.
        request_id: that the answer names.
        version: of the model that answered.
        port: of the client's end.
        ended: when it was known, on the monotonic clock.
        wrong: what is wrong with the answer; None where nothing is.
    """

    status: int | None
    request_id: str
    version: str
    port: int
    ended: float
    wrong: str | None


class Client:
    """Asks over one connection at a time, and checks what comes back."""

    def __init__(self, port: int, questions: Questions) -> None:
        self._questions = questions
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)

    @property
    def port(self) -> int:
        """Of this end of the connection; 0 where there is none."""
        return int(self._connection.sock.getsockname()[1]) if self._connection.sock is not None else 0

    def ask(self, number: int, as_json: bool = False) -> Outcome:
        """Ask one of the questions."""
        port = self.port
        try:
            if self._connection.sock is None:
                self._connection.connect()
                port = self.port
            body, headers = self._questions.json(number) if as_json else self._questions.raw(number)
            self._connection.request("POST", "/v1/predict", body, headers)
            response = self._connection.getresponse()
            content = response.read()
        except TimeoutError:
            self.close()
            return Outcome(None, "", "", port, time.monotonic(), f"no answer within {_PATIENCE:g} s")
        except (OSError, http.client.HTTPException):
            self.close()
            return Outcome(None, "", "", port, time.monotonic(), None)
        request_id = response.headers["X-Request-ID"] or ""
        if response.status == 200:
            version, wrong = self._check(number, as_json, request_id, response, content)
        else:
            version, wrong = "", _wrong_with_problem(response, request_id, content)
        return Outcome(response.status, request_id, version, port, time.monotonic(), wrong)

    def close(self) -> None:
        """End the connection; the next question makes another one."""
        self._connection.close()

    def _check(
        self, number: int, as_json: bool, request_id: str, response: http.client.HTTPResponse, content: bytes
    ) -> tuple[str, str | None]:
        if not as_json:
            version = response.headers["X-Model-Version"]
            shape = tuple(map(int, response.headers["X-Shape"].split(",")))
            return version, self._questions.wrong(number, version, np.frombuffer(content, "<f4").reshape(shape))
        answer = json.loads(content)
        version = answer["model_version"]
        if answer["request_id"] != request_id:
            return version, "the body and the headers name different ids"
        windows = [
            [list(window["probabilities"].values()) for window in trace["windows"]] for trace in answer["predictions"]
        ]
        return version, self._questions.wrong(number, version, np.array(windows))


def _wrong_with_problem(response: http.client.HTTPResponse, request_id: str, content: bytes) -> str | None:
    if response.headers["Content-Type"] != _PROBLEM:
        return f"{response.status} is no problem: {content[:200]!r}"
    problem = json.loads(content)
    if (problem["status"], problem["instance"]) != (response.status, f"urn:uuid:{request_id}"):
        return f"the problem is of another request: {problem}"
    if response.status == 503 and int(response.headers["Retry-After"] or 0) < 1:
        return "503 without a time to come back"
    return None


class Load:
    """Clients that ask without pause while the block runs.

    Each takes a new connection now and then, so that all workers get some.

    Attributes:
        outcomes: in the order in which they came, of all clients.
    """

    def __init__(self, port: int, questions: Questions, clients: int = 6, per_connection: int = 20) -> None:
        self.outcomes: list[Outcome] = []
        self._port = port
        self._questions = questions
        self._per_connection = per_connection
        self._ended = threading.Event()
        self._faults: list[BaseException] = []
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(clients)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(_PATIENCE)
        if self._faults:
            raise self._faults[0]

    def wait_for(self, more: int, status: int = 200) -> None:
        """Until so many more requests have ended with a status."""
        before = len(self.outcomes)
        wait_until(
            lambda: sum(each.status == status for each in self.outcomes[before:]) >= more,
            lambda: Counter(each.status for each in self.outcomes[before:]),
        )

    def _run(self, number: int) -> None:
        client = Client(self._port, self._questions)
        asked = number
        try:
            while not self._ended.is_set():
                outcome = client.ask(asked % len(self._questions.traces), as_json=asked % 4 == 0)
                self.outcomes.append(outcome)
                asked += 1
                if outcome.status is None:
                    self._ended.wait(0.02)
                elif asked % self._per_connection == 0:
                    client.close()
        except (AssertionError, ValueError, KeyError, TypeError) as fault:
            self._faults.append(fault)
        finally:
            client.close()


def wrong_answers(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Answers that are not what they ought to be."""
    return [each for each in outcomes if each.wrong is not None]


def statuses(outcomes: Sequence[Outcome]) -> Counter[int | None]:
    """How many requests ended with which status; None is a broken connection."""
    return Counter(each.status for each in outcomes)


def answered(outcomes: Sequence[Outcome]) -> set[str]:
    """Ids of the requests that got any answer."""
    return {each.request_id for each in outcomes if each.status is not None}


class Service:
    """`seismic serve` as a process of its own on the loopback interface.

    Attributes:
        port: that it listens at.
        process: that was started; with several workers their parent.
    """

    def __init__(self, root: Path, model: str | Path, log: Path, workers: int, settings: dict[str, str]) -> None:
        self.port = free_port()
        self._log = log
        self._workers = workers
        command = [SEISMIC, "serve", "--storage-root", root, "--model", model, "--workers", workers]
        # Staging logs what happens, and not each step.
        given = {"env": "staging", "api_rate_per_minute": "0", "model_poll_seconds": "0.2", **settings}
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                [*map(str, command), "--port", str(self.port)],
                stdout=file,
                stderr=file,
                env={**environment(**given), "OMP_NUM_THREADS": "1"},
            )
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=_PATIENCE, trust_env=False)

    def wait_for_start(self, models: int | None = None) -> None:
        """Until each worker has a model, or so many were loaded in all."""
        wanted = models or self._workers
        wait_until(lambda: self._alive() and self.logged("model loaded") >= wanted, self.said)
        wait_until(self._answers, self.said)

    def logged(self, event: str) -> int:
        """How often the log names an event."""
        return self._log.read_text().count(f'"event": "{event}"')

    def said(self) -> str:
        """The end of the log, without its lines of requests."""
        lines = [line for line in self._log.read_text().splitlines() if '"event": "request"' not in line]
        return "\n".join(lines)[-_MOST_OF_A_LOG:]

    def workers(self) -> list[psutil.Process]:
        """The processes that serve."""
        own = psutil.Process(self.process.pid)
        return [child for child in own.children() if _serves(child)] if self._workers > 1 else [own]

    def health(self) -> dict[str, Any]:
        """What one of the workers says of itself."""
        return dict(self.get("/v1/health").json())

    def get(self, path: str) -> httpx.Response:
        """An answer over a new connection, and so of any worker."""
        return self._http.get(path, headers={"Connection": "close"})

    def post(self, path: str, content: bytes = b"", **headers: str) -> httpx.Response:
        """The same, to a request with a body."""
        return self._http.post(path, content=content, headers={"Connection": "close", **headers})

    def metric(self, name: str, **labels: str) -> float:
        """The sum of the samples of a metric that have these labels."""
        families = text_string_to_metric_families(self.get("/v1/metrics").text)
        samples = [sample for family in families for sample in family.samples if sample.name == name]
        return sum(each.value for each in samples if labels.items() <= each.labels.items())

    def from_each_worker(self, path: str) -> list[dict[str, Any]]:
        """What every worker answers to a GET."""
        answers: dict[int, dict[str, Any]] = {}
        wanted = {worker.pid for worker in self.workers()}

        def ask() -> bool:
            with httpx.Client(base_url=self._http.base_url, timeout=_PATIENCE, trust_env=False) as client:
                response = client.get(path)
                stream = response.extensions["network_stream"]
                port = stream.get_extra_info("client_addr")[1]
                worker = next((each.pid for each in self.workers() if port in ports_of(each)), None)
            if worker is not None:
                answers[worker] = response.json()
            return wanted <= set(answers)

        wait_until(ask, lambda: f"{answers.keys()} of {wanted} answered")
        return [answers[each] for each in wanted]

    def stop(self) -> int:
        """Ask it to end, and wait for it; the exit status, 0 also where uvicorn raises the signal again at its end."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(_PATIENCE)
        return 0 if status == -signal.SIGTERM else status

    def end(self) -> None:
        """End it, whatever its state."""
        self._http.close()
        if self.process.poll() is None:  # asked first: the parent of the workers has a folder to remove
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.stop()
        with contextlib.suppress(psutil.NoSuchProcess):
            everyone = psutil.Process(self.process.pid)
            for each in [everyone, *everyone.children(recursive=True)]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    each.kill()
        self.process.wait(_PATIENCE)

    def _alive(self) -> bool:
        assert self.process.poll() is None, self.said()
        return True

    def _answers(self) -> bool:
        try:
            return self.get("/v1/health").status_code == 200
        except httpx.TransportError:
            return False


@contextlib.contextmanager
def serving(root: Path, model: str | Path, log: Path, workers: int = 2, **settings: str) -> Iterator[Service]:
    """A service that is up; it is ended with the block."""
    service = Service(root, model, log, workers, settings)
    try:
        service.wait_for_start()
        yield service
    finally:
        service.end()


def ports_of(worker: psutil.Process) -> set[int]:
    """The clients' ports of the connections that a process holds."""
    return {each.raddr.port for each in worker.net_connections("tcp") if each.raddr}


def _serves(child: psutil.Process) -> bool:
    """The parent has a helper of Python's own beside the workers."""
    try:
        return any("spawn_main" in part for part in child.cmdline())
    except psutil.Error:
        return False
