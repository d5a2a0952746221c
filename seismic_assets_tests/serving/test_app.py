import json
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from seismic_assets.attributes import EXTENDED, LATERAL, FeatureSet, WindowGrid, features_of, handcrafted
from seismic_assets.frames import IngestOptions, ingest_files, surroundings_of
from seismic_assets.inference import PREDICTED_COLUMNS, Predictor, bronze_predictions, predict_file
from seismic_assets.lake import BRONZE_TRACES, Lake
from seismic_assets.registry import Bundle, BundleError
from seismic_assets.segy import write_segy
from seismic_assets.serving.app import create_app
from seismic_assets.serving.schemas import PredictResponse
from seismic_assets.serving.schemas_about import ModelInfo
from seismic_assets_tests.inference.building import (
    CLASSES,
    COMPONENTS,
    INTERVAL_US,
    START_MS,
    STEP,
    WINDOW,
    make_traces,
    placed,
    places,
)
from seismic_assets_tests.serving.conftest import NOW


def predict(client: TestClient, traces: np.ndarray, **options) -> dict:
    response = client.post("/predict", json={"traces": traces.tolist(), **options})
    assert response.status_code == 200, response.text
    PredictResponse.model_validate_json(response.content)
    return response.json()


def test_the_root_says_what_this_is_and_where_to_go(client: TestClient) -> None:
    welcome = client.get("/").json()

    assert welcome.keys() == {"message", "version", "features", "endpoints"}
    assert all(client.request("OPTIONS", path).status_code != 404 for path in welcome["endpoints"])


def test_health_names_the_model(client: TestClient) -> None:
    health = client.get("/health").json()

    assert datetime.fromisoformat(health.pop("timestamp")) == NOW
    assert health == {
        "status": "healthy",
        "live": True,
        "ready": True,
        "model_loaded": True,
        "scaler_loaded": True,
        "pca_loaded": True,
        "model_type": "hist_gradient_boosting",
        "model_version": "7",
        "num_features": 8 + COMPONENTS,
        "reason": None,
        "feature_store": None,
    }


def test_readiness_is_said_by_the_status(client: TestClient, client_without_model: TestClient) -> None:
    assert (client.get("/v1/ready").status_code, client.get("/v1/ready").json()["model_version"]) == (200, "7")
    assert client_without_model.get("/v1/ready").status_code == 503


def test_model_info_says_what_the_model_takes(client: TestClient) -> None:
    info = ModelInfo.model_validate(client.get("/model_info").json())

    assert (info.model_type, info.model_version, info.num_features) == ("hist_gradient_boosting", "7", 14)
    assert info.feature_set == "classic"
    assert info.feature_breakdown.model_dump() == {
        "handcrafted": 8,
        "pca_embeddings": COMPONENTS,
        "extended": 0,
        "lateral": 0,
        "time": 0,
    }
    assert info.window.model_dump() == {"samples": WINDOW, "step": STEP}
    assert (info.sample_interval_us, info.classes) == (INTERVAL_US, list(CLASSES))
    assert info.trained_classes == ["quiet", "loud", "fast"]


def test_an_answer_holds_the_probabilities_of_the_predictor(client: TestClient, predictor: Predictor) -> None:
    traces = make_traces(7)

    answer = predict(client, traces)

    expected = predictor.predict(traces, INTERVAL_US).probabilities
    given = [[list(w["probabilities"].values()) for w in trace["windows"]] for trace in answer["predictions"]]
    np.testing.assert_allclose(given, expected, atol=1e-6)
    assert list(answer["predictions"][0]["probabilities"]) == list(CLASSES)


def test_an_answer_says_which_model_and_when(client: TestClient) -> None:
    answer = predict(client, make_traces(1))

    assert (answer["model_version"], answer["num_features"]) == ("7", 8 + COMPONENTS)
    assert datetime.fromisoformat(answer["timestamp"]) == NOW


def test_the_request_id_of_answer_and_header_agree_and_differ_between_requests(client: TestClient) -> None:
    responses = [client.post("/predict", json={"traces": make_traces(1).tolist()}) for _ in range(2)]

    ids = [response.json()["request_id"] for response in responses]
    assert ids == [response.headers["X-Request-ID"] for response in responses]
    assert ids[0] != ids[1]


