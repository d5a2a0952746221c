"""Drift and accuracy as the latest monitoring report has them."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import structlog
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

_log = structlog.get_logger(__name__)
# Metric: what it is, and where the report has it.
_FIGURES = {
    "seismic_drift_score": ("Share of features that drifted.", "feature_drift", "drift_ratio"),
    "seismic_features_drifted_count": ("Features that drifted.", "feature_drift", "features_drifted"),
    "seismic_model_accuracy": ("Accuracy on what was labelled since.", "performance", "accuracy"),
    "seismic_model_f1_weighted": ("Weighted F1 on what was labelled since.", "performance", "f1_weighted"),
}


class MonitoringCollector(Collector):
    """Gauges from a report; read again when it was replaced, absent where the report or the figure is.

    A report that is damaged is logged once and shows nothing: an old figure would pass for a present one.
    """

    def __init__(self, report: Path) -> None:
        """Prepare; `report` is a JSON file, and need not be there."""
        self._report = report
        self._lock = threading.Lock()
        self._mark: tuple[int, int, int] | None = None
        self._figures: dict[str, float] = {}
        self._complaint: str | None = None

    def collect(self) -> Iterable[Metric]:
        """The gauges."""
        for name, value in self._current().items():
            yield GaugeMetricFamily(name, _FIGURES[name][0], value)

    def _current(self) -> dict[str, float]:
        with self._lock:
            try:
                status = self._report.stat()
                mark = status.st_mtime_ns, status.st_size, status.st_ino
                if mark != self._mark:
                    self._figures = _figures(json.loads(self._report.read_bytes()))
                    self._mark, self._complaint = mark, None
            except FileNotFoundError:
                self._forget(None)
            except OSError as error:
                self._forget(f"{self._report} cannot be read ({error.strerror})")
            except (ValueError, RecursionError) as error:
                self._forget(f"{self._report} is no monitoring report ({error}); make it again")
            return self._figures

    def _forget(self, complaint: str | None) -> None:
        self._figures, self._mark = {}, None
        if complaint is not None and complaint != self._complaint:
            _log.warning("drift and accuracy are not shown", reason=complaint)
        self._complaint = complaint


def _figures(report: Any) -> dict[str, float]:
    """The figures that a report has; ValueError where it is none."""
    return {
        name: value
        for name, (_, section, key) in _FIGURES.items()
        if (value := _number(_section(report, section), section, key)) is not None
    }


def _section(report: Any, name: str) -> dict[str, Any]:
    if not isinstance(report, dict):
        raise ValueError("it is not a JSON object")
    section = report.get(name)
    if section is not None and not isinstance(section, dict):
        raise ValueError(f"{name} is not an object")
    return section or {}


def _number(section: dict[str, Any], name: str, key: str) -> float | None:
    value = section.get(key)
    if value is None:
        return None
    if isinstance(value, list):
        return float(len(value))
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name}.{key} is not a number")
    return float(value)
