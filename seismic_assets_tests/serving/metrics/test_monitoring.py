"""Gauges of the latest monitoring report."""

import json
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from seismic_assets.serving.metrics import MonitoringCollector

REPORT: dict[str, Any] = {
    "timestamp": "2025-03-01T12:00:00+00:00",
    "model_info": {"version": "7"},
    "feature_drift": {"features_tested": 40, "features_drifted": 6, "drift_ratio": 0.15, "severity": "medium"},
    "prediction_drift": {"drift_detected": False, "chi2_pvalue": 0.4},
    "performance": {"accuracy": 0.91, "f1_weighted": 0.9},
    "alerts": [],
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "latest.json"


def gauges(collector: MonitoringCollector) -> dict[str, float]:
    return {sample.name: sample.value for metric in collector.collect() for sample in metric.samples}


def test_drift_and_accuracy_are_those_of_the_report(path: Path) -> None:
    path.write_text(json.dumps(REPORT))

    assert gauges(MonitoringCollector(path)) == {
        "seismic_drift_score": 0.15,
        "seismic_features_drifted_count": 6,
        "seismic_model_accuracy": 0.91,
        "seismic_model_f1_weighted": 0.9,
    }


def test_a_report_may_name_the_features_that_drifted(path: Path) -> None:
    path.write_text(json.dumps({"feature_drift": {"features_drifted": ["rms", "energy"]}}))

    assert gauges(MonitoringCollector(path)) == {"seismic_features_drifted_count": 2}


def test_what_a_report_does_not_have_is_absent(path: Path) -> None:
    path.write_text(json.dumps({**REPORT, "performance": None, "feature_drift": {"drift_ratio": 0}}))

    assert gauges(MonitoringCollector(path)) == {"seismic_drift_score": 0}


def test_a_new_report_takes_the_place_of_the_one_before(path: Path) -> None:
    path.write_text(json.dumps(REPORT))
    collector = MonitoringCollector(path)
    gauges(collector)

    path.write_text(json.dumps({**REPORT, "performance": {"accuracy": 0.5}}))

    assert gauges(collector)["seismic_model_accuracy"] == 0.5
    path.unlink()
    assert gauges(collector) == {}


def test_without_a_report_there_is_no_gauge_and_no_complaint(path: Path) -> None:
    with capture_logs() as logs:
        assert gauges(MonitoringCollector(path)) == {}

    assert logs == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"feature_drift": 3}',
        b'{"feature_drift": {"drift_ratio": "high"}}',
        b'{"feature_drift": {"drift_ratio": true}}',
        b'{"performance": {"accuracy": NaN}}',
    ],
)
def test_a_damaged_report_shows_nothing_and_is_logged_once(path: Path, content: bytes) -> None:
    path.write_text(json.dumps(REPORT))
    collector = MonitoringCollector(path)
    gauges(collector)
    path.write_bytes(content)

    with capture_logs() as logs:
        seen = [gauges(collector) for _ in range(3)]

    assert seen == [{}, {}, {}]
    assert [entry["event"] for entry in logs] == ["drift and accuracy are not shown"]
    assert str(path) in logs[0]["reason"]


def test_a_report_that_is_no_file_is_logged(path: Path) -> None:
    path.mkdir()

    with capture_logs() as logs:
        assert gauges(MonitoringCollector(path)) == {}

    assert "cannot be read" in logs[0]["reason"]