def test_trace_ids_are_the_places_in_the_request_over_all_blocks(client: TestClient) -> None:
    traces = make_traces(600, 40)

    answer = predict(client, traces)

    assert [trace["trace_id"] for trace in answer["predictions"]] == list(range(600))
    alone = predict(client, traces[599:])["predictions"][0]
    last = answer["predictions"][599]
    assert last["probabilities"] == pytest.approx(alone["probabilities"], abs=1e-6)


def test_a_trace_is_answered_with_the_mean_of_its_windows(client: TestClient) -> None:
    for trace in predict(client, make_traces(6, seed=5))["predictions"]:
        means = {name: np.mean([w["probabilities"][name] for w in trace["windows"]]) for name in CLASSES}
        assert trace["probabilities"] == pytest.approx(means, abs=1e-6)
        best = max(means, key=means.__getitem__)
        assert (trace["predicted_class_name"], trace["predicted_class"]) == (best, CLASSES.index(best))
        assert trace["confidence"] == trace["probabilities"][best]


def test_windows_have_times_in_milliseconds_from_the_first_sample(client: TestClient) -> None:
    windows = predict(client, make_traces(1))["predictions"][0]["windows"]

    assert [(w["start_ms"], w["end_ms"]) for w in windows] == [
        (0, 128),
        (64, 192),
        (128, 256),
        (192, 320),
        (256, 384),
    ]
    assert "features" not in windows[0]


def test_features_are_those_of_the_pipeline_to_1e_5(client: TestClient, bundle: Bundle) -> None:
    traces = make_traces(5, seed=8)

    answer = predict(client, traces, return_features=True)

    given = [list(w["features"].values()) for trace in answer["predictions"] for w in trace["windows"]]
    windows = WindowGrid(WINDOW, STEP).cut(traces)
    np.testing.assert_allclose(given, features_of(windows, INTERVAL_US, bundle.embedder), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(np.array(given)[:, :8], handcrafted(windows, INTERVAL_US), rtol=1e-5)
    assert list(answer["predictions"][0]["windows"][0]["features"]) == list(bundle.manifest.feature_names)


def test_the_options_of_the_contract_are_accepted(client: TestClient) -> None:
    traces = make_traces(2)

    plain = predict(client, traces)
    full = predict(
        client, traces, sample_interval_us=INTERVAL_US, include_embeddings=True, metadata={"who": ["me", None]}
    )

    assert full["predictions"] == plain["predictions"]


def test_without_a_model_the_service_lives_and_says_why(client_without_model: TestClient) -> None:
    health = client_without_model.get("/health")

    assert health.status_code == 200
    assert health.json()["status"] == "degraded"
    assert [health.json()[f"{part}_loaded"] for part in ("model", "scaler", "pca")] == [False] * 3
    assert health.json()["reason"] == "no version of SeismicClassifier is in production; train one"


@pytest.mark.parametrize(("method", "path"), [("POST", "/predict"), ("GET", "/model_info")])
def test_without_a_model_there_is_no_answer_but_503(client_without_model: TestClient, method: str, path: str) -> None:
    response = client_without_model.request(method, path, content=b"not even JSON")

    assert response.status_code == 503
    assert response.json()["detail"].startswith("no model is loaded, GET /health says why")


def test_an_altered_bundle_leaves_the_service_without_a_model() -> None:
    def load() -> tuple[str, Bundle]:
        raise BundleError("model.onnx was altered")

    with TestClient(create_app(load)) as client:
        assert client.get("/health").json()["reason"] == "model.onnx was altered"


def test_metrics_count_traces_by_class_and_requests_by_latency(client: TestClient) -> None:
    assert 'seismic_predictions_total{predicted_class="loud"} 0.0' in client.get("/metrics").text
    answer = predict(client, make_traces(30))
    client.post("/predict", json={"traces": [[1, 1]]})

    lines = client.get("/metrics").text.splitlines()

    loud = sum(trace["predicted_class_name"] == "loud" for trace in answer["predictions"])
    assert loud > 5
    assert f'seismic_predictions_total{{predicted_class="loud"}} {float(loud)}' in lines
    assert 'seismic_prediction_latency_seconds_count{endpoint="/v1/predict"} 1.0' in lines
    assert 'seismic_requests_total{endpoint="/v1/predict",status="422"} 1.0' in lines


def test_two_applications_count_apart(bundle: Bundle) -> None:
    with TestClient(create_app(lambda: ("1", bundle))) as one, TestClient(create_app(lambda: ("2", bundle))) as two:
        predict(one, make_traces(1))

        assert 'seismic_prediction_latency_seconds_count{endpoint="/v1/predict"} 0.0' in two.get("/metrics").text


def test_a_request_is_logged_without_its_body(client: TestClient) -> None:
    with capture_logs() as lines:
        answer = predict(client, make_traces(1), metadata={"secret": "hush"})

    line = next(line for line in lines if line["event"] == "request")
    facts = {"request_id", "method", "path", "status", "milliseconds", "caller", "traces", "version"}
    assert line.keys() == {"event", "log_level", *facts}
    assert (line["method"], line["path"], line["status"]) == ("POST", "/v1/predict", 200)
    assert (line["caller"], line["traces"], line["version"]) == ("address testclient", 1, "7")
    assert line["request_id"] == answer["request_id"]
    assert "hush" not in str(lines)


def test_a_path_cannot_forge_a_line_of_the_log(client: TestClient) -> None:
    with capture_logs() as lines:
        client.get("/a%0aevil?key=hush")

    assert [line["path"] for line in lines if line["event"] == "request"] == ["/a%0Aevil"]


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nowhere", 404), ("GET", "/predict", 405), ("GET", "/docs", 404)]
)
def test_errors_are_problem_details(client: TestClient, method: str, path: str, status: int) -> None:
    response = client.request(method, path)

    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem.keys() == {"type", "title", "status", "detail", "instance"}
    assert (problem["type"], problem["status"]) == ("about:blank", status)
    assert problem["instance"] == f"urn:uuid:{response.headers['X-Request-ID']}"


