"""Which alerts a report gives. The keys are stable, so that what is still on can be told from what is new."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from seismic_assets.monitoring.report_parts import Alert, DriftSubject, FeatureDriftPart, PerformancePart, Severity

if TYPE_CHECKING:
    from seismic_assets.monitoring.report import MonitoringReport

_MOST_NAMED = 3
_LOUD: tuple[Severity, ...] = ("medium", "high")


@dataclass(frozen=True)
class AlertLimits:
    """From what on there is an alert.

    Attributes:
        failed_rate: share of requests answered with a status from 500.
        fewest_requests: below which the share of failed ones says nothing.
    """

    failed_rate: float = 0.05
    fewest_requests: int = 20


DEFAULT = AlertLimits()


def alerts_of(report: MonitoringReport, limits: AlertLimits = DEFAULT) -> list[Alert]:
    """The alerts of a report, in this order; each key once at most.

    - `feature_drift`: critical where drift is high, a warning where it is medium.
    - `prediction_drift`: a warning.
    - `performance`: critical where the champion's accuracy has fallen.
    - `error_rate`: critical.
    - `served_unreadable`: critical, where a table of what was served is damaged.
    - `rows_lost`: a warning, where what was served could not be recorded.
    - `labels_needed`: a warning, where drift asks for a retraining that could learn nothing.
    - `no_data`: for information, where nothing could be decided at all.
    """
    return [
        *_drift(report.feature_drift),
        *_predictions(report),
        *_performance(report.performance),
        *_errors(report.performance, limits),
        *_recording(report.performance),
        *_labels(report),
        *_no_data(report),
    ]


def drift_alerts(subjects: Iterable[DriftSubject]) -> list[Alert]:
    """An alert for each file, and for what was served, that drifted at least medium; the worst first.

    A report says it in one, `feature_drift`; people are told by subject, so that a further one is news.
    """
    found = sorted(
        (each for each in subjects if each.severity in _LOUD), key=lambda each: (-each.drift_ratio, each.name)
    )
    return [
        Alert(
            key=f"feature_drift/{each.name}",
            severity=_level(each.severity),
            title=f"Feature drift of {each.name} is {each.severity}",
            sentence=f"Other than the training data is {_figures(each)}: {each.action}.",
        )
        for each in found
    ]


def _drift(drift: FeatureDriftPart) -> Iterator[Alert]:
    if drift.severity not in _LOUD:
        return
    found = [each for each in drift.subjects if each.severity in _LOUD]
    found.sort(key=lambda each: -each.drift_ratio)
    named = "; ".join(_figures(each) for each in found[:_MOST_NAMED])
    more = f"; and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    yield Alert(
        key="feature_drift",
        severity=_level(drift.severity),
        title=f"Feature drift is {drift.severity}",
        sentence=f"Other than the training data are {named}{more}: {drift.action}.",
    )


def _level(severity: Severity) -> Literal["warning", "critical"]:
    return "critical" if severity == "high" else "warning"


def _figures(subject: DriftSubject) -> str:
    farthest = ", ".join(subject.drifted[:_MOST_NAMED])
    return f"{subject.name}: {subject.features_drifted} of {subject.features_tested} features ({farthest})"


def _predictions(report: MonitoringReport) -> Iterator[Alert]:
    part = report.prediction_drift
    if part.drift_detected:
        names = [each.name for each in part.subjects if each.drifted]
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        whose = "" if names == [part.worst] else f" on {part.worst}"
        effect = "" if part.cohens_w is None else f", Cohen's w {part.cohens_w:.2f}{whose}"
        yield Alert(
            key="prediction_drift",
            severity="warning",
            title="The model's answers have drifted",
            sentence=f"Class shares or confidence are other than in the test on {', '.join(names[:_MOST_NAMED])}{more}"
            f"{effect}.",
        )


def _performance(part: PerformancePart) -> Iterator[Alert]:
    if part.unreadable:
        yield Alert(
            key="served_unreadable",
            severity="critical",
            title="What was served cannot be read",
            sentence=f"{part.unreadable[0].upper()}{part.unreadable[1:]}.",
        )
    if part.degraded:
        yield Alert(
            key="performance",
            severity="critical",
            title=f"Version {part.of} has become worse",
            sentence=f"{part.sentence[0].upper()}{part.sentence[1:]}.",
        )


def _errors(part: PerformancePart, limits: AlertLimits) -> Iterator[Alert]:
    if part.requests >= limits.fewest_requests and part.failed_rate > limits.failed_rate:
        yield Alert(
            key="error_rate",
            severity="critical",
            title="The service fails",
            sentence=f"{100 * part.failed_rate:.1f} % of {part.requests:,} requests failed, "
            f"{100 * limits.failed_rate:g} % is the limit: see the service's log.",
        )


def _recording(part: PerformancePart) -> Iterator[Alert]:
    if part.rows_lost:
        yield Alert(
            key="rows_lost",
            severity="warning",
            title="What was served was not all recorded",
            sentence=f"{part.rows_lost:,} rows of requests or feedback are missing in the tables, so the figures of "
            "what was served are incomplete.",
        )


def _labels(report: MonitoringReport) -> Iterator[Alert]:
    if report.retraining.guard == "nothing_new":
        reason = report.retraining.reason
        yield Alert(
            key="labels_needed",
            severity="warning",
            title="Labels are needed",
            sentence=f"{reason[0].upper()}{reason[1:]}.",
        )


def _no_data(report: MonitoringReport) -> Iterator[Alert]:
    undecided = report.feature_drift.severity == "undecided" and not report.prediction_drift.decided
    if undecided and report.performance.requests == 0:
        why = next((each.reason for each in report.feature_drift.subjects if each.reason), "no file and no request")
        yield Alert(
            key="no_data",
            severity="info",
            title="The report rests on no data",
            sentence=f"Neither drift nor performance could be told: {why}.",
        )
