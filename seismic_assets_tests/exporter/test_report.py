"""What is said of the monitoring report."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from seismic_assets.exporter.errors import NothingYetError, SourceError
from seismic_assets.exporter.report import ReportSource
from seismic_assets_tests.exporter.building import values

AGE = "seismic_pipeline_report_age_seconds"


def look(folder: Path, report: Any) -> dict[str, float]:
    path = folder / "latest.json"
    path.write_text(report if isinstance(report, str) else json.dumps(report))
    return values(ReportSource(path).look())


def ago(seconds: float) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=seconds)


@pytest.mark.parametrize("severity", ["undecided", "none", "low", "medium", "high"])
def test_age_and_severity_are_those_of_the_report(tmp_path: Path, severity: str) -> None:
    seen = look(tmp_path, {"timestamp": ago(1000).isoformat(), "feature_drift": {"severity": severity}})

    assert 1000 <= seen[AGE] < 1060
    stated = {name for name, value in seen.items() if "severity" in name and value == 1}
    assert stated == {f"seismic_pipeline_report_severity{{severity={severity}}}"}


def test_a_time_without_a_zone_is_utc(tmp_path: Path) -> None:
    assert 1000 <= look(tmp_path, {"timestamp": ago(1000).replace(tzinfo=None).isoformat()})[AGE] < 1060


def test_a_report_of_the_future_is_of_now(tmp_path: Path) -> None:
    assert look(tmp_path, {"timestamp": ago(-1000).isoformat()})[AGE] == 0


def test_without_a_report_there_is_nothing_yet(tmp_path: Path) -> None:
    with pytest.raises(NothingYetError):
        ReportSource(tmp_path / "latest.json").look()


@pytest.mark.parametrize(
    "report",
    [
        "{",
        "[]",
        "{}",
        {"timestamp": "yesterday"},
        {"timestamp": 5},
        {"timestamp": "2025-01-01", "feature_drift": {"severity": "dire"}},
    ],
)
def test_what_is_no_report_is_said(tmp_path: Path, report: Any) -> None:
    with pytest.raises(SourceError, match=r"latest\.json is no monitoring report"):
        look(tmp_path, report)


def test_a_folder_in_its_place_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        ReportSource(tmp_path).look()
