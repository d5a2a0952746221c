"""The monitoring report: one JSON with what drifted, how the served models do, what was decided, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import polars as pl
from pydantic import Field, ValidationError

from seismic_assets.monitoring.alerting import DEFAULT, AlertLimits, alerts_of
from seismic_assets.monitoring.errors import MonitoringError
from seismic_assets.monitoring.report_parts import (
    Alert,
    ConditionPart,
    DataQualityPart,
    DriftSubject,
    FeatureDriftPart,
    ImportanceDriftPart,
    ModelInfo,
    Part,
    PerformancePart,
    PredictionDriftPart,
    RetrainingPart,
)
from seismic_assets.monitoring.retraining import Decision

HISTORY_SCHEMA: dict[str, Any] = {
    "timestamp": pl.Datetime("us", "UTC"),
    "model_version": pl.String,
    "severity": pl.String,
    "features_tested": pl.Int64,
    "features_drifted": pl.Int64,
    "drift_ratio": pl.Float64,
    "worst_subject": pl.String,
    "prediction_drift": pl.Boolean,
    "chi2_pvalue": pl.Float64,
    "requests": pl.Int64,
    "failed_rate": pl.Float64,
    "truths": pl.Int64,
    "accuracy": pl.Float64,
    "f1_weighted": pl.Float64,
    "f1_macro": pl.Float64,
    "estimated_accuracy": pl.Float64,
    "degraded": pl.Boolean,
    "retrain": pl.Boolean,
    "retraining_reason": pl.String,
    "alerts": pl.Int64,
    "summary": pl.String,
}
"""Columns of a table of reports, a row each."""


class MonitoringReport(Part):
    """A monitoring report.

    Attributes:
        schema_version: of this form; keys may be added without a change of it.
        timestamp: when it was made, aware.
        llm_analysis: what a language model makes of it; None where none was asked.
    """

    schema_version: Literal[1] = 1
    timestamp: datetime
    summary: str
    model_info: ModelInfo
    feature_drift: FeatureDriftPart
    prediction_drift: PredictionDriftPart
    importance_drift: ImportanceDriftPart = ImportanceDriftPart()
    performance: PerformancePart
    data_quality: DataQualityPart
    retraining: RetrainingPart
    alerts: list[Alert] = Field(default_factory=list)
    advice: list[str] = Field(default_factory=list)
    llm_analysis: str | None = None

    def to_json(self) -> str:
        """The report as JSON that any reader understands: no NaN, times in ISO 8601."""
        return self.model_dump_json(indent=1)

    @classmethod
    def from_json(cls, text: str | bytes) -> MonitoringReport:
        """A report from its JSON.

        Raises:
            MonitoringError: it is none.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(map(str, first["loc"])) or "the text"
            raise MonitoringError(f"this is no monitoring report ({where}: {first['msg']}); make it again") from error

    def history_row(self) -> pl.DataFrame:
        """One row of `HISTORY_SCHEMA`, for a table in which trends can be asked."""
        drift, served = self.feature_drift, self.performance
        row = {
            "timestamp": self.timestamp,
            "model_version": self.model_info.version,
            "severity": drift.severity,
            "features_tested": drift.features_tested,
            "features_drifted": drift.features_drifted,
            "drift_ratio": drift.drift_ratio,
            "worst_subject": drift.worst,
            "prediction_drift": self.prediction_drift.drift_detected,
            "chi2_pvalue": self.prediction_drift.chi2_pvalue,
            "requests": served.requests,
            "failed_rate": served.failed_rate,
            "truths": served.truths,
            "accuracy": served.accuracy,
            "f1_weighted": served.f1_weighted,
            "f1_macro": served.f1_macro,
            "estimated_accuracy": served.estimated_accuracy,
            "degraded": served.degraded,
            "retrain": self.retraining.retrain,
            "retraining_reason": self.retraining.reason,
            "alerts": len(self.alerts),
            "summary": self.summary,
        }
        return pl.DataFrame([row], schema=HISTORY_SCHEMA)


