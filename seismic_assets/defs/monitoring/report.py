"""The monitoring report from the tables, written as JSON and as a page."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import polars as pl

from seismic_assets.defs.evaluation.record import load_record
from seismic_assets.defs.evaluation.scoring import MODEL
from seismic_assets.defs.monitoring.judging import worst_first
from seismic_assets.defs.monitoring.performance import load_performance
from seismic_assets.lake import (
    DRIFT_TILES,
    DRIFT_VERDICTS,
    FEATURE_DRIFT,
    MONITORING_HISTORY,
    MONITORING_REPORTS,
    PREDICTION_DRIFT,
    SEGY_CATALOGUE,
    TRACE_QUALITY,
    Lake,
)
from seismic_assets.monitoring import (
    DataQualityPart,
    Decision,
    ImportanceDriftPart,
    ModelInfo,
    MonitoringReport,
    compose_report,
    drift_subject,
    feature_drift_part,
    prediction_drift_part,
    prediction_subject,
    report_html,
)
from seismic_assets.monitoring.report_parts import DriftSubject, PredictionSubject
from seismic_assets.registry import Bundle, ModelRegistry
from seismic_assets.settings import Settings
from seismic_assets.whole_files import replace_file

_MOST_SUBJECTS = 50
_MOST_ROWS = 1_000_000
_MOST_FILES = 200
_TOP = 10


def make_report(
    lake: Lake, registry: ModelRegistry, settings: Settings, decision: Decision | None, now: datetime
) -> MonitoringReport:
    """The report of what is in the tables; of many files those that drifted most.

    Raises:
        RegistryError: there is no version in production.
    """
    version, bundle = registry.aliased()
    drift = _drift_subjects(lake, worst_first(lake.read(DRIFT_VERDICTS)).head(_MOST_SUBJECTS))
    answers = lake.read(PREDICTION_DRIFT).sort("drifted", "cohens_w", descending=True, nulls_last=True)
    references = bundle.drift.predictions if bundle.drift is not None else None
    shares = dict(zip(references.classes, references.shares.tolist(), strict=True)) if references is not None else {}
    return compose_report(
        now,
        _model_info(registry, settings, version, bundle),
        feature_drift=feature_drift_part(drift),
        prediction_drift=prediction_drift_part(
            [_prediction_subject(row) for row in answers.head(_MOST_SUBJECTS).to_dicts()], shares
        ),
        importance_drift=_importance(settings, version, drift),
        performance=load_performance(settings),
        data_quality=_data_quality(lake),
        retraining=decision,
    )


def write_report(lake: Lake, settings: Settings, report: MonitoringReport) -> Path:
    """Write the pages of a report and the rows of the history; gives the page."""
    page = write_pages(settings, report)
    folder = page.parent
    for old in sorted(folder.glob("2*.*"))[: -2 * _MOST_FILES]:
        old.unlink()
    _append(lake, MONITORING_REPORTS, report.history_row())
    verdicts = lake.read(DRIFT_VERDICTS).with_columns(pl.lit(report.timestamp).alias("timestamp"), file_id="subject")
    _append(lake, MONITORING_HISTORY, verdicts)
    return page


def write_pages(settings: Settings, report: MonitoringReport) -> Path:
    """Write `latest.json` and `latest.html`, and the same under its time; gives the page."""
    folder = settings.reports_dir / "monitoring"
    folder.mkdir(parents=True, exist_ok=True)
    for suffix, content in (("html", report_html(report)), ("json", report.to_json())):
        replace_file(folder / f"{report.timestamp:%Y%m%dT%H%M%SZ}.{suffix}", content)
        replace_file(folder / f"latest.{suffix}", content)
    return folder / "latest.html"


def _append(lake: Lake, table: Any, rows: pl.DataFrame) -> None:
    known = lake.read(table)
    more = rows.select(pl.col(name).cast(kind) for name, kind in known.schema.items())
    lake.replace(table, pl.concat([known, more]).tail(_MOST_ROWS))


def _drift_subjects(lake: Lake, verdicts: pl.DataFrame) -> list[DriftSubject]:
    wanted = pl.col("subject").is_in(verdicts["subject"].to_list())
    features = lake.read(FEATURE_DRIFT).filter(wanted).rename({"feature": "name"})
    tiles = lake.read(DRIFT_TILES).filter(wanted).select("subject", "inline", "crossline", "traces", "distance")
    by_subject = [each.partition_by("subject", as_dict=True, include_key=False) for each in (features, tiles)]
    return [_drift_subject(row, *(each.get((row["subject"],)) for each in by_subject)) for row in verdicts.to_dicts()]


def _drift_subject(row: dict[str, Any], features: pl.DataFrame | None, tiles: pl.DataFrame | None) -> DriftSubject:
    figures = {
        "severity": row["severity"],
        "reason": row["reason"],
        "features": features.to_dicts() if features is not None else [],
        "tiles": tiles.rows() if tiles is not None else [],
        "placed": tiles is not None,
        "domain": {"auc": row["domain_auc"], "healthy": row["domain_healthy"]},
        "dead": {"share": row["dead_share"], "reference": row["dead_reference"]},
    }
    return drift_subject(_kind(row), row["subject"], figures)


def _prediction_subject(row: dict[str, Any]) -> PredictionSubject:
    shares: dict[str, float] = json.loads(row["shares"])
    figures = {**row, "shares": list(shares.values()), "drifted": bool(row["drifted"])}  # null where undecided
    return prediction_subject(_kind(row), row["subject"], list(shares), figures)


def _kind(row: dict[str, Any]) -> Literal["file", "served"]:
    return "served" if row["kind"] == "served" else "file"


def _model_info(registry: ModelRegistry, settings: Settings, version: str, bundle: Bundle) -> ModelInfo:
    record = load_record(settings, version)
    scores = record.scores[MODEL] if record is not None else None
    return ModelInfo(
        name=settings.registered_model,
        version=version,
        trained_at=registry.version_info(version).created,
        feature_set=bundle.manifest.feature_set,
        classes=list(bundle.manifest.classes),
        test_scores={}
        if scores is None
        else {"accuracy": scores.accuracy, "f1_macro": scores.f1_macro, "f1_weighted": scores.f1_weighted},
    )


def _importance(settings: Settings, version: str, drift: list[DriftSubject]) -> ImportanceDriftPart | None:
    """Whether what the model leans on is among what drifted anywhere; a group drifted where a feature of it did."""
    record = load_record(settings, version)
    if record is None:
        return None
    drifted = {name for subject in drift for name in subject.drifted}
    weights = {each.name: max(each.fall.value, 0.0) for each in record.importance}
    moved = [each.name for each in record.importance if drifted & {each.name, *each.features}]
    whole = sum(weights.values())
    return ImportanceDriftPart(
        top=[each.name for each in record.importance[:_TOP]],
        drifted=moved[:_TOP],
        weight=sum(weights[name] for name in moved) / whole if whole else 0.0,
    )


def _data_quality(lake: Lake) -> DataQualityPart:
    catalogue, quality = lake.read(SEGY_CATALOGUE), lake.read(TRACE_QUALITY, columns=["file_id", "status", "score"])
    scores = quality.filter(pl.col("status") == "read")["score"]
    refused = catalogue.filter(~pl.col("admitted"))
    return DataQualityPart(
        files=catalogue.height,
        quarantined=refused.height,
        mean_score=scores.mean(),  # type: ignore[arg-type]
        lowest_score=scores.min(),  # type: ignore[arg-type]
        findings=[f"{row['relative']} is quarantined: it {row['reason']}" for row in refused.head(_TOP).to_dicts()],
    )
