"""The state of a deployment after a run, as a person asks for it."""

from __future__ import annotations

import json
from typing import Any

import dagster as dg
import polars as pl

from seismic_assets.defs.checks import ALL_CHECKS
from seismic_assets.defs.raw.files import catalogue_entries
from seismic_assets.driver.outcome import RunOutcome
from seismic_assets.lake import TRACE_QUALITY, Lake
from seismic_assets.monitoring import MonitoringReport
from seismic_assets.settings import Settings

_WATCHED = ("feature_drift", "prediction_drift", "serving_performance", "retraining", "monitoring_report")
_SHOWN = ("f1_macro", "f1_weighted", "accuracy", "balanced_accuracy", "roc_auc_macro")


def summarise(
    settings: Settings, definitions: dg.Definitions, instance: dg.DagsterInstance, outcome: RunOutcome
) -> None:
    """Add quarantine, failed checks and the latest scores to an outcome."""
    lake = Lake(settings.lake_dir)
    entries = catalogue_entries(lake).values()
    outcome.admitted = sum(entry.admitted for entry in entries)
    outcome.quarantined = [(entry.relative, entry.reason) for entry in entries if not entry.admitted]
    unread = lake.read(TRACE_QUALITY, columns=["file_id", "status", "reason"]).filter(pl.col("status") != "read")
    outcome.unread = [(row["file_id"], row["reason"]) for row in unread.iter_rows(named=True)]
    _add_checks(settings, definitions, instance, outcome)
    _add_scores(settings, outcome)
    _add_monitoring(settings, outcome)
    outcome.production_version = _production(instance)


def _production(instance: dg.DagsterInstance) -> str | None:
    """The version that the asset `champion` last named."""
    event = instance.get_latest_materialization_event(dg.AssetKey("champion"))
    found = event.asset_materialization.metadata.get("version") if event and event.asset_materialization else None
    return None if found is None else str(found.value)


def _passes_by_now(key: dg.AssetCheckKey, settings: Settings, instance: dg.DagsterInstance) -> bool:
    """Test a table again whose check failed: the file that failed it may be gone, and nothing was made since."""
    check = next((each for each in ALL_CHECKS if key in each.check_keys), None)
    if check is None:
        return False
    resources = {"lake": Lake(settings.lake_dir), "settings": settings}
    result: Any = check(**{name: each for name, each in resources.items() if name in check.required_resource_keys})
    if result.passed:
        instance.report_runless_asset_event(
            dg.AssetCheckEvaluation(asset_key=key.asset_key, check_name=key.name, passed=True, metadata=result.metadata)
        )
    return bool(result.passed)


def _add_checks(
    settings: Settings, definitions: dg.Definitions, instance: dg.DagsterInstance, outcome: RunOutcome
) -> None:
    keys = sorted(definitions.resolve_asset_graph().asset_check_keys)
    latest = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
    for key in keys:
        entry = latest[key].event if key in latest else None
        event = entry.dagster_event if entry is not None else None
        if event is None or event.event_type != dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            continue
        evaluation = event.asset_check_evaluation_data
        if evaluation.passed or _passes_by_now(key, settings, instance):
            continue
        sentence = evaluation.description or f"the check {key.name} failed"
        if evaluation.severity == dg.AssetCheckSeverity.ERROR:
            outcome.failed_checks.append((key.asset_key.to_user_string(), key.name, sentence))
        else:
            outcome.notes.append(sentence)


def _add_scores(settings: Settings, outcome: RunOutcome) -> None:
    reports = sorted(
        (settings.reports_dir / "evaluation").glob("v*/evaluation_results.json"),
        key=lambda path: int(path.parent.name[1:]),
    )
    if not reports:
        return
    outcome.scored_version = reports[-1].parent.name[1:]
    scores = json.loads(reports[-1].read_text())["scores"]
    outcome.scores = {
        model: {name: values[name] for name in _SHOWN if values[name] is not None} for model, values in scores.items()
    }
    outcome.report = str(reports[-1].with_name("index.html"))


def _add_monitoring(settings: Settings, outcome: RunOutcome) -> None:
    path = settings.reports_dir / "monitoring" / "latest.json"
    if path.exists():
        report = MonitoringReport.from_json(path.read_bytes())
        failed = any(each.error for name, each in outcome.assets.items() if name in _WATCHED)
        earlier = f"as of {report.timestamp:%Y-%m-%d %H:%M} UTC, before what failed now: " if failed else ""
        outcome.monitoring = earlier + " ".join([report.summary, *report.advice])
        outcome.monitoring_report = str(path.with_suffix(".html"))
