"""The service under load while things go wrong: every answer right, every accepted request kept, every failure counted.

The parts are the real ones: `seismic serve` with its workers, MLflow, Delta tables and, where a disk runs full, a disk.
"""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from seismic_assets.deployment import registry_of
from seismic_assets.registry import Bundle, ModelRegistry
from seismic_assets.settings import load_settings
from seismic_assets_tests.commands import environment
from seismic_assets_tests.inference.building import build_bundle
from seismic_assets_tests.ports import free_port
from seismic_assets_tests.registry.building import add_version
from seismic_assets_tests.serving.load import (
    Load,
    Outcome,
    Questions,
    Service,
    answered,
    ports_of,
    serving,
    statuses,
    wait_until,
    wrong_answers,
)
from seismic_assets_tests.serving.recording.building import rows_of
from seismic_assets_tests.small_disk import fill, small_disk

pytestmark = pytest.mark.load

PREDICT = {"endpoint": "/v1/predict"}
FAMILIES = {"1": "logistic_regression", "2": "hist_gradient_boosting"}
# A commit a second, and the time that one takes on a busy machine.
SECONDS_AT_RISK = 5.0


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Bundle]]:
    """The folder of two bundles, named as their versions are, and the bundles."""
    folder = tmp_path_factory.mktemp("models")
    return folder, {version: build_bundle(folder / version, family) for version, family in FAMILIES.items()}


@pytest.fixture(scope="module")
def questions(models: tuple[Path, dict[str, Bundle]]) -> Questions:
    """What both versions answer, which is never the same."""
    known = Questions()
    for version, bundle in models[1].items():
        known.know(version, bundle)
    assert known.all_differ()
    return known


