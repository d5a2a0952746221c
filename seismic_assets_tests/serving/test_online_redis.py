"""Look-ups and stored features in a real Redis, and traces that are answered while it is away."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from seismic_assets.inference import Predictor
from seismic_assets.registry import Bundle
from seismic_assets_tests.redis_server import Redis, redis_server
from seismic_assets_tests.serving.online import OnlineSurvey, online_survey
from seismic_assets_tests.serving.services import BODY, service
from seismic_assets_tests.serving.test_looking_up import probabilities


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def survey(predictor: Predictor, tmp_path: Path, redis: Redis) -> OnlineSurvey:
    return online_survey(tmp_path, predictor, redis.address)


@pytest.fixture
def client(bundle: Bundle, survey: OnlineSurvey) -> Iterator[TestClient]:
    with service(lambda: ("7", bundle), features=survey.place, store_features=True) as client:
        yield client


def test_a_look_up_gets_what_the_traces_get(client: TestClient, survey: OnlineSurvey) -> None:
    sent = client.post("/predict", json={"traces": survey.traces.tolist()}).json()

    found = client.post("/predict", json={"trace_ids": survey.ids(*range(9))})

    assert found.status_code == 200, found.text
    np.testing.assert_allclose(probabilities(found.json()), probabilities(sent), atol=1e-5)
    assert client.get("/health").json()["feature_store"]["status"] == "ok"


def test_stored_traces_are_looked_up_by_the_ids_of_the_answer(client: TestClient, survey: OnlineSurvey) -> None:
    answer = client.post("/predict", json={**BODY, "store_features": True}).json()

    found = client.post("/predict", json={"trace_ids": answer["stored_trace_ids"]}).json()

    np.testing.assert_allclose(probabilities(found), probabilities(answer), atol=1e-5)
    assert client.post("/predict", json={"trace_ids": survey.ids(0)}).status_code == 200


def test_traces_are_answered_while_it_is_away_and_look_ups_when_it_is_back(
    client: TestClient, survey: OnlineSurvey, redis: Redis
) -> None:
    ids = {"trace_ids": survey.ids(0)}
    assert client.post("/predict", json=ids).status_code == 200
    redis.stop()
    try:
        away = client.post("/predict", json=ids)
        stored = client.post("/predict", json={**BODY, "store_features": True})
        plain = client.post("/predict", json=BODY)
        health = client.get("/health").json()
    finally:
        redis.start()

    assert away.status_code == 503 and "cannot be used" in away.json()["detail"]
    assert (stored.status_code, stored.json()["stored_trace_ids"]) == (200, None)
    assert plain.status_code == 200
    assert (health["status"], health["feature_store"]["status"]) == ("healthy", "away")
    assert client.post("/predict", json=ids).status_code == 404  # what was in its memory is gone, and that is told


def test_health_does_not_wait_for_a_store_that_hangs(client: TestClient, redis: Redis) -> None:
    with redis.hanging():
        health = client.get("/health").json()
        plain = client.post("/predict", json=BODY)

    assert (health["status"], health["feature_store"]["status"]) == ("healthy", "unknown")
    assert plain.status_code == 200
