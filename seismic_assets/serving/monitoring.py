"""The latest monitoring report, as the page shows it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

LATEST = Path("reports") / "monitoring" / "latest.json"


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", protected_namespaces=())


class _FeatureDrift(_Part):
    features_tested: int = 0
    features_drifted: int = 0
    severity: str = "none"


class _Performance(_Part):
    accuracy: float | None = None


class _Report(_Part):
    timestamp: datetime | None = None
    summary: str = ""
    feature_drift: _FeatureDrift = _FeatureDrift()
    performance: _Performance = _Performance()


def latest_monitoring(storage_root: Path | None) -> dict[str, Any] | None:
    """The latest report in the shape of `page.schemas.Monitoring`; None where there is none that can be read."""
    if storage_root is None:
        return None
    try:
        report = _Report.model_validate_json((storage_root / LATEST).read_bytes())
    except (OSError, ValidationError):
        return None  # the collector of the metrics says in the log what is wrong with it
    drift = report.feature_drift
    return {
        "severity": drift.severity,
        "summary": report.summary or f"{drift.features_drifted} of {drift.features_tested} features drifted",
        "reported_at": report.timestamp,
        "drifted_features": drift.features_drifted,
        "features": drift.features_tested,
        "accuracy": report.performance.accuracy,
    }