@pytest.fixture(scope="module")
def registered(models: tuple[Path, dict[str, Bundle]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A storage root whose registry has both versions; MLflow takes seconds to make one."""
    root = tmp_path_factory.mktemp("registered")
    register(registry_of(load_settings(storage_root=root)), models[0])
    return root


@pytest.fixture
def registry(registered: Path) -> ModelRegistry:
    """The same, with version 1 in production."""
    known = registry_of(load_settings(storage_root=registered))
    known.promote("1", by="the test")
    return known


def register(registry: ModelRegistry, bundles: Path) -> None:
    for version in FAMILIES:
        assert add_version(registry, bundles / version) == version
    registry.promote("1", by="the test")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "service.log"


@pytest.fixture
def bundle(models: tuple[Path, dict[str, Bundle]]) -> Path:
    """A bundle to be served from its folder."""
    return models[0] / "1"


def questions_to(service: Service, models: tuple[Path, dict[str, Bundle]], **how: int | tuple[int, ...]) -> Questions:
    """Questions to a service of the first bundle's folder, whose version has a name of its own."""
    return Questions(**how).know(service.health()["model_version"], models[1]["1"])  # type: ignore[arg-type]


def versions(outcomes: list[Outcome]) -> set[str]:
    return {each.version for each in outcomes if each.status == 200}


def rows(root: Path) -> list[str]:
    """Ids in the inference table."""
    return list(rows_of(root / "serving")["request_id"])


def lost_in_metrics(service: Service) -> float:
    return service.metric("seismic_recorder_calls_total", outcome="lost")


def lost_in_file(root: Path) -> int:
    path = root / "serving" / "losses.jsonl"
    return sum(json.loads(line)["lost"] for line in path.read_text().splitlines()) if path.exists() else 0


def check_what_is_counted_as_lost(service: Service, root: Path, before: float = 0) -> int:
    """Rows that services say were lost, in their metrics as in their file, beside those of the service before."""
    wait_until(lambda: before + lost_in_metrics(service) == lost_in_file(root), service.said)
    # Each worker adds its counts once a second: were two of them to count the same rows, it would show by then.
    time.sleep(2)
    assert before + lost_in_metrics(service) == lost_in_file(root)
    return lost_in_file(root)


# --- the model is swapped


def test_promotions_rollbacks_and_reloads_fail_no_request_and_all_workers_follow(
    registered: Path, registry: ModelRegistry, questions: Questions, log: Path
) -> None:
    # Nobody waits for the next look: in the tests of a registry that is away, looks are what follows.
    with serving(registered, "production", log, model_poll_seconds="600") as service:
        with Load(service.port, questions) as load:
            load.wait_for(50)
            # On a busy machine MLflow takes so long to import that a start is counted as one without the registry.
            failed = service.metric("seismic_model_reloads_total", outcome="failed")
            for move in (lambda: registry.promote("2", by="the test"), lambda: registry.rollback(by="the test")) * 2:
                before = versions(load.outcomes[-30:])
                move()
                now = registry.version_of()
                load.wait_for(30)
                assert versions(load.outcomes[-20:]) == before != {now}
                assert service.post("/v1/reload").json()["model_version"] == now
                wait_until(lambda: all_serve(service, now), service.said)  # noqa: B023
                load.wait_for(50)
                assert versions(load.outcomes[-30:]) == {now}
        assert service.metric("seismic_model_reloads_total", outcome="loaded") == 2 * (1 + 4)
        assert service.metric("seismic_model_reloads_total", outcome="failed") == failed
        assert service.stop() == 0

    assert wrong_answers(load.outcomes) == []
    assert set(statuses(load.outcomes)) == {200}
    assert versions(load.outcomes) == {"1", "2"}
    assert answered(load.outcomes) <= set(rows(registered))


def all_serve(service: Service, version: str | None, reason: str = "") -> bool:
    """Whether every worker serves a version, and says this of it; by default nothing."""
    answers = service.from_each_worker("/v1/health")
    return all(
        each["model_version"] == version and (reason in (each["reason"] or "") if reason else each["reason"] is None)
        for each in answers
    )


# --- a worker is killed


def kill_one_that_answers(service: Service, load: Load) -> tuple[psutil.Process, set[int], float]:
    """Kill a worker while clients wait for it; the worker, its clients' ports, and when."""
    worker = next(each for each in service.workers())
    wait_until(lambda: ports_of(worker) & {each.port for each in load.outcomes[-20:]})
    # Stopped first: it takes no new connection between the look at them and its end.
    worker.suspend()
    ports = ports_of(worker)
    when = time.monotonic()
    worker.kill()
    return worker, ports, when


def test_a_killed_worker_fails_its_own_connections_only_and_the_rows_it_took_along_are_counted(
    tmp_path: Path, bundle: Path, models: tuple[Path, dict[str, Bundle]], log: Path
) -> None:
    root = tmp_path / "store"
    with serving(root, bundle, log) as service:
        questions = questions_to(service, models)
        with Load(service.port, questions) as load:
            load.wait_for(300)
            killed, ports, when = kill_one_that_answers(service, load)
            load.wait_for(100)
            assert service.metric("seismic_requests_total", status="200", **PREDICT) > 0
            wait_until(lambda: len(service.workers()) == 2 and service.logged("model loaded") == 3, service.said)
            load.wait_for(100)
            service.from_each_worker("/v1/health")
        assert killed.pid not in {each.pid for each in service.workers()}
        seen = statuses(load.outcomes)
        # A worker counts before the client has the answer, but for the one that was killed in between.
        counted = service.metric("seismic_requests_total", status="200", **PREDICT)
        assert 0 <= seen[200] - counted + len(ports) <= 2 * len(ports)
        counted_already = check_what_is_counted_as_lost(service, root)
        assert service.stop() == 0

    assert wrong_answers(load.outcomes) == []
    assert set(seen) == {200, None}
    assert {each.port for each in load.outcomes if each.status is None} <= ports

    # What it had taken and not written is counted by the worker that took its place, or else by the next service.
    left = list((root / "serving" / "tally").iterdir())
    with serving(root, bundle, tmp_path / "again.log") as service:
        wait_until(lambda: not any(each.exists() for each in left))
        counted_lost = check_what_is_counted_as_lost(service, root, counted_already)
    written = rows(root)
    missing = [each for each in load.outcomes if each.status == 200 and each.request_id not in set(written)]
    assert len(written) == len(set(written))
    # An answer may be on its way before its row is taken, or its row be taken and the answer never arrive.
    assert abs(len(missing) - counted_lost) <= len(ports)
    assert all(when - SECONDS_AT_RISK < each.ended < when + 1 for each in missing)


# --- the queue is full


def test_what_is_beyond_the_queue_is_refused_and_counted_as_the_clients_saw_it(
    tmp_path: Path, bundle: Path, models: tuple[Path, dict[str, Bundle]], log: Path
) -> None:
    root = tmp_path / "store"
    with serving(root, bundle, log, api_max_waiting="3") as service:
        # Bodies of 200 kB, which are worked on in threads, beside small ones.
        questions = questions_to(service, models, counts=(1, 2, 500, 500))
        with Load(service.port, questions, clients=24) as load:
            load.wait_for(60)
            load.wait_for(60, status=503)
        seen = statuses(load.outcomes)
        assert set(seen) == {200, 503}
        assert wrong_answers(load.outcomes) == []
        for status in (200, 503):
            wait_until(
                lambda: service.metric("seismic_requests_total", status=str(status), **PREDICT) == seen[status]  # noqa: B023
            )
        assert service.metric("seismic_request_errors_total", **PREDICT) == seen[503]
        assert service.metric("seismic_rejected_total", reason="queue_full") == seen[503]
        assert service.metric("seismic_rejected_total") == seen[503]
        assert service.metric("seismic_requests_waiting") == 0
        assert service.stop() == 0

    table = rows_of(root / "serving")
    assert set(table["request_id"]) == answered(load.outcomes)
    assert dict(table["status"].value_counts().iter_rows()) == dict(seen)


def begin(port: int, questions: Questions, number: int) -> tuple[socket.socket, bytes]:
    """A connection over which half a request has been sent, and the other half."""
    body, headers = questions.raw(number)
    lines = [f"{name}: {value}" for name, value in {**headers, "Content-Length": str(len(body))}.items()]
    head = "\r\n".join(["POST /v1/predict HTTP/1.1", "Host: test", *lines, "", ""]).encode()
    client = socket.create_connection(("127.0.0.1", port), timeout=60)
    client.sendall(head + body[: len(body) // 2])
    return client, body[len(body) // 2 :]


def status_of(client: socket.socket) -> int:
    """The status of the answer on a connection; 0 where it ended without one."""
    line = client.makefile("rb").readline()
    return int(line.split()[1]) if line else 0


def test_clients_that_never_finish_keep_nobody_out_and_are_sent_away_and_counted(
    tmp_path: Path, bundle: Path, models: tuple[Path, dict[str, Bundle]], log: Path
) -> None:
    root = tmp_path / "store"
    with serving(root, bundle, log, workers=1, api_max_waiting="4", api_timeout_s="8") as service:
        questions = questions_to(service, models)
        slow = [begin(service.port, questions, 0)[0] for _ in range(12)]
        wait_until(lambda: service.metric("seismic_requests_in_flight") == 13)  # with the one that asks
        with Load(service.port, questions, clients=2) as load:
            assert [status_of(each) for each in slow] == [408] * 12
        assert wrong_answers(load.outcomes) == []
        assert set(statuses(load.outcomes)) == {200}
        assert service.metric("seismic_requests_total", status="408", **PREDICT) == 12
        assert service.stop() == 0
    table = rows_of(root / "serving")
    assert dict(table["status"].value_counts().iter_rows()) == {200: len(load.outcomes), 408: 12}


def test_a_folder_of_metrics_that_another_program_named_is_left_alone(
    tmp_path: Path,
    bundle: Path,
    models: tuple[Path, dict[str, Bundle]],
    log: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "of_another_program"  # as Feast names one to all that its process starts
    folder.mkdir()
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(folder))
    for _ in range(2):
        with serving(tmp_path / "store", bundle, log, workers=1) as service:
            questions = questions_to(service, models)
            body, headers = questions.raw(0)
            assert service.post("/v1/predict", body, **headers).status_code == 200
            assert service.metric("seismic_requests_total", status="200", **PREDICT) == 1
    assert list(folder.iterdir()) == []


# --- the registry is away


@contextmanager
def registry_server(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A server of MLflow over a store below a folder."""
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", port, "--workers", "1"]
    store = [
        "--backend-store-uri",
        f"sqlite:///{folder / 'mlflow.db'}",
        "--artifacts-destination",
        folder / "artifacts",
    ]
    with (folder / "server.log").open("ab") as file:
        process = subprocess.Popen([*map(str, command + store)], stdout=file, stderr=file, env=environment())
    try:
        wait_until(lambda: healthy(port), lambda: (folder / "server.log").read_text()[-2000:])
        yield process
    finally:
        end(process)


def healthy(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def all_of(server: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """A server and those it started."""
    first = psutil.Process(server.pid)
    return [*first.children(recursive=True), first]


def end(server: subprocess.Popen[bytes]) -> None:
    if server.poll() is None:
        for each in all_of(server):
            each.kill()
    server.wait(60)


def test_a_registry_server_that_hangs_or_ends_leaves_the_last_good_model_also_to_a_worker_that_starts_meanwhile(
    tmp_path: Path,
    models: tuple[Path, dict[str, Bundle]],
    questions: Questions,
    log: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "2")  # by default it gives up after a minute
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    port = free_port()
    uri = f"http://127.0.0.1:{port}"
    known = registry_of(load_settings(storage_root=tmp_path, mlflow_tracking_uri=uri))
    with ExitStack() as stack:
        server = stack.enter_context(registry_server(tmp_path, port))
        register(known, models[0])
        service = stack.enter_context(serving(tmp_path / "store", "production", log, mlflow_tracking_uri=uri))
        with Load(service.port, questions) as load:
            load.wait_for(30)
            for each in all_of(server):
                each.suspend()
            wait_until(lambda: all_serve(service, "1", "does not answer"), service.said)
            assert service.health()["status"] == "healthy"
            _, ports, _ = kill_one_that_answers(service, load)
            wait_until(lambda: len(service.workers()) == 2 and service.logged("model loaded") == 3, service.said)
            wait_until(lambda: all_serve(service, "1", "answer"), service.said)
            load.wait_for(30)
            assert versions(load.outcomes) == {"1"}
            assert service.metric("seismic_model_reloads_total", outcome="failed") > 0

            for each in all_of(server):
                each.resume()
            known.promote("2", by="the test")
            wait_until(lambda: all_serve(service, "2"), service.said)
            load.wait_for(30)
            end(server)
            wait_until(lambda: all_serve(service, "2", "does not answer"), service.said)
            load.wait_for(30)
        assert versions(load.outcomes[-30:]) == {"2"}
        assert service.stop() == 0

    assert wrong_answers(load.outcomes) == []
    assert set(statuses(load.outcomes)) <= {200, None}
    assert {each.port for each in load.outcomes if each.status is None} <= ports


def test_a_registry_that_takes_the_call_and_never_answers_does_not_keep_a_start_from_the_last_good_model(
    registered: Path, registry: ModelRegistry, questions: Questions, log: Path, tmp_path: Path
) -> None:
    with serving(registered, "production", log, workers=1) as before:
        assert before.stop() == 0
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(100)
        # A request to MLflow is given up after 20 s and made three times.
        uri = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with serving(registered, "production", tmp_path / "again.log", mlflow_tracking_uri=uri) as service:
            assert all_serve(service, "1", "the model registry has not answered")
            with Load(service.port, questions) as load:
                load.wait_for(50)
    assert wrong_answers(load.outcomes) == []
    assert set(statuses(load.outcomes)) == {200}
    assert versions(load.outcomes) == {"1"}


@pytest.mark.parametrize("damage", ["removed", "overwritten"])
def test_a_registry_file_that_is_gone_or_no_database_changes_no_answer_and_is_followed_again(
    damage: str, registered: Path, registry: ModelRegistry, questions: Questions, log: Path
) -> None:
    file = registered / "mlflow" / "mlflow.db"
    aside = file.with_suffix(".aside")
    with serving(registered, "production", log, workers=1) as service, Load(service.port, questions) as load:
        load.wait_for(30)
        file.replace(aside)
        try:
            if damage == "overwritten":
                file.write_bytes(b"no database" * 1000)
            wait_until(lambda: service.health()["reason"], service.said)
            state = service.health()
            load.wait_for(30)
        finally:
            aside.replace(file)
        registry.promote("2", by="the test")
        wait_until(lambda: service.health()["model_version"] == "2", service.said)
        assert service.health()["reason"] is None
        load.wait_for(30)

    assert (state["status"], state["model_version"]) == ("healthy", "1")
    assert state["reason"].startswith("version 1 goes on answering, but may not be the one in production: ")
    assert wrong_answers(load.outcomes) == []
    assert set(statuses(load.outcomes)) == {200}


# --- the disk is full


@pytest.fixture(name="small_disk")
def _small_disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", 6) as disk:
        yield disk


def test_a_disk_that_runs_full_changes_no_answer_and_the_rows_are_written_once_there_is_room(
    small_disk: Path, bundle: Path, models: tuple[Path, dict[str, Bundle]], log: Path
) -> None:
    with serving(small_disk, bundle, log) as service:
        questions = questions_to(service, models)
        started = {each.pid for each in service.workers()}
        with Load(service.port, questions) as load:
            load.wait_for(200)
            wait_until(lambda: service.metric("seismic_recorder_calls_total", outcome="written") >= 100)
            filling = fill(small_disk)
            failures = service.metric("seismic_recorder_failures_total")
            load.wait_for(200)
            wait_until(lambda: service.metric("seismic_recorder_failures_total") >= failures + 4, service.said)
            load.wait_for(100)
            filling.unlink()
            load.wait_for(100)
        seen = len(load.outcomes)
        wait_until(lambda: service.metric("seismic_recorder_calls_total", outcome="written") == seen, service.said)
        assert service.metric("seismic_recorder_calls_total", outcome="accepted") == seen
        assert service.metric("seismic_recorder_calls_total", outcome="dropped") == 0
        assert {each.pid for each in service.workers()} == started
        assert service.stop() == 0

    assert wrong_answers(load.outcomes) == []
    assert set(statuses(load.outcomes)) == {200}
    assert sorted(rows(small_disk)) == sorted(answered(load.outcomes))


def test_a_service_that_ends_while_the_disk_is_full_leaves_its_rows_to_be_counted_as_lost(
    small_disk: Path, tmp_path: Path, bundle: Path, models: tuple[Path, dict[str, Bundle]], log: Path
) -> None:
    with serving(small_disk, bundle, log) as service:
        questions = questions_to(service, models)
        with Load(service.port, questions) as load:
            load.wait_for(200)
            wait_until(lambda: service.metric("seismic_recorder_calls_total", outcome="written") >= 100)
            filling = fill(small_disk)
            load.wait_for(200)
        assert service.stop() == 0
    filling.unlink()
    with serving(small_disk, bundle, tmp_path / "again.log") as service:
        unwritten = answered(load.outcomes) - set(rows(small_disk))
        assert len(unwritten) >= 100
        wait_until(lambda: lost_in_file(small_disk) == len(unwritten), service.said)
        check_what_is_counted_as_lost(service, small_disk)
    with serving(small_disk, bundle, tmp_path / "later.log") as service:
        check_what_is_counted_as_lost(service, small_disk, len(unwritten))
    assert wrong_answers(load.outcomes) == []
    assert set(statuses(load.outcomes)) == {200}


# --- the service is told to end


def test_what_was_accepted_before_the_end_is_answered_and_written(
    tmp_path: Path, bundle: Path, models: tuple[Path, dict[str, Bundle]], log: Path
) -> None:
    root = tmp_path / "store"
    with serving(root, bundle, log) as service:
        questions = questions_to(service, models)
        with Load(service.port, questions) as load:
            load.wait_for(200)
            slow = [begin(service.port, questions, 4) for _ in range(4)]
            wait_until(lambda: service.metric("seismic_requests_in_flight") >= 5)
            service.process.send_signal(signal.SIGTERM)
            wait_until(lambda: any(each.status is None for each in load.outcomes))
            for client, rest in slow:
                client.sendall(rest)
            assert [status_of(client) for client, _ in slow] == [200] * 4
            assert service.process.wait(60) == 0

    assert wrong_answers(load.outcomes) == []
    assert set(statuses(load.outcomes)) == {200, None}
    written = rows(root)
    assert len(written) == len(set(written)) == len(answered(load.outcomes)) + len(slow)
    assert answered(load.outcomes) <= set(written)
