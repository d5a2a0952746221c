"""The latest monitoring report: how old it is and what it says of drift."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, TypeAlias, get_args

from prometheus_client.core import GaugeMetricFamily
from pydantic import BaseModel, ConfigDict, Strict, ValidationError

from seismic_assets.exporter.errors import NothingYetError, SourceError
from seismic_assets.exporter.parts import Look

Severity: TypeAlias = Literal["undecided", "none", "low", "medium", "high"]


class _FeatureDrift(BaseModel):
    model_config = ConfigDict(extra="ignore")

    severity: Severity = "none"


class _Report(BaseModel):
    model_config = ConfigDict(extra="ignore")

    timestamp: Annotated[datetime, Strict()]  # a number would be seconds since 1970
    feature_drift: _FeatureDrift = _FeatureDrift()


class ReportSource:
    """Age and severity, read anew for each look: the file is small."""

    def __init__(self, path: Path) -> None:
        """Prepare; `path` is a JSON file, and need not be there yet."""
        self._path = path

    def look(self) -> Look:
        """The metrics.

        Raises:
            NothingYetError: there is no report yet.
            SourceError: it cannot be read.
        """
        try:
            report = _Report.model_validate_json(self._path.read_bytes())
        except FileNotFoundError as error:
            raise NothingYetError(f"there is no monitoring report {self._path} yet") from error
        except OSError as error:
            raise SourceError(f"{self._path} cannot be read ({error.strerror}); fix the rights") from error
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"])) or "the whole"
            raise SourceError(
                f"{self._path} is no monitoring report ({place}: {first['msg']}); make it again"
            ) from error
        severity = GaugeMetricFamily(
            "seismic_pipeline_report_severity", "1 for the severity that the report states.", labels=["severity"]
        )
        for each in get_args(Severity):
            severity.add_metric([each], each == report.feature_drift.severity)
        return Look([_age(report.timestamp), severity])


def _age(made: datetime) -> GaugeMetricFamily:
    """A time without zone is UTC; one in the future, of a clock that goes wrong, is now."""
    moment = made if made.tzinfo is not None else made.replace(tzinfo=UTC)
    age = max(0.0, time.time() - moment.timestamp())
    return GaugeMetricFamily("seismic_pipeline_report_age_seconds", "Since the latest monitoring report.", age)
