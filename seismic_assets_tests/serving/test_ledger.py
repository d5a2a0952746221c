"""What is noted of each request: in the log, the audit trail and the table."""

import json
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from seismic_assets.attributes import WindowGrid, features_of
from seismic_assets.registry import Bundle
from seismic_assets.serving.config import Limits, Recording, ServiceConfig
from seismic_assets.serving.ledger import Ledger
from seismic_assets.serving.metrics import ServiceMetrics
from seismic_assets_tests.inference.building import CLASSES, INTERVAL_US, STEP, WINDOW, make_traces
from seismic_assets_tests.serving.metrics.reading import samples
from seismic_assets_tests.serving.services import ALL, BODY, bearer, new_key, rows, service

TRACES = make_traces(3)
RAW = {"Content-Type": "application/octet-stream", "X-Shape": "3,100"}


def audit_of(folder: Path) -> list[dict]:
    return [json.loads(line) for path in (folder / "audit").iterdir() for line in path.read_text().splitlines()]


def post_raw(client: TestClient) -> None:
    assert client.post("/predict", content=TRACES.tobytes(), headers=RAW).status_code == 200


def test_a_request_to_predict_has_a_row_with_all_that_is_known_of_it(tmp_path: Path, bundle: Bundle) -> None:
    key = new_key(tmp_path, "predict")
    with service(lambda: ("7", bundle), folder=tmp_path, recording=ALL) as client:
        response = client.post("/predict", json=BODY, headers=bearer(key))

    (row,) = rows(tmp_path)
    answer = response.json()
    classes = [trace["predicted_class"] for trace in answer["predictions"]]
    names = [CLASSES[index] for index in classes]
    assert row["request_id"] == answer["request_id"] == response.headers["X-Request-ID"]
    assert (row["endpoint"], row["method_form"], row["status"], row["error"]) == ("/v1/predict", "json", 200, None)
    assert (row["key_id"], row["model_version"]) == (key.split("_")[1], "7")
    assert (row["traces"], row["windows"]) == (3, 15)
    assert json.loads(row["classes"]) == {name: names.count(name) for name in names}
    assert np.frombuffer(row["trace_classes"], "<i2").tolist() == classes
    confidences = [trace["confidence"] for trace in answer["predictions"]]
    assert row["mean_confidence"] == pytest.approx(np.mean(confidences), abs=1e-6)
    assert 0 < row["latency_ms"] < 60_000
    assert row["second_version"] is None


@pytest.mark.parametrize("form", ["json", "raw"])
def test_the_inputs_and_features_of_a_sampled_request_are_kept_to_the_last_digit(
    tmp_path: Path, bundle: Bundle, form: str
) -> None:
    with service(lambda: ("7", bundle), folder=tmp_path, recording=ALL) as client:
        post_raw(client) if form == "raw" else client.post("/predict", json=BODY)

    (row,) = rows(tmp_path)
    assert (row["num_samples"], row["sample_interval_us"], row["num_features"]) == (100, INTERVAL_US, 14)
    np.testing.assert_array_equal(np.frombuffer(row["inputs"], "<f4").reshape(3, 100), TRACES)
    expected = features_of(WindowGrid(WINDOW, STEP).cut(TRACES), INTERVAL_US, bundle.embedder)
    np.testing.assert_allclose(np.frombuffer(row["features"], "<f4").reshape(-1, 14), expected, rtol=1e-4, atol=1e-4)


def test_a_share_of_the_requests_keeps_its_inputs(tmp_path: Path, bundle: Bundle) -> None:
    with service(lambda: ("7", bundle), folder=tmp_path, recording=Recording(inputs_share=0.5)) as client:
        for _ in range(80):
            post_raw(client)

    kept = [row["inputs"] is not None for row in rows(tmp_path)]
    assert len(kept) == 80
    assert 16 <= sum(kept) <= 64


def test_refused_requests_have_a_row_with_the_sentence(tmp_path: Path, bundle: Bundle) -> None:
    limits = Limits(body_bytes=1024 * 1024)
    with service(lambda: ("7", bundle), folder=tmp_path, recording=ALL, limits=limits) as client:
        client.post("/predict", content=b"{")
        client.post("/predict", content=b" " * (1024 * 1024 + 1))
        client.post("/predict/segy", content=b"no SEG-Y")
        client.get("/predict")

    found = rows(tmp_path)
    assert [row["status"] for row in found] == [422, 413, 422, 405]
    assert [row["method_form"] for row in found[:3]] == ["json", "json", "segy"]
    assert all(row["error"] and row["traces"] == 0 and row["trace_classes"] is None for row in found[:3])


def test_what_does_not_predict_has_a_line_and_no_row(tmp_path: Path, bundle: Bundle) -> None:
    with capture_logs() as logs, service(lambda: ("7", bundle), folder=tmp_path, recording=ALL) as client:
        client.get("/health")
        client.get("/nowhere/ü?key=hush")
        client.post("/reload")

    assert rows(tmp_path) == []
    audited = audit_of(tmp_path)
    assert [(line["method"], line["path"], line["status"]) for line in audited] == [
        ("GET", "/v1/health", 200),
        ("GET", "/nowhere/%C3%BC", 404),
        ("POST", "/v1/reload", 200),
    ]
    assert all(line["address"] == "testclient" and line["caller"] and line["time"] for line in audited)
    logged = [line for line in logs if line["event"] == "request"]
    assert [line["request_id"] for line in logged] == [line["request_id"] for line in audited]
    assert "hush" not in str(logs) + str(audited)


def test_the_audit_trail_says_who_sent_how_many_traces_to_which_version(tmp_path: Path, bundle: Bundle) -> None:
    with service(lambda: ("7", bundle), folder=tmp_path, recording=ALL) as client:
        client.post("/predict", json=BODY)

    (line,) = audit_of(tmp_path)
    assert (line["traces"], line["version"], line["status"], line["caller"]) == (3, "7", 200, "address testclient")


def test_a_long_path_is_cut(tmp_path: Path, bundle: Bundle) -> None:
    with service(lambda: ("7", bundle), folder=tmp_path, recording=ALL) as client:
        client.get("/" + "x" * 5000)

    (line,) = audit_of(tmp_path)
    assert line["path"] == "/" + "x" * 199


def test_rows_are_counted_in_the_metrics(tmp_path: Path, bundle: Bundle) -> None:
    with service(lambda: ("7", bundle), folder=tmp_path, recording=ALL) as client:
        for _ in range(3):
            post_raw(client)
        metrics = samples(client.get("/metrics").text)

    assert metrics["seismic_recorder_calls_total{outcome=accepted}"] == 3
    assert metrics["seismic_recorder_calls_total{outcome=dropped}"] == 0


def test_without_recording_nothing_is_written(tmp_path: Path, bundle: Bundle) -> None:
    with service(lambda: ("7", bundle), folder=tmp_path, recording=None) as client:
        post_raw(client)

    assert {path.name for path in tmp_path.iterdir()} <= {"first_model", "uploads"}


def test_a_ledger_that_keeps_nothing_finds_nothing() -> None:
    ledger = Ledger(ServiceConfig(), ServiceMetrics(frozenset(), frozenset()))
    ledger.start()

    assert (ledger.counts(), ledger.recent(10, None), ledger.keeps_inputs()) == ({}, [], False)
    assert ledger.find("019a9b5e-0000-7000-8000-000000000000") is None
    ledger.stop()