def test_an_unforeseen_error_is_a_problem_that_tells_nothing_of_its_cause(bundle: Bundle) -> None:
    def clock() -> datetime:
        raise RuntimeError("hush")

    with TestClient(create_app(lambda: ("7", bundle), clock=clock), raise_server_exceptions=False) as client:
        response = client.get("/health")

    assert (response.status_code, response.headers["content-type"]) == (500, "application/problem+json")
    assert "hush" not in response.text


def test_the_description_covers_request_answer_and_problems(client: TestClient) -> None:
    description = client.get("/openapi.json").json()

    operation = description["paths"]["/v1/predict"]["post"]
    body, *look_ups = operation["requestBody"]["content"]["application/json"]["schema"]["anyOf"]
    assert [set(each["required"]) for each in look_ups] == [{"trace_ids"}, {"file_id", "trace_index"}]
    assert body["properties"].keys() == {
        "traces",
        "sample_interval_us",
        "amplitude_scale",
        "start_ms",
        "inline",
        "crossline",
        "include_embeddings",
        "return_features",
        "store_features",
        "metadata",
    }
    assert body["required"] == ["traces"]
    assert {"200", "400", "401", "413", "415", "422", "429", "503"} <= operation["responses"].keys()
    assert "http://" not in json.dumps(description) and "https://" not in json.dumps(description)


def given_places(count: int) -> dict[str, object]:
    inline, crossline = places(count)
    return {"start_ms": START_MS, "inline": inline.tolist(), "crossline": crossline.tolist()}


def test_model_info_says_what_a_model_of_more_features_takes(lateral_client: TestClient) -> None:
    info = ModelInfo.model_validate(lateral_client.get("/model_info").json())

    names = FeatureSet("lateral", time=True).names(COMPONENTS)
    assert (info.feature_set, info.feature_names, info.num_features) == ("lateral", list(names), len(names))
    assert info.feature_breakdown.model_dump() == {
        "handcrafted": 8,
        "pca_embeddings": COMPONENTS,
        "extended": len(EXTENDED),
        "lateral": len(LATERAL),
        "time": 1,
    }
    assert sum(info.feature_breakdown.model_dump().values()) == info.num_features


