import base64
import json
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from seismic_assets.inference import Predictor
from seismic_assets.serving.page.schemas import SectionAnswer
from seismic_assets_tests.inference.building import INTERVAL_US, make_traces
from seismic_assets_tests.serving.page.application import InMemory, application
from seismic_assets_tests.serving.page.writing import segy_of

SEGY = {"Content-Type": "application/octet-stream"}


@pytest.fixture
def ports(predictor: Predictor, tmp_path: Path) -> InMemory:
    folder = tmp_path / "uploads"
    folder.mkdir()
    return InMemory(predictor, folder)


@pytest.fixture
def client(ports: InMemory) -> TestClient:
    return TestClient(application(ports))


@pytest.fixture
def segy(tmp_path: Path) -> bytes:
    return segy_of(tmp_path / "a.sgy", make_traces(30)).read_bytes()


def classes_of(answer: dict) -> np.ndarray:
    return np.frombuffer(base64.b64decode(answer["classes"]), np.uint8).reshape(answer["height"], answer["width"])


@pytest.mark.parametrize("kind", ["application/octet-stream", "application/x-segy", "Application/X-SEGY; charset=x"])
def test_a_file_gives_its_section(client: TestClient, segy: bytes, predictor: Predictor, kind: str) -> None:
    answer = client.post("/v1/section", content=segy, headers={"Content-Type": kind})

    assert answer.status_code == 200, answer.text
    section = answer.json()
    SectionAnswer.model_validate_json(answer.content)
    first_window = predictor.predict(make_traces(30), INTERVAL_US).probabilities[:, 0].argmax(axis=1)
    assert classes_of(section)[0].tolist() == first_window.tolist()
    assert section["model_version"] == "7"


def test_the_uploaded_file_is_gone_afterwards(client: TestClient, ports: InMemory, segy: bytes) -> None:
    client.post("/v1/section", content=segy, headers=SEGY)
    client.post("/v1/section", content=b"no SEG-Y at all", headers=SEGY)

    assert list(ports.upload_folder.iterdir()) == []


def test_traces_as_json_give_the_section_of_the_same_file(client: TestClient, segy: bytes) -> None:
    body = {"traces": make_traces(30).tolist(), "sample_interval_us": INTERVAL_US, "start_ms": 40}

    of_json = client.post("/v1/section", json=body).json()
    of_file = client.post("/v1/section", content=segy, headers=SEGY).json()

    assert of_json["classes"] == of_file["classes"]
    assert of_json["start_ms"] == 40


def test_a_range_of_a_file_can_be_asked_for(client: TestClient, segy: bytes) -> None:
    section = client.post("/v1/section?first=20&last=29", content=segy, headers=SEGY).json()

    assert section["traces_shown"] == {"first": 20, "last": 29, "step": 1}


def test_another_interval_is_resampled_where_asked_for(client: TestClient, tmp_path: Path) -> None:
    body = segy_of(tmp_path / "b.sgy", make_traces(3, 200), sample_interval_us=2000).read_bytes()

    refused = client.post("/v1/section", content=body, headers=SEGY)
    resampled = client.post("/v1/section?resample=true", content=body, headers=SEGY)

    assert refused.status_code == 422
    assert "sample interval of 2000 us" in refused.json()["detail"]
    assert resampled.json()["num_samples"] == 100


def test_inline_and_crossline_are_read_from_the_bytes_that_are_named(client: TestClient, segy: bytes) -> None:
    path = "/v1/section?inline_byte=193&crossline_byte=189"

    swapped = client.post(path, content=segy, headers=SEGY).json()
    usual = client.post("/v1/section", content=segy, headers=SEGY).json()

    assert (swapped["inline"], swapped["crossline"]) == (usual["crossline"], usual["inline"])
    assert swapped["lines"]["axis"] == "crossline"
    assert client.post("/v1/section?inline_byte=238", content=segy, headers=SEGY).status_code == 422


def test_what_is_no_segy_is_refused_without_the_name_of_a_temporary_file(client: TestClient) -> None:
    answer = client.post("/v1/section", content=b"x" * 5000, headers=SEGY)

    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("the file is not SEG-Y: ")
    assert "upload-" not in answer.text


