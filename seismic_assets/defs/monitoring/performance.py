"""How what was served did, kept as a file between the asset that finds out and the report that says so."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import ValidationError

from seismic_assets.defs.evaluation.record import load_record
from seismic_assets.defs.evaluation.scoring import MODEL
from seismic_assets.defs.monitoring.served import collected, served_rows
from seismic_assets.monitoring import (
    Baseline,
    DegradationLimits,
    Known,
    MonitoringError,
    Period,
    performance_part,
    serving_performance,
)
from seismic_assets.monitoring.report_parts import PerformancePart
from seismic_assets.registry import PRODUCTION, BundleError, ModelRegistry, RegistryError
from seismic_assets.settings import Settings
from seismic_assets.whole_files import replace_file

_WINDOWS = 24


def served_performance(settings: Settings, registry: ModelRegistry, now: datetime) -> PerformancePart:
    """Figures of the last hours, by version; accuracy also of requests before them, as truth is late.

    Raises:
        MonitoringError: a table of the service cannot be used.
        RegistryError: the registry does not answer.
    """
    span = timedelta(hours=settings.monitoring_hours)
    period = Period(now - span, now, span / _WINDOWS, now - max(span, timedelta(hours=settings.truth_hours)))
    feedback = collected(served_rows(settings, period.earliest, "feedback"), "feedback")
    # A request that was refused before a model saw it has no version; the service writes an empty one.
    requests = _requests(settings, period, feedback).with_columns(pl.col("model_version").replace("", None))
    versions = [str(version) for version in requests["model_version"].drop_nulls().unique()]
    baselines = {version: found for version in versions if (found := _baseline(settings, version)) is not None}
    known = Known(
        class_names={version: names for version in versions if (names := _classes(registry, version))},
        champion=registry.version_of(PRODUCTION),
        baselines=baselines,
        limits=DegradationLimits(margin=settings.max_accuracy_drop, fewest_truths=settings.min_truths),
    )
    losses = _losses(settings.serving_dir / "losses.jsonl")
    return performance_part(serving_performance(requests, feedback, period, known, now, losses), baselines)


def _requests(settings: Settings, period: Period, feedback: pl.DataFrame) -> pl.DataFrame:
    """Requests of the period, and of those before it the ones that feedback is about: the others are days of rows."""
    rows = served_rows(settings, period.earliest, "inference_log").drop("inputs", "features", strict=False)
    told = feedback["request_id"].unique().implode()
    return collected(
        rows.filter((pl.col("received_at") >= period.start) | pl.col("request_id").is_in(told)), "inference_log"
    )


def unreadable_performance(error: MonitoringError) -> PerformancePart:
    """Figures of nothing, with the reason: files are judged and the report is made all the same."""
    return PerformancePart(sentence="what was served cannot be read", unreadable=str(error), notes=[str(error)])


def save_performance(settings: Settings, part: PerformancePart) -> None:
    """Write it, whole or not at all."""
    path = _path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, part.model_dump_json(indent=1))


def load_performance(settings: Settings) -> PerformancePart:
    """What was found last; an empty part before the first time.

    Raises:
        MonitoringError: the file is damaged.
    """
    path = _path(settings)
    try:
        return PerformancePart.model_validate_json(path.read_bytes()) if path.exists() else PerformancePart()
    except ValidationError as error:
        raise MonitoringError(f"{path} is damaged; materialise serving_performance again") from error


def _path(settings: Settings) -> Path:
    return settings.reports_dir / "monitoring" / "performance.json"


def _baseline(settings: Settings, version: str) -> Baseline | None:
    record = load_record(settings, version)
    if record is None:
        return None
    scores = record.scores[MODEL]
    return Baseline(scores.accuracy, scores.f1_macro, scores.f1_weighted)


def _classes(registry: ModelRegistry, version: str) -> tuple[str, ...]:
    try:
        return registry.bundle(version).manifest.classes
    except (BundleError, RegistryError):
        return ()  # a version that is gone, or one of a folder: its feedback counts as unmatched, with the reason


def _losses(path: Path) -> list[dict[str, Any]]:
    """Entries of the service's count of rows that a killed process took with it.

    A line that is no JSON gives an entry that says nothing, which the figures count: a process that was killed as it
    wrote a line leaves a torn one.
    """
    if not path.exists():
        return []
    return [_loss(line) for line in path.read_text(errors="replace").splitlines() if line.strip()]


def _loss(line: str) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}