def test_a_model_that_needs_neighbours_finds_them_among_the_traces_of_the_request(
    lateral_client: TestClient, lateral: Predictor
) -> None:
    traces = placed(make_traces(100, 70, seed=4))

    answer = predict(lateral_client, traces.samples, **given_places(100))

    expected = lateral.predict(
        traces.samples, INTERVAL_US, start_ms=traces.start_ms, neighbours=traces.neighbours
    ).probabilities
    given = [[list(w["probabilities"].values()) for w in trace["windows"]] for trace in answer["predictions"]]
    np.testing.assert_allclose(given, expected, atol=1e-6)


def test_the_request_the_file_and_bronze_give_the_same_probabilities(
    lateral_client: TestClient, lateral: Predictor, tmp_path: Path
) -> None:
    order = np.random.default_rng(0).permutation(60)
    inline, crossline = (numbers[order] for numbers in places(60))
    traces, path, lake = make_traces(60, seed=4)[order], tmp_path / "a.sgy", Lake(tmp_path / "lake")
    lines = {"inline": inline, "crossline": crossline, "cdp_x": crossline * 12.5, "cdp_y": inline * 25.0}
    write_segy(path, traces, **lines, sample_interval_us=INTERVAL_US, start_ms=START_MS, sample_format="ieee")
    list(ingest_files(lake, {"a.sgy": path}, IngestOptions()))
    around = surroundings_of(lake, ["a.sgy"], FeatureSet("lateral"))["a.sgy"]
    nothing = pl.DataFrame(schema={"trace_index": pl.Int64, "window_index": pl.Int32, "class": pl.Int32})
    rows = lake.segments(BRONZE_TRACES, ["a.sgy"])[0].batches(PREDICTED_COLUMNS)

    answer = predict(lateral_client, traces, start_ms=START_MS, inline=inline.tolist(), crossline=crossline.tolist())
    frames = [*predict_file(lateral, path), *bronze_predictions(lateral, rows, nothing, "8", around=around)]

    given = [list(w["probabilities"].values()) for trace in answer["predictions"] for w in trace["windows"]]
    for frame in frames:
        found = frame.select(f"prob_{name}" for name in CLASSES).to_numpy()
        np.testing.assert_allclose(found, given, atol=1e-6)


def test_features_of_a_model_of_more_features_have_all_its_names(
    lateral_client: TestClient, lateral: Predictor
) -> None:
    traces = placed(make_traces(50, 70, seed=4))

    answer = predict(lateral_client, traces.samples, return_features=True, **given_places(50))

    windows = [window["features"] for trace in answer["predictions"] for window in trace["windows"]]
    assert {tuple(window) for window in windows} == {FeatureSet("lateral", time=True).names(COMPONENTS)}
    given = np.array([list(window.values()) for window in windows])
    np.testing.assert_allclose(given, lateral.features(traces), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("left_out", "sentence"),
    [
        (["start_ms"], "the time of a window is a feature of this model; give start_ms, the time of the first sample"),
        (
            ["inline", "crossline"],
            "the model compares a trace with the traces around it; give the inline and crossline of each trace",
        ),
        (["inline"], "give inline and crossline, one number for each of the 3 traces"),
    ],
)
def test_what_a_model_needs_and_a_request_lacks_is_said_in_a_sentence(
    lateral_client: TestClient, left_out: list[str], sentence: str
) -> None:
    given = {name: value for name, value in given_places(3).items() if name not in left_out}

    response = lateral_client.post("/predict", json={"traces": make_traces(3).tolist(), **given})

    assert (response.status_code, response.json()["detail"]) == (422, sentence)


def test_times_and_places_that_a_model_does_not_need_are_accepted_and_change_nothing(client: TestClient) -> None:
    traces = make_traces(30)

    assert predict(client, traces, **given_places(30))["predictions"] == predict(client, traces)["predictions"]


def test_places_at_the_ends_of_what_a_header_holds_are_answered(lateral_client: TestClient) -> None:
    numbers = [-(2**31), 2**31 - 1, 0, 1, 2, 0, 0]

    predict(lateral_client, make_traces(7), start_ms=0, inline=numbers, crossline=numbers[::-1])


def test_the_largest_amplitudes_are_answered_by_a_model_of_more_features(lateral_client: TestClient) -> None:
    traces = np.array([[1e15, -1e15] * 20] * 4, np.float32)

    predict(lateral_client, traces, return_features=True, **given_places(4))
