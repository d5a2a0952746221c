"""The latest monitoring report, as the page shows it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from seismic_assets.registry import Bundle
from seismic_assets.serving.monitoring import LATEST, latest_monitoring
from seismic_assets.serving.page.schemas import Monitoring
from seismic_assets_tests.serving.services import service

REPORT = {
    "timestamp": "2025-03-01T12:00:00+00:00",
    "summary": "two features drifted",
    "feature_drift": {"features_tested": 14, "features_drifted": 2, "severity": "minor", "by_feature": {"a": 1}},
    "performance": {"accuracy": 0.75, "classes": 3},
    "further": [1, 2],
}


def written(root: Path, content: object) -> Path:
    path = root / LATEST
    path.parent.mkdir(parents=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return root


def test_a_report_is_shown_with_what_the_page_knows(tmp_path: Path) -> None:
    shown = latest_monitoring(written(tmp_path, REPORT))

    assert shown == {
        "severity": "minor",
        "summary": "two features drifted",
        "reported_at": datetime(2025, 3, 1, 12, tzinfo=UTC),
        "drifted_features": 2,
        "features": 14,
        "accuracy": 0.75,
    }
    Monitoring.model_validate(shown)


def test_a_report_without_a_summary_gets_one(tmp_path: Path) -> None:
    shown = latest_monitoring(written(tmp_path, {name: REPORT[name] for name in REPORT if name != "summary"}))

    assert shown is not None and shown["summary"] == "2 of 14 features drifted"


def test_what_a_report_leaves_out_is_left_out(tmp_path: Path) -> None:
    shown = latest_monitoring(written(tmp_path, {}))

    assert shown is not None
    assert (shown["severity"], shown["reported_at"], shown["accuracy"]) == ("none", None, None)
    Monitoring.model_validate(shown)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"performance": 1}', '{"timestamp": "yesterday"}', "\0"])
def test_a_report_that_cannot_be_read_is_none(tmp_path: Path, content: str) -> None:
    assert latest_monitoring(written(tmp_path, content)) is None


def test_without_a_report_or_a_store_there_is_none(tmp_path: Path) -> None:
    assert latest_monitoring(tmp_path) is None
    assert latest_monitoring(None) is None


def test_the_status_shows_the_report_and_no_number_that_json_lacks(bundle: Bundle, tmp_path: Path) -> None:
    written(tmp_path, '{"summary": "calm", "performance": {"accuracy": NaN}}')
    with service(lambda: ("7", bundle), storage_root=tmp_path) as client:
        response = client.get("/status")

    assert response.status_code == 200
    monitoring = json.loads(response.text, parse_constant=pytest.fail)["monitoring"]
    assert (monitoring["summary"], monitoring["accuracy"]) == ("calm", None)
