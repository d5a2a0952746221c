"""The true class of what was predicted, given back."""

import json
import shutil
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from seismic_assets.registry import Bundle
from seismic_assets.serving.ledger import Ledger
from seismic_assets_tests.inference.building import CLASSES, make_traces
from seismic_assets_tests.serving.services import ALL, BODY, bearer, new_key, rows, segy_bytes, service


@pytest.fixture
def recording(tmp_path: Path, bundle: Bundle) -> Iterator[TestClient]:
    """A service that records below `tmp_path`."""
    with service(lambda: ("7", bundle), folder=tmp_path, recording=ALL) as client:
        yield client


def asked(client: TestClient) -> dict:
    return client.post("/predict", json=BODY).json()


def given(client: TestClient, request_id: str, **fields: object) -> dict:
    response = client.post("/feedback", json={"request_id": request_id, "true_class": 1, **fields})
    assert response.status_code == 202, response.text
    return response.json()


def refused(client: TestClient, status: int, **fields: object) -> str:
    response = client.post("/feedback", json=fields)
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    return response.json()["detail"]


def id_of(milliseconds: int) -> str:
    return str(uuid.UUID(int=(milliseconds << 80) | (7 << 76) | (2 << 62) | 12345))


def test_feedback_is_kept_beside_what_was_predicted(tmp_path: Path, bundle: Bundle) -> None:
    key = new_key(tmp_path, "predict")
    with service(lambda: ("7", bundle), folder=tmp_path, recording=ALL) as client:
        client.headers.update(bearer(key))
        answer = asked(client)
        taken = [
            given(client, answer["request_id"], trace_id=2, true_class="fast", comment="high frequencies"),
            given(client, answer["request_id"], true_class=1),
        ]

    predicted = [trace["predicted_class"] for trace in answer["predictions"]]
    assert taken[0] == {
        "request_id": answer["request_id"],
        "trace_id": 2,
        "true_class": 3,
        "predicted_class": predicted[2],
        "model_version": "7",
    }
    first, second = rows(tmp_path, "feedback")
    assert (first["trace_id"], first["true_class"], first["true_class_name"]) == (2, 3, "fast")
    assert (first["comment"], first["key_id"]) == ("high frequencies", key.split("_")[1])
    assert (second["trace_id"], second["true_class_name"], second["comment"]) == (0, "loud", None)
    assert [row["predicted_class"] for row in (first, second)] == [predicted[2], predicted[0]]


def test_feedback_may_come_at_once_and_long_after(recording: TestClient, tmp_path: Path) -> None:
    request_id = asked(recording)["request_id"]
    given(recording, request_id)
    while not list((tmp_path / "inference_log").rglob("*.parquet")):
        time.sleep(0.05)
    given(recording, request_id)


def test_feedback_on_a_request_of_another_process_that_is_not_written_yet_waits_for_it(
    recording: TestClient, tmp_path: Path, bundle: Bundle
) -> None:
    with service(lambda: ("7", bundle), folder=tmp_path, recording=ALL) as other:
        request_id = asked(other)["request_id"]
        assert given(recording, request_id)["model_version"] == "7"


def test_feedback_on_a_trace_of_a_file_is_taken(recording: TestClient, tmp_path: Path) -> None:
    response = recording.post("/predict/segy", content=segy_bytes(tmp_path))

    taken = given(recording, response.headers["X-Request-ID"], trace_id=29)

    assert taken["predicted_class"] in range(len(CLASSES))
    assert "no trace 30" in refused(
        recording, 422, request_id=response.headers["X-Request-ID"], trace_id=30, true_class=0
    )


def test_what_does_not_fit_the_request_is_refused(recording: TestClient) -> None:
    request_id = asked(recording)["request_id"]

    assert "the request had 3 traces, there is no trace 3" in refused(
        recording, 422, request_id=request_id, trace_id=3, true_class=0
    )
    classes = "the classes are quiet, loud, unseen, fast, counted from 0"
    for true_class in (4, "slow", "", 10**50):
        sentence = refused(recording, 422, request_id=request_id, true_class=true_class)
        assert sentence.startswith("there is no class") and sentence.endswith(classes)


