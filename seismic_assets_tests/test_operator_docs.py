"""The SQL alerts that the operator's page shows, in a file."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from seismic_assets.lake import MONITORING_REPORTS, Lake
from seismic_assets.monitoring.sql import find_tables
from seismic_assets.monitoring.sql_alerts import SqlAlertResult, evaluate_alerts, load_alerts
from seismic_assets_tests.monitoring.test_sql import NOW, PREDICTIONS, add_rows, frame_of

OPERATOR = Path(__file__).parents[1] / "docs" / "operator.md"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def standing(lake: Lake) -> dict[str, SqlAlertResult]:
    """How the alerts of the page stand, by name."""
    blocks = re.findall(r"```yaml\n(.*?)```", OPERATOR.read_text(), re.DOTALL)
    file = lake.root.parent / "alerts.yaml"
    (written,) = (each for each in blocks if "sentence:" in each)
    file.write_text(written)
    found = evaluate_alerts(load_alerts(file), find_tables(lake.root, lake.root.parent / "serving"), NOW)
    return {each.name: each for each in found}


def predict(lake: Lake, file_id: str, *confidences: float) -> None:
    rows = [
        {"file_id": file_id, "trace_index": index, "confidence": confidence}
        for index, confidence in enumerate(confidences)
    ]
    add_rows(lake, PREDICTIONS, *rows)


def report(lake: Lake, hours_ago: float) -> None:
    row = frame_of(MONITORING_REPORTS, {}).to_dicts()[0] | {"timestamp": NOW - timedelta(hours=hours_ago)}
    lake.replace(MONITORING_REPORTS, frame_of(MONITORING_REPORTS, row))


def test_the_alerts_of_the_page_are_on_where_they_say_so(lake: Lake) -> None:
    predict(lake, "sure.sgy", 0.9, 0.8)
    predict(lake, "unsure.sgy", 0.7, 0.5)
    report(lake, hours_ago=4)
    found = standing(lake)
    assert [each.status for each in found.values()] == ["on", "on"]
    assert found["unsure_answers"].sentence.startswith(
        "files with a mean confidence below 0.7: 1, the lowest unsure.sgy with 0.60"
    )
    assert "2026-05-04 08:00 UTC" in found["report_is_late"].sentence


def test_and_off_where_all_is_well(lake: Lake) -> None:
    predict(lake, "sure.sgy", 0.9, 0.8)
    report(lake, hours_ago=1)
    assert [each.status for each in standing(lake).values()] == ["off", "off"]
