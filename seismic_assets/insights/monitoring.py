"""How the model in production fares: health in a word, what drifted where, what was served, what to do."""

from __future__ import annotations

from dataclasses import dataclass

from seismic_assets.evaluation.document import Block, Bullets, Paragraph, Section, Table
from seismic_assets.insights.gathering import Gathering, fact_name
from seismic_assets.insights.insight import Insight, Verdict
from seismic_assets.insights.monitoring_blocks import (
    SERVED,
    alert_section,
    answers_section,
    drift_section,
    quality_section,
    retraining_section,
    served_section,
    subject_name,
)
from seismic_assets.insights.wording import figure, listed, percent, sentence
from seismic_assets.monitoring import MonitoringReport

__all__ = ["monitoring_insight"]

NAME = "monitoring_insight"
_MOST_DRIFTED, _MOST_ALERTS = 4, 5
_LEAST_POINTS = 0.005
_COMPARED = {
    "drift": "share of features that drifted",
    "accuracy": "accuracy with truth",
    "requests": "requests",
    "failed": "requests that failed",
    "quality": "mean quality score",
    "alerts": "alerts",
}
_SHARES = ("drift", "accuracy", "failed")
_VERDICTS: dict[str, Verdict] = {"healthy": "PASS", "warning": "WARN", "critical": "FAIL", "unknown": ""}


def monitoring_insight(report: MonitoringReport, before: MonitoringReport | None = None) -> Insight:
    """Insight from a monitoring report.

    `critical` where an alert is, `warning` where one is or anything drifted or a file is in quarantine, `healthy` where
    at least something could be judged, else `unknown`.

    Args:
        report: of now.
        before: the report before, for what has changed since.
    """
    gathered, health = Gathering(), _health(report)
    summary = _summary(gathered, report, health)
    _facts(gathered, report)
    changes = _changes(report, before)
    for each in changes:
        gathered.trend(f"trend.{each.name}", f"{each.words} since the report before", each.now - each.then, each.least)
    sections = (
        Section("What to do", _action_blocks(report)),
        alert_section(report),
        drift_section(report),
        answers_section(report),
        served_section(report),
        quality_section(report),
        retraining_section(report),
        Section("Since the report before", _change_blocks(changes, before)),
    )
    return Insight(NAME, _title(report), summary, _VERDICTS[health], gathered.facts, sections)


def _title(report: MonitoringReport) -> str:
    version = report.model_info.version
    return f"Monitoring of version {version}" if version else "Monitoring"


def _health(report: MonitoringReport) -> str:
    weights = {each.severity for each in report.alerts}
    if "critical" in weights or report.performance.degraded:
        return "critical"
    drifted = report.feature_drift.severity in ("low", "medium", "high") or report.prediction_drift.drift_detected
    if "warning" in weights or drifted or report.data_quality.quarantined or report.performance.unreadable:
        return "warning"
    judged = report.feature_drift.severity == "none" or report.prediction_drift.decided
    return "healthy" if judged or report.performance.accuracy is not None else "unknown"


def _summary(gathered: Gathering, report: MonitoringReport, health: str) -> str:
    gathered.name("version", "version in production", report.model_info.version or "")
    word = gathered.verdict("health", "health of what is in production", health)
    drift, served = report.feature_drift, report.performance
    decided = [each for each in drift.subjects if each.severity != "undecided"]
    kinds = [each.kind for each in decided]
    files = gathered.count(
        "files_tested", "files tested for drift", kinds.count("file"), "file" if kinds.count("file") == 1 else "files"
    )
    where = listed([files] * ("file" in kinds) + [SERVED] * ("served" in kinds))
    drifted = gathered.count("features_drifted", "features that drifted in the worst of them", drift.features_drifted)
    tested = gathered.count("features_tested", "features tested there", drift.features_tested)
    requests = gathered.count(
        "requests", "requests served in the period", served.requests, "request" if served.requests == 1 else "requests"
    )
    said = {
        "undecided": "drift could not be judged" if drift.subjects else "nothing was tested for drift",
        "none": f"no feature drifted in {where}",
    }.get(drift.severity, f"drift is {drift.severity}, {drifted} of {tested} features of {_worst(report)}")
    asked = f"{requests} served" if served.requests else "no requests were served"
    if served.accuracy is not None:
        right = gathered.share("accuracy", "traces with truth that were answered right", served.accuracy)
        asked += f", {right} of the answers with truth right"
    retrained = "; a retraining was asked for" if report.retraining.retrain else ""
    return f"Health: {word}; {said}; {asked}{retrained}."


def _worst(report: MonitoringReport) -> str:
    drift = report.feature_drift
    return next((subject_name(each) for each in drift.subjects if each.name == drift.worst), drift.worst or "-")


