"""A running service follows what is in production."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from seismic_assets.registry import Bundle, BundleError, RegistryError
from seismic_assets.serving.app import create_app
from seismic_assets_tests.inference.building import make_traces

POLL = 0.01
BODY = {"traces": make_traces(3).tolist()}


class Production:
    """A registry in memory: which version is in production, and what goes wrong."""

    def __init__(self, bundle: Bundle, version: str | None) -> None:
        self.version = version
        self.bundles: dict[str, Bundle] = dict.fromkeys(("1", "2", "3"), bundle)
        self.away: Exception | None = None
        self.damaged: set[str] = set()
        self.loads: list[str] = []
        self.looked = threading.Semaphore(0)
        self.threads: set[str] = set()

    def current(self) -> str | None:
        self.looked.release()
        self.threads.add(threading.current_thread().name)
        if self.away is not None:
            raise self.away
        return self.version

    def load(self) -> tuple[str, Bundle]:
        version = self.current()
        if version is None:
            raise RegistryError("no version is in production; train one")
        self.loads.append(version)
        if version in self.damaged:
            raise BundleError(f"model.onnx of version {version} was altered")
        return version, self.bundles[version]

    def wait_for_looks(self, count: int = 3) -> None:
        """Until the service has looked `count` times more."""
        while self.looked.acquire(blocking=False):
            pass
        for _ in range(count):
            assert self.looked.acquire(timeout=60)


@contextmanager
def serving(production: Production, poll_seconds: float | None = POLL) -> Iterator[TestClient]:
    app = create_app(production.load, current=production.current, poll_seconds=poll_seconds)
    with TestClient(app) as client:
        yield client


def health(client: TestClient) -> dict:
    return client.get("/health").json()


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for what another thread does; a minute is a failure."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture
def production(bundle: Bundle) -> Production:
    return Production(bundle, "1")


def test_a_promotion_and_a_rollback_are_served_without_a_restart(production: Production) -> None:
    with serving(production) as client:
        for version in ("2", "1", "3"):
            production.version = version
            wait_until(lambda: health(client)["model_version"] == version)  # noqa: B023
            assert client.post("/predict", json=BODY).json()["model_version"] == version
            assert client.get("/model_info").json()["model_version"] == version


def test_looking_does_not_load_what_is_served_already(production: Production) -> None:
    with serving(production):
        production.wait_for_looks(5)

    assert production.loads == ["1"]


def test_looking_is_done_in_a_thread_of_its_own(production: Production) -> None:
    with serving(production):
        production.threads.clear()
        production.wait_for_looks()

    assert production.threads == {"follow-production"}


def test_no_request_fails_and_none_is_answered_by_two_models_while_models_change(production: Production) -> None:
    manifest = production.bundles["2"].manifest
    renamed = tuple(f"new {name}" for name in manifest.classes)
    production.bundles["2"] = replace(
        production.bundles["2"], manifest=manifest.model_copy(update={"classes": renamed})
    )
    answers: list[dict] = []
    ended = threading.Event()

    with serving(production) as client, ThreadPoolExecutor(4) as pool:

        def ask() -> None:
            while not ended.is_set():
                response = client.post("/predict", json=BODY)
                assert response.status_code == 200, response.text
                answers.append(response.json())

        asking = [pool.submit(ask) for _ in range(4)]
        try:
            for version in ("2", "1") * 3:
                production.version = version
                enough = len(answers) + 8
                wait_until(lambda: health(client)["model_version"] == version and len(answers) >= enough)  # noqa: B023
        finally:
            ended.set()
        for each in asking:
            each.result(timeout=60)

    classes = {"1": set(manifest.classes), "2": set(renamed)}
    assert {answer["model_version"] for answer in answers} == {"1", "2"}
    for answer in answers:
        for trace in answer["predictions"]:
            assert set(trace["probabilities"]) == classes[answer["model_version"]]


def test_a_request_in_flight_ends_on_the_model_it_began_with(production: Production) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def body() -> Iterator[bytes]:
        import json

        content = json.dumps(BODY).encode()
        yield content[:10]
        begun.set()
        assert go_on.wait(60)
        yield content[10:]

    with serving(production) as client, ThreadPoolExecutor(1) as pool:
        request = pool.submit(lambda: client.post("/predict", content=body()))
        assert begun.wait(60)
        production.version = "2"
        service = client.app.state.service  # type: ignore[attr-defined]
        wait_until(lambda: service.first.serving.model.version == "2")
        go_on.set()
        response = request.result(timeout=60)

    assert (response.status_code, response.json()["model_version"]) == (200, "1")


def test_a_service_without_a_model_takes_up_the_first_one_promoted(bundle: Bundle) -> None:
    production = Production(bundle, None)
    with serving(production) as client:
        assert health(client)["status"] == "degraded"
        refused = client.post("/predict", json=BODY)
        assert refused.status_code == 503
        assert refused.json()["detail"].endswith("the first one in production is taken up")
        production.version = "1"
        wait_until(lambda: health(client)["model_loaded"])
        assert health(client)["reason"] is None
        assert client.post("/predict", json=BODY).status_code == 200


@pytest.mark.parametrize("poll_seconds", [0, None])
def test_a_service_that_never_looks_says_that_it_must_be_restarted(bundle: Bundle, poll_seconds: float | None) -> None:
    production = Production(bundle, None)
    with serving(production, poll_seconds) as client:
        detail = client.post("/predict", json=BODY).json()["detail"]
        assert "follow-production" not in {thread.name for thread in threading.enumerate()}

    assert detail.endswith("restart the service when a model is in production")


def test_a_model_that_cannot_be_loaded_leaves_the_old_one_serving_and_health_says_why(production: Production) -> None:
    with capture_logs() as lines, serving(production) as client:
        production.damaged.add("2")
        production.version = "2"
        wait_until(lambda: production.loads.count("2") >= 3)
        state = health(client)
        assert (state["status"], state["model_version"]) == ("healthy", "1")
        assert state["reason"] == (
            "version 1 goes on answering, but may not be the one in production: model.onnx of version 2 was altered"
        )
        assert client.post("/predict", json=BODY).json()["model_version"] == "1"

        production.damaged.clear()
        wait_until(lambda: health(client)["model_version"] == "2")
        assert health(client)["reason"] is None

    assert [line["event"] for line in lines if line["event"] == "production is not followed"] == [
        "production is not followed"
    ]


def test_a_graph_that_cannot_be_run_leaves_the_old_model_serving(production: Production) -> None:
    production.bundles["2"] = replace(production.bundles["2"], graphs={"model": b"no graph"})
    with serving(production) as client:
        production.version = "2"
        wait_until(lambda: health(client)["reason"] is not None)
        assert "the graph of the model cannot be run" in health(client)["reason"]
        assert client.post("/predict", json=BODY).json()["model_version"] == "1"


def test_a_service_whose_first_graph_cannot_be_run_starts_and_says_why(production: Production) -> None:
    production.bundles["1"] = replace(production.bundles["1"], graphs={"model": b"no graph"})
    with serving(production) as client:
        assert health(client)["status"] == "degraded"
        assert "the graph of the model cannot be run" in health(client)["reason"]


def test_a_registry_that_is_away_is_logged_once_and_the_model_goes_on(production: Production) -> None:
    with capture_logs() as lines, serving(production) as client:
        production.away = RegistryError("the model registry does not answer")
        production.wait_for_looks(4)
        assert client.post("/predict", json=BODY).json()["model_version"] == "1"
        assert health(client)["reason"].endswith("the model registry does not answer")
        production.away = None
        wait_until(lambda: health(client)["reason"] is None)

    events = [line["event"] for line in lines if line["event"] != "request"]
    assert events == ["model loaded", "production is not followed", "production is followed again"]


def test_when_nothing_is_in_production_any_more_the_last_model_goes_on(production: Production) -> None:
    with serving(production) as client:
        production.version = None
        wait_until(lambda: health(client)["reason"] is not None)
        assert "no version is in production any more; promote one" in health(client)["reason"]
        assert client.post("/predict", json=BODY).status_code == 200


def test_an_unforeseen_error_while_following_is_said_and_the_model_goes_on(
    production: Production, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda arguments: None)
    with serving(production) as client:
        production.away = ZeroDivisionError("a fault")
        wait_until(lambda: health(client)["reason"] is not None)
        assert "does not follow production any more" in health(client)["reason"]
        assert client.post("/predict", json=BODY).json()["model_version"] == "1"


def test_a_change_of_the_model_is_logged_with_both_versions(production: Production) -> None:
    with capture_logs() as lines, serving(production) as client:
        production.version = "2"
        wait_until(lambda: health(client)["model_version"] == "2")

    loaded = [line for line in lines if line["event"] == "model loaded"]
    assert [(line["version"], line["previous"]) for line in loaded] == [("1", None), ("2", "1")]


def test_the_classes_of_the_new_model_are_counted_from_zero(production: Production) -> None:
    manifest = production.bundles["2"].manifest.model_copy(update={"classes": ("a", "b", "c", "d")})
    production.bundles["2"] = replace(production.bundles["2"], manifest=manifest)
    with serving(production) as client:
        production.version = "2"
        wait_until(lambda: health(client)["model_version"] == "2")
        assert 'seismic_predictions_total{predicted_class="d"} 0.0' in client.get("/metrics").text


def test_the_end_of_the_service_ends_the_following(production: Production) -> None:
    with serving(production, poll_seconds=3600):
        (thread,) = (thread for thread in threading.enumerate() if thread.name == "follow-production")

    thread.join(60)
    assert not thread.is_alive()


def test_a_registry_that_hangs_does_not_hold_up_the_end(production: Production) -> None:
    hanging, ended = threading.Event(), threading.Event()

    def hang() -> str:
        hanging.set()
        assert ended.wait(60)
        return "1"

    with TestClient(create_app(production.load, current=hang, poll_seconds=POLL)):
        assert hanging.wait(60)
    assert not ended.is_set()
    ended.set()


def test_an_application_can_be_started_again(production: Production) -> None:
    app = create_app(production.load, current=production.current, poll_seconds=POLL)
    for version in ("2", "3"):
        with TestClient(app) as client:
            production.version = version
            wait_until(lambda: health(client)["model_version"] == version)  # noqa: B023
            assert np.isfinite(client.post("/predict", json=BODY).json()["predictions"][0]["confidence"])