def compose_report(
    timestamp: datetime,
    model_info: ModelInfo,
    *,
    feature_drift: FeatureDriftPart | None = None,
    prediction_drift: PredictionDriftPart | None = None,
    importance_drift: ImportanceDriftPart | None = None,
    performance: PerformancePart | None = None,
    data_quality: DataQualityPart | None = None,
    retraining: Decision | None = None,
    limits: AlertLimits = DEFAULT,
) -> MonitoringReport:
    """A report of the parts that there are, with its summary, its alerts and its advice.

    Args:
        timestamp: now, aware.
        model_info: the champion.
        feature_drift: of `feature_drift_part`.
        prediction_drift: of `prediction_drift_part`.
        importance_drift: whether important features drifted.
        performance: of `performance_part`.
        data_quality: of the files.
        retraining: what was decided.
        limits: from what on there is an alert.

    Raises:
        MonitoringError: `timestamp` has no zone.
    """
    if timestamp.tzinfo is None:
        raise MonitoringError("the time of the report has no zone: give it in UTC")
    report = MonitoringReport(
        timestamp=timestamp,
        summary="",
        model_info=model_info,
        feature_drift=feature_drift or FeatureDriftPart(),
        prediction_drift=prediction_drift or PredictionDriftPart(),
        importance_drift=importance_drift or ImportanceDriftPart(),
        performance=performance or PerformancePart(),
        data_quality=data_quality or DataQualityPart(),
        retraining=_retraining_part(retraining),
    )
    alerts = alerts_of(report, limits)
    return report.model_copy(
        update={"alerts": alerts, "summary": _summary(report), "advice": _advice(report, retraining)}
    )


def _retraining_part(decision: Decision | None) -> RetrainingPart:
    if decision is None:
        return RetrainingPart()
    conditions = [ConditionPart(name=each.name, met=each.met, sentence=each.sentence) for each in decision.conditions]
    return RetrainingPart(retrain=decision.retrain, reason=decision.reason, guard=decision.guard, conditions=conditions)


def _summary(report: MonitoringReport) -> str:
    """One sentence: drift, answers, accuracy, retraining."""
    clauses = [_of_drift(report.feature_drift)]
    if report.prediction_drift.drift_detected:
        clauses.append(f"the answers on {report.prediction_drift.worst} have drifted")
    clauses.append(_of_performance(report.performance))
    if report.retraining.retrain:
        clauses.append("a retraining was asked for")
    text = ", ".join(clauses)
    return f"{text[0].upper()}{text[1:]}."


def _of_drift(drift: FeatureDriftPart) -> str:
    if not drift.subjects:
        return "no data to test for drift yet"
    if drift.severity == "undecided":
        return "too little data to tell whether anything drifted"
    if drift.severity == "none":
        return f"no feature has drifted in {_named(drift.subjects)}"
    share = f"{drift.features_drifted} of {drift.features_tested} features of {drift.worst}"
    return f"drift is {drift.severity} ({share})"


def _of_performance(part: PerformancePart) -> str:
    if part.requests == 0:
        return "no requests were served"
    whose = f"version {part.of}" if part.of is not None else "what was served"
    if part.accuracy is not None:
        fallen = ", worse than in the test," if part.degraded else ""
        return f"{whose} is right in {100 * part.accuracy:.1f} % of {part.truths:,} traces with truth{fallen}".rstrip(
            ","
        )
    if part.estimated_accuracy is not None:
        return f"no truth has come and the accuracy of {whose} is estimated at {100 * part.estimated_accuracy:.1f} %"
    return f"no truth has come for the {part.requests:,} requests"


def _named(subjects: Sequence[DriftSubject]) -> str:
    """Those of which something could be decided."""
    decided = [each for each in subjects if each.severity != "undecided"]
    files = sum(each.kind == "file" for each in decided)
    counted = [f"{files:,} file{'s' * (files != 1)}"] if files else []
    return " and ".join(counted + ["what was served"] * (files < len(decided)))


def _advice(report: MonitoringReport, decision: Decision | None) -> list[str]:
    found = []
    drift, important = report.feature_drift, report.importance_drift
    if drift.severity in ("medium", "high") and not report.retraining.retrain:
        found.append(f"Look at {drift.worst}: {', '.join(_drifted_of(drift)[:3])} drifted most.")
    if important.drifted:
        names = ", ".join(important.drifted[:3])
        found.append(
            f"Do not rely on the answers where {names} drifted: {100 * important.weight:.0f} % of what the model leans "
            "on lies there."
        )
    if decision is not None and decision.advice is not None:
        found.append(decision.advice)
    if report.performance.requests and report.performance.truths == 0:
        found.append("Send the true classes of some traces to /v1/feedback, so that accuracy can be told.")
    return found


def _drifted_of(drift: FeatureDriftPart) -> list[str]:
    return next((each.drifted for each in drift.subjects if each.name == drift.worst), [])