def _facts(gathered: Gathering, report: MonitoringReport) -> None:
    drift, served, quality = report.feature_drift, report.performance, report.data_quality
    gathered.verdict("drift", "severity of the feature drift", drift.severity)
    gathered.name("drift.worst", "what drifted most", _worst(report) if drift.features_drifted else "")
    drifted = [each for each in drift.subjects if each.drifted]
    for each in sorted(drifted, key=lambda each: -each.drift_ratio)[:_MOST_DRIFTED]:
        name = subject_name(each)
        gathered.share(fact_name("drifted", name), f"features that drifted of {name}", each.drift_ratio)
        gathered.name(
            fact_name("drifted", name, "farthest"), f"feature that drifted farthest of {name}", each.drifted[0]
        )
    gathered.verdict("answers", "whether the answers drifted", _answers(report))
    gathered.measure("answers.effect", "effect size w of the drift of the answers", report.prediction_drift.cohens_w)
    gathered.share("important_drifted", "importance of the features that drifted", report.importance_drift.weight)
    if served.requests:
        gathered.share("failed", "requests that failed", served.failed_rate)
        gathered.count("truths", "answered traces whose truth has come", served.truths, "traces")
        gathered.measure("served.f1", "macro-F1 of the served answers", served.f1_macro)
        gathered.share("estimated_accuracy", "accuracy as estimated from confidence", served.estimated_accuracy)
        gathered.verdict("degraded", "whether it is worse than in the test", "yes" if served.degraded else "no")
    gathered.share("test_accuracy", "accuracy in the test", report.model_info.test_scores.get("accuracy"))
    gathered.count("files", "files that came in", quality.files)
    gathered.count("quarantined", "files in quarantine", quality.quarantined)
    gathered.measure("quality", "mean quality score of the files, 0 to 100", quality.mean_score)
    gathered.verdict("retraining", "whether a retraining was asked for", "yes" if report.retraining.retrain else "no")
    gathered.count("alerts", "alerts", len(report.alerts))
    for alert in report.alerts[:_MOST_ALERTS]:
        gathered.verdict(fact_name("alert", alert.key), alert.title, alert.severity)


def _answers(report: MonitoringReport) -> str:
    if not report.prediction_drift.decided:
        return "not decided"
    return "drifted" if report.prediction_drift.drift_detected else "as before"


def _action_blocks(report: MonitoringReport) -> tuple[Block, ...]:
    found = list(report.advice)
    if report.feature_drift.subjects and report.feature_drift.severity == "undecided":
        found.append("Wait for more traces before drift is judged.")
    if report.data_quality.quarantined:
        found.append("Look at the files in quarantine: `seismic inspect` says what is wrong with each.")
    if report.retraining.retrain:
        found.append(f"Watch the retraining: {report.retraining.reason}.")
    if report.model_info.version is None:
        found.append("Train and promote a first model: nothing is in production.")
    if not found:
        return (Paragraph("Nothing."),)
    return (Bullets(tuple(dict.fromkeys(map(sentence, found)))),)


@dataclass(frozen=True)
class _Change:
    """A figure in both reports; `least` is the change that is told."""

    name: str
    words: str
    then: float
    now: float
    least: float = 0.0
    share: bool = False

    def row(self) -> tuple[str, ...]:
        change = self.now - self.then
        if self.share:
            return self.words, percent(self.then), percent(self.now), f"{100 * change:+.1f} points"
        return self.words, figure(self.then, 1), figure(self.now, 1), f"{change:+,.4g}"


def _changes(report: MonitoringReport, before: MonitoringReport | None) -> list[_Change]:
    if before is None:
        return []
    then, now = _figures(before), _figures(report)
    found = []
    for name, words in _COMPARED.items():
        old, new = then[name], now[name]
        if old is not None and new is not None:
            is_share = name in _SHARES
            found.append(_Change(name, words, old, new, _LEAST_POINTS if is_share else 0.0, is_share))
    return found


def _figures(report: MonitoringReport) -> dict[str, float | None]:
    served = report.performance
    tested = report.feature_drift.severity != "undecided"
    return {
        "drift": report.feature_drift.drift_ratio if tested else None,
        "accuracy": served.accuracy,
        "requests": served.requests,
        "failed": served.failed_rate if served.requests else None,
        "quality": report.data_quality.mean_score,
        "alerts": len(report.alerts),
    }


def _change_blocks(changes: list[_Change], before: MonitoringReport | None) -> tuple[Block, ...]:
    if before is None:
        return (Paragraph("There is no report before this one."),)
    when = f"The report before is of {before.timestamp:%Y-%m-%d %H:%M} UTC"
    version = before.model_info.version
    text = f"{when}, of version {version}." if version else f"{when}."
    return Paragraph(text), Table(("", "before", "now", "change"), tuple(each.row() for each in changes))
