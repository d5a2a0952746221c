"""The answer to a scrape, and what the page shows."""

import json
from pathlib import Path

import numpy as np
from prometheus_client import CONTENT_TYPE_LATEST

from seismic_assets.serving.metrics import ServiceMetrics, exposition, snapshot
from seismic_assets_tests.serving.metrics.reading import samples, scraped


def test_an_exposition_is_prometheus_text_with_a_help_and_a_type_for_each_metric(tmp_path: Path) -> None:
    text, content_type = exposition(ServiceMetrics(["/predict"], ["/predict"], tmp_path))

    assert content_type == CONTENT_TYPE_LATEST
    lines = text.decode().splitlines()
    helped = {line.split()[2] for line in lines if line.startswith("# HELP")}
    typed = {line.split()[2] for line in lines if line.startswith("# TYPE")}
    assert helped == typed
    assert samples(text.decode())
    assert all(name.startswith("seismic_") for name in helped)


def test_the_names_that_users_know_are_there(tmp_path: Path) -> None:
    report = tmp_path / "reports" / "monitoring" / "latest.json"
    report.parent.mkdir(parents=True)
    report.write_text(
        json.dumps(
            {
                "feature_drift": {"features_drifted": 4, "drift_ratio": 0.1},
                "performance": {"accuracy": 0.9, "f1_weighted": 0.8},
            }
        )
    )
    metrics = ServiceMetrics(["/predict"], ["/predict"], tmp_path)
    metrics.expect(["normal"])

    names = {line.partition("{")[0] for line in scraped(metrics)}

    assert names >= {
        "seismic_predictions_total",
        "seismic_prediction_latency_seconds_bucket",
        "seismic_model_accuracy",
        "seismic_model_f1_weighted",
        "seismic_drift_score",
        "seismic_features_drifted_count",
        "seismic_system_cpu_percent",
        "seismic_system_memory_percent",
    }


def test_a_snapshot_is_of_requests_to_predict_over_all_endpoints() -> None:
    metrics = ServiceMetrics(["/health", "/predict", "/predict/segy"], ["/predict", "/predict/segy"])
    metrics.request("/predict", 200, 0.0004)
    metrics.request("/predict/segy", 200, 20.0)
    metrics.request("/predict", 422, 0.001)
    metrics.request("/health", 200, 0.001)
    metrics.request("/nowhere", 404, 0.001)
    metrics.predicted({"normal": 3, "anomaly": 1}, np.full(4, 0.9, np.float32))

    seen = snapshot(metrics)

    assert seen["requests"] == {"total": 3, "errors": 1}
    assert seen["classes"] == {"anomaly": 1, "normal": 3}
    assert seen["latency_buckets_ms"][0] == [0.5, 1]
    assert seen["latency_buckets_ms"][-2:] == [[10_000.0, 1], [None, 2]]
    assert json.loads(json.dumps(seen, allow_nan=False)) == seen


def test_a_snapshot_before_the_first_request_is_all_noughts() -> None:
    seen = snapshot(ServiceMetrics(["/predict"], ["/predict"]))

    assert seen["requests"] == {"total": 0, "errors": 0}
    assert {count for _, count in seen["latency_buckets_ms"]} == {0}
