"""The service as its page sees it: status and history."""

import base64
from pathlib import Path

import numpy as np
import pytest

from seismic_assets.registry import Bundle, RegistryError
from seismic_assets.serving.page.schemas import History, Status
from seismic_assets.serving.sources import Source
from seismic_assets_tests.inference.building import make_traces
from seismic_assets_tests.serving.services import ALL, BODY, segy_bytes, service


def test_the_status_counts_requests_classes_and_latency(bundle: Bundle, tmp_path: Path) -> None:
    with service(lambda: ("7", bundle), folder=tmp_path, recording=ALL) as client:
        answer = client.post("/predict", json=BODY).json()
        client.post("/predict", json={"traces": [[1, 1]]})
        response = client.get("/status")

    status = Status.model_validate_json(response.content)
    assert (status.requests.total, status.requests.errors) == (2, 1)
    assert status.latency_buckets_ms[-1] == (None, 1)
    counts = [count for _, count in status.latency_buckets_ms]
    assert counts == sorted(counts)
    classes = [trace["predicted_class_name"] for trace in answer["predictions"]]
    assert {name: count for name, count in status.classes.items() if count} == {
        name: classes.count(name) for name in set(classes)
    }
    assert (status.model.version, status.model.family, status.model.reason) == ("7", "hist_gradient_boosting", None)
    assert status.second is None and status.monitoring is None
    assert status.recorder is not None
    assert status.recorder.written + status.recorder.waiting == 2 and status.recorder.lost == 0


def test_the_status_of_a_service_without_a_model_says_why() -> None:
    def load() -> tuple[str, Bundle]:
        raise RegistryError("no version is in production; promote one")

    with service(load) as client:
        status = Status.model_validate_json(client.get("/status").content)
        assert client.get("/history").json() == {"calls": []}

    assert status.model.version is None and status.model.reason == "no version is in production; promote one"
    assert status.recorder is None


@pytest.mark.parametrize("role", ["shadow", "canary"])
def test_the_status_names_the_second_model(bundle: Bundle, role: str) -> None:
    source = Source(lambda: ("7", bundle))
    second = Source(lambda: ("8", bundle))
    with service(source, second, second_role=role, second_share=0.25) as client:
        status = Status.model_validate_json(client.get("/status").content)

    assert status.second is not None
    assert (status.second.version, status.second.role, status.second.share) == ("8", role, 0.25)


def test_the_history_has_the_latest_requests_first_and_finds_them(bundle: Bundle, tmp_path: Path) -> None:
    with service(lambda: ("7", bundle), folder=tmp_path, recording=ALL) as client:
        first = client.post("/predict", json=BODY).json()["request_id"]
        second = client.post("/predict/segy", content=segy_bytes(tmp_path)).headers["X-Request-ID"]
        third = client.post("/predict", json={"traces": [[1, 1]]}).headers["X-Request-ID"]
    with service(lambda: ("7", bundle), folder=tmp_path, recording=ALL) as client:
        calls = History.model_validate_json(client.get("/history").content).calls

        def found(search: str) -> list[str]:
            return [call["request_id"] for call in client.get("/history", params={"search": search}).json()["calls"]]

        assert [call.request_id for call in calls] == [third, second, first]
        assert [call.method_form for call in calls] == ["json", "segy", "json"]
        assert calls[0].status == 422 and calls[0].error is not None and "trace 0 is dead" in calls[0].error
        assert (calls[2].traces, calls[2].windows, sum(calls[2].classes.values())) == (3, 15, 3)
        assert calls[2].key_id == "address testclient" and calls[2].latency_ms > 0
        assert found("SEGY") == [second] and found("dead") == [third] and found(first) == [first]
        assert found("nothing of the kind") == [] and found("  ") == [third, second, first]
        assert len(client.get("/history?limit=1").json()["calls"]) == 1
        for wrong in ("limit=0", "limit=501", "limit=x", f"search={'x' * 101}"):
            assert client.get(f"/history?{wrong}").status_code == 422


AT_THE_END_OF_TIME = "e677d21f-dbff-7000-8000-000000000000"


@pytest.mark.parametrize("search", [AT_THE_END_OF_TIME, "%", "\\", "[", "\0", "ü", "_"])
def test_no_search_makes_the_history_fail(bundle: Bundle, tmp_path: Path, search: str) -> None:
    with service(lambda: ("7", bundle), folder=tmp_path, recording=ALL) as client:
        client.post("/predict", json=BODY)
    with service(lambda: ("7", bundle), folder=tmp_path, recording=ALL) as client:
        assert client.get("/history", params={"search": search}).status_code == 200


def test_a_section_is_recorded_as_a_prediction(bundle: Bundle, tmp_path: Path) -> None:
    with service(lambda: ("7", bundle), folder=tmp_path, recording=ALL) as client:
        section = client.post(
            "/section", content=segy_bytes(tmp_path), headers={"Content-Type": "application/octet-stream"}
        ).json()
        assert list((tmp_path / "uploads").iterdir()) == []
        client.post("/section", json={"traces": make_traces(4).tolist()})
    with service(lambda: ("7", bundle), folder=tmp_path, recording=ALL) as client:
        json_call, segy_call = History.model_validate_json(client.get("/history").content).calls

    assert len(base64.b64decode(section["classes"])) == section["width"] * section["height"]
    assert (segy_call.endpoint, segy_call.method_form, segy_call.traces) == ("/v1/section", "segy", 30)
    assert (json_call.method_form, json_call.traces, json_call.model_version) == ("json", 4, "7")
    assert segy_call.windows == section["windows"]
    assert segy_call.mean_confidence is not None and np.isfinite(segy_call.mean_confidence)


def test_the_sample_can_be_predicted(bundle: Bundle) -> None:
    with service(lambda: ("7", bundle)) as client:
        sample = client.get("/sample")
        assert sample.headers["Content-Type"] == "application/x-segy"
        assert client.post("/predict/segy", content=sample.content).status_code == 200