def test_a_number_without_end_is_refused_in_a_short_sentence(recording: TestClient) -> None:
    request_id = asked(recording)["request_id"]
    for digits in (4000, 4300, 5000, 60_000):
        body = f'{{"request_id": "{request_id}", "true_class": {"9" * digits}}}'
        response = recording.post("/feedback", content=body)
        assert response.status_code == 422
        assert len(response.json()["detail"]) < 500


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "'request_id': field required"),
        ({"request_id": "x", "true_class": 1}, "'request_id': string should match pattern"),
        ({"request_id": str(uuid.UUID(int=4 << 76 | 2 << 62)), "true_class": 1}, "'request_id'"),
        ({"request_id": id_of(1)}, "'true_class': field required"),
        ({"request_id": id_of(1), "true_class": -1}, "'true_class': input should be greater"),
        ({"request_id": id_of(1), "true_class": True}, "'true_class': input should be a valid integer"),
        ({"request_id": id_of(1), "true_class": 1.0}, "'true_class': input should be a valid integer"),
        ({"request_id": id_of(1), "true_class": "x" * 101}, "'true_class'"),
        ({"request_id": id_of(1), "true_class": None}, "'true_class'"),
        ({"request_id": id_of(1), "true_class": 1, "trace_id": -1}, "'trace_id'"),
        ({"request_id": id_of(1), "true_class": 1, "trace_id": 2**31}, "'trace_id'"),
        ({"request_id": id_of(1), "true_class": 1, "comment": "x" * 1001}, "'comment'"),
        ({"request_id": id_of(1), "true_class": 1, "further": 1}, "'further': extra inputs are not permitted"),
    ],
)
def test_what_is_malformed_is_refused_in_a_sentence(
    recording: TestClient, fields: dict[str, object], sentence: str
) -> None:
    assert sentence in refused(recording, 422, **fields)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff", b'{"request_id": "\\ud800"}', b"[" * 10_000])
def test_no_body_makes_the_service_fail(recording: TestClient, body: bytes) -> None:
    assert recording.post("/feedback", content=body).status_code == 422


def test_a_body_that_is_too_large_is_refused(recording: TestClient) -> None:
    assert recording.post("/feedback", content=b" " * (64 * 1024 + 1)).status_code == 413


# The last milliseconds that a datetime can hold, and some beyond.
@pytest.mark.parametrize("milliseconds", [1, 1_700_000_000_000, 253_402_300_700_000, 2**48 - 1])
def test_a_request_that_never_was_is_not_found_and_not_waited_for(
    recording: TestClient, milliseconds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, find = [], Ledger.find

    def counted(ledger: Ledger, request_id: str) -> dict | None:
        looks.append(request_id)
        return find(ledger, request_id)

    monkeypatch.setattr(Ledger, "find", counted)
    sentence = refused(recording, 404, request_id=id_of(milliseconds), true_class=0)

    assert sentence == f"no answered request {id_of(milliseconds)} is recorded; give the request_id of an answer"
    assert looks == [id_of(milliseconds)]


def test_a_request_that_was_refused_has_no_class(recording: TestClient) -> None:
    response = recording.post("/predict", json={"traces": [[1, 1]]})

    assert "no answered request" in refused(recording, 404, request_id=response.headers["X-Request-ID"], true_class=0)


def test_where_nothing_is_recorded_there_is_nothing_to_give_feedback_on(client: TestClient) -> None:
    assert "requests are not recorded here" in refused(client, 404, request_id=id_of(1), true_class=0)


def test_a_table_that_cannot_be_read_is_the_operators_affair(recording: TestClient, tmp_path: Path) -> None:
    request_id = asked(recording)["request_id"]
    while not list((tmp_path / "inference_log").rglob("*.parquet")):
        time.sleep(0.05)
    log = tmp_path / "inference_log" / "_delta_log"
    shutil.move(log, tmp_path / "elsewhere")
    log.mkdir()
    (log / "00000000000000000000.json").write_text("no log")

    sentence = refused(recording, 503, request_id=request_id, true_class=0)
    history = recording.get("/history")

    assert "the log of the service says why" in sentence and str(tmp_path) not in sentence
    assert history.status_code == 503 and str(tmp_path) not in history.text
    assert recording.post("/predict", json=BODY).status_code == 200


def test_feedback_is_answered_as_its_description_says(recording: TestClient) -> None:
    description = recording.get("/openapi.json").json()["paths"]["/v1/feedback"]["post"]

    assert {"202", "401", "403", "404", "413", "422", "429", "503"} <= description["responses"].keys()
    example = description["requestBody"]["content"]["application/json"]["example"]
    assert "no answered request" in refused(recording, 404, **json.loads(json.dumps(example)))


def test_feedback_by_name_follows_the_model_that_is_served(recording: TestClient) -> None:
    answer = recording.post("/predict", json={"traces": make_traces(1).tolist()}).json()

    for index, name in enumerate(CLASSES):
        assert given(recording, answer["request_id"], true_class=name)["true_class"] == index