@pytest.mark.parametrize("size", [0, 1, 3599, 3600, 3700, 5000])
def test_a_file_cut_anywhere_is_refused(client: TestClient, segy: bytes, size: int) -> None:
    assert client.post("/v1/section", content=segy[:size], headers=SEGY).status_code in (400, 422)


def test_a_file_that_is_too_large_is_refused(client: TestClient, ports: InMemory, segy: bytes) -> None:
    answer = client.post("/v1/section", content=b"x" * (ports.limits.segy_bytes + 1), headers=SEGY)

    assert answer.status_code == 413
    assert ports.calls == []


def test_another_form_is_refused(client: TestClient) -> None:
    answer = client.post("/v1/section", content=b"a", headers={"Content-Type": "text/plain"})

    assert answer.status_code == 415
    assert "application/json for traces" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ({"traces": []}, 400, "no traces"),
        ({"traces": [[1, 2], [3]]}, 422, "trace 1 has 1 samples and trace 0 has 2"),
        ({"traces": [[1, "a"]]}, 422, "sample 1 of trace 0 is not a number"),
        ({"traces": [[1, 2]], "sample_interval_us": 2000}, 422, "ask for them to be resampled"),
    ],
)
def test_traces_that_cannot_be_predicted_are_refused(
    client: TestClient, body: dict, status: int, sentence: str
) -> None:
    answer = client.post("/v1/section", json=body)

    assert answer.status_code == status
    assert sentence in answer.json()["detail"]


def test_without_a_model_the_answer_is_503(segy: bytes) -> None:
    answer = TestClient(application(InMemory(None))).post("/v1/section", content=segy, headers=SEGY)

    assert (answer.status_code, answer.json()["detail"]) == (503, "no model is loaded, GET /health says why")


def test_an_answer_is_handed_to_the_history(client: TestClient, segy: bytes) -> None:
    client.post("/v1/section", content=segy, headers=SEGY)
    client.post("/v1/section", json={"traces": make_traces(3).tolist()})

    calls = client.get("/v1/history").json()["calls"]

    assert [(call["method_form"], call["traces"], call["windows"]) for call in calls] == [
        ("json", 3, 15),
        ("segy", 30, 150),
    ]
    assert sum(calls[1]["classes"].values()) == 30


def test_the_history_is_searched_and_limited(client: TestClient) -> None:
    for _ in range(3):
        client.post("/v1/section", json={"traces": make_traces(3).tolist()})
    (wanted, *_) = client.get("/v1/history").json()["calls"]

    assert len(client.get("/v1/history?limit=2").json()["calls"]) == 2
    found = client.get("/v1/history", params={"search": f" {wanted['request_id'].upper()} "}).json()["calls"]
    assert [call["request_id"] for call in found] == [wanted["request_id"]]


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "search=" + "a" * 101])
def test_parameters_of_the_history_are_checked(client: TestClient, query: str) -> None:
    assert client.get(f"/v1/history?{query}").status_code == 422


def test_the_status_is_that_of_the_service(client: TestClient) -> None:
    client.post("/v1/section", json={"traces": make_traces(3).tolist()})

    status = client.get("/v1/status").json()

    assert status["requests"] == {"total": 1, "errors": 0}
    assert status["latency_buckets_ms"][-1] == [None, 1]
    assert sum(status["classes"].values()) == 3
    assert status["monitoring"] is None


def test_the_sample_is_predicted_as_any_file(client: TestClient) -> None:
    sample = client.get("/v1/sample")

    section = client.post("/v1/section", content=sample.content, headers=SEGY)

    assert sample.headers["content-type"] == "application/x-segy"
    assert section.json()["num_traces"] == 240


def test_without_a_model_there_is_a_sample_all_the_same() -> None:
    assert TestClient(application(InMemory(None))).get("/v1/sample").status_code == 200


def test_the_endpoints_are_described(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]

    assert set(paths) >= {"/v1/section", "/v1/sample", "/v1/history", "/v1/status"}
    assert not any(path.startswith("/dashboard") for path in paths)
    json.dumps(paths)
