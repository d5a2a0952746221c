"""Features of traces that were sent, stored to be looked up: under their own ids, for a time, at no answer's cost."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from starlette.testclient import TestClient

from seismic_assets.feature_store.errors import FeatureStoreError
from seismic_assets.feature_store.keys import file_number
from seismic_assets.feature_store.lookup import backend_of
from seismic_assets.inference import Predictor
from seismic_assets.registry import Bundle
from seismic_assets.serving.app import create_app
from seismic_assets.serving.config import ServiceConfig
from seismic_assets.serving.schemas import PredictResponse
from seismic_assets.serving.served_writer import ServedFeatures, ServedWriter
from seismic_assets_tests.inference.building import build_bundle, make_traces
from seismic_assets_tests.serving.forms.writing import arrow_stream, lists_of, samples_table
from seismic_assets_tests.serving.metrics.reading import samples
from seismic_assets_tests.serving.online import SURVEY, OnlineSurvey, online_survey, place_in
from seismic_assets_tests.serving.services import segy_bytes, service
from seismic_assets_tests.serving.test_looking_up import damaged, probabilities

TRACES = make_traces(3, seed=5)
ASKED = {"traces": TRACES.tolist(), "store_features": True}


class Clock:
    """A time that a test sets."""

    now = datetime(2026, 3, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def survey(predictor: Predictor, tmp_path: Path) -> OnlineSurvey:
    return online_survey(tmp_path, predictor)


@pytest.fixture
def client(bundle: Bundle, survey: OnlineSurvey, clock: Clock) -> Iterator[TestClient]:
    config = ServiceConfig(features=survey.place, store_features=True, served_hours=2)
    with TestClient(create_app(lambda: ("7", bundle), clock, poll_seconds=None, config=config)) as client:
        yield client


def online(survey: OnlineSurvey) -> set[str]:
    with closing(backend_of(survey.place)) as backend:
        return set(backend.files())


def test_stored_traces_are_looked_up_by_the_ids_of_the_answer(client: TestClient, survey: OnlineSurvey) -> None:
    response = client.post("/predict", json=ASKED)

    answer = response.json()
    PredictResponse.model_validate(answer | {"timestamp": datetime.now(UTC)})
    ids = answer["stored_trace_ids"]
    assert [int(each) - int(ids[0]) for each in ids] == [0, 1, 2]
    assert response.headers["X-First-Trace-Id"] == ids[0]
    assert "features" not in answer["predictions"][0]["windows"][0]
    found = client.post("/predict", json={"trace_ids": ids[::-1]}).json()
    np.testing.assert_allclose(probabilities(found), probabilities(answer)[::-1], atol=1e-5)
    by_name = {"file_id": f"served:{answer['request_id']}", "trace_index": [0]}
    assert client.post("/predict", json=by_name).status_code == 200
    assert online(survey) == {SURVEY, f"served:{answer['request_id']}"}


def test_the_answer_is_that_of_a_request_that_stores_nothing(client: TestClient) -> None:
    plain = client.post("/predict", json={**ASKED, "store_features": False, "return_features": True}).json()

    stored = client.post("/predict", json={**ASKED, "return_features": True}).json()

    np.testing.assert_allclose(probabilities(stored), probabilities(plain), atol=1e-6)
    assert stored["predictions"][0]["windows"][0]["features"] == pytest.approx(
        plain["predictions"][0]["windows"][0]["features"]
    )
    assert "stored_trace_ids" not in plain


def test_every_form_of_a_request_may_store_and_is_told_the_first_id(client: TestClient) -> None:
    raw = {"Content-Type": "application/octet-stream", "X-Shape": f"3,{TRACES.shape[1]}", "X-Store-Features": "true"}
    table = samples_table(lists_of(pa.list_(pa.float32()))(TRACES)).replace_schema_metadata({"store_features": "true"})
    arrow = {"Content-Type": "application/vnd.apache.arrow.stream"}

    for response in (
        client.post("/predict", content=TRACES.tobytes(), headers=raw),
        client.post("/predict", content=arrow_stream(table), headers=arrow),
        client.post("/predict", json=ASKED, headers={"Accept": "text/csv"}),
    ):
        assert response.status_code == 200, response.text
        first = response.headers["X-First-Trace-Id"]
        assert client.post("/predict", json={"trace_ids": [first]}).status_code == 200


def test_another_version_with_the_same_embedder_looks_them_up(
    client: TestClient, bundle: Bundle, survey: OnlineSurvey, tmp_path: Path
) -> None:
    ids = client.post("/predict", json=ASKED).json()["stored_trace_ids"]

    other = build_bundle(tmp_path / "other", "logistic_regression")  # of the same traces, so of the same embedder
    assert other.embedder.digest() == bundle.embedder.digest()
    with service(lambda: ("9", other), features=survey.place, served_hours=10**6) as second:
        found = second.post("/predict", json={"trace_ids": ids}).json()
        sent = second.post("/predict", json={"traces": TRACES.tolist()}).json()

    assert found["model_version"] == "9"
    np.testing.assert_allclose(probabilities(found), probabilities(sent), atol=1e-5)


def test_what_is_stored_is_served_for_some_hours_and_then_taken_away(
    client: TestClient, clock: Clock, survey: OnlineSurvey
) -> None:
    first = client.post("/predict", json=ASKED).json()
    clock.now += timedelta(hours=1.9)
    assert client.post("/predict", json={"trace_ids": first["stored_trace_ids"]}).status_code == 200
    clock.now += timedelta(hours=0.2)

    late = client.post("/predict", json={"trace_ids": first["stored_trace_ids"]})

    assert late.status_code == 404 and "kept for 2 h" in late.json()["detail"]
    second = client.post("/predict", json=ASKED).json()
    assert online(survey) == {SURVEY, f"served:{second['request_id']}"}


@pytest.mark.parametrize("body", [ASKED, {"traces": make_traces(200).tolist(), "store_features": True}])
def test_it_must_be_allowed(body: dict[str, Any], bundle: Bundle, survey: OnlineSurvey) -> None:
    with service(lambda: ("7", bundle), features=survey.place) as client:
        refused = client.post("/predict", json=body)
        plain = client.post("/predict", json={**body, "store_features": False})
    with service(lambda: ("7", bundle), store_features=True) as client:
        without = client.post("/predict", json=body)

    assert (refused.status_code, plain.status_code, without.status_code) == (422, 200, 422)
    assert "SEISMIC_API_STORE_FEATURES" in refused.json()["detail"]
    assert "SEISMIC_FEATURE_STORE" in without.json()["detail"]
    assert online(survey) == {SURVEY}


def test_a_section_stores_nothing(client: TestClient) -> None:
    response = client.post("/section", json=ASKED)

    assert response.status_code == 422 and "not stored" in response.json()["detail"]


@pytest.mark.parametrize(("given", "status"), [("true", 422), ("True", 422), ("1", 422), ("false", 200), (None, 200)])
def test_the_features_of_a_segy_file_are_not_stored_and_who_asks_for_it_is_told(
    given: str | None, status: int, client: TestClient, survey: OnlineSurvey, tmp_path: Path
) -> None:
    headers = {} if given is None else {"X-Store-Features": given}

    response = client.post("/predict/segy", content=segy_bytes(tmp_path, TRACES), headers=headers)

    assert response.status_code == status, response.text
    if status == 422:
        assert response.json()["detail"].startswith("the features of a SEG-Y file are not stored here; leave X-Store-")
    assert online(survey) == {SURVEY}


def test_a_model_with_other_features_than_are_online_is_refused(lateral_bundle: Bundle, survey: OnlineSurvey) -> None:
    count = len(TRACES)
    asked = {**ASKED, "start_ms": 0.0, "inline": [1] * count, "crossline": list(range(count))}
    with service(lambda: ("8", lateral_bundle), features=survey.place, store_features=True) as client:
        response = client.post("/predict", json=asked)
        counted = samples(client.get("/metrics").text)

    assert response.status_code == 409 and "not those that are online" in response.json()["detail"]
    assert counted["seismic_traces_total"] == 0


def not_stored(client: TestClient) -> None:
    response = client.post("/predict", json=ASKED)
    answer = response.json()
    assert response.status_code == 200
    assert answer["stored_trace_ids"] is None and "X-First-Trace-Id" not in response.headers
    sent = client.post("/predict", json={"traces": TRACES.tolist()}).json()
    np.testing.assert_allclose(probabilities(answer), probabilities(sent), atol=1e-6)
    assert samples(client.get("/metrics").text)["seismic_features_stored_total{outcome=failed}"] == 1


def test_a_store_that_is_damaged_costs_no_answer(client: TestClient, survey: OnlineSurvey) -> None:
    damaged(survey.place)

    not_stored(client)


def test_a_store_that_is_empty_costs_no_answer_and_stays_empty(bundle: Bundle, tmp_path: Path) -> None:
    place = place_in(tmp_path)
    with service(lambda: ("7", bundle), features=place, store_features=True) as client:
        not_stored(client)

    assert not place.online.exists()


def test_a_store_that_another_process_writes_costs_no_answer(
    client: TestClient, survey: OnlineSurvey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seismic_assets.serving.storing._SECONDS", 0.2)
    with closing(sqlite3.connect(survey.place.online)) as other:
        other.execute("BEGIN IMMEDIATE")
        not_stored(client)
        assert client.post("/predict", json={"trace_ids": survey.ids(0)}).status_code == 200
        other.rollback()


def test_the_number_of_another_file_is_left_to_it(survey: OnlineSurvey, predictor: Predictor) -> None:
    names, now = predictor.bundle.manifest.feature_names, datetime(2026, 3, 1, tzinfo=UTC)
    served = ServedFeatures("x", names, np.zeros((1, 5, len(names)), np.float32), predictor.making, 100, 4000, now)
    with closing(sqlite3.connect(survey.place.online)) as store, store:
        store.execute("UPDATE files SET number = ?", (file_number("served:x"),))  # no other name of it is known

    with pytest.raises(FeatureStoreError, match=r"served:x has the number of survey\.sgy"):
        ServedWriter(survey.place, timedelta(hours=1)).put(served)

    assert online(survey) == {SURVEY}
