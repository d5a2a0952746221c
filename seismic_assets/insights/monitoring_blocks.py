"""The tables of the monitoring insight: drift, answers, what was served, data, alerts."""

from __future__ import annotations

from collections.abc import Sequence

from seismic_assets.evaluation.document import Block, Bullets, Paragraph, Section, Table
from seismic_assets.insights.wording import counted, figure, listed, percent, sentence
from seismic_assets.monitoring import MonitoringReport
from seismic_assets.monitoring.report_parts import SEVERITIES, DriftSubject, VersionPart

_MOST_SUBJECTS, _MOST_FEATURES, _MOST_ALERTS = 12, 5, 12
SERVED = "what was served"


def subject_name(subject: DriftSubject) -> str:
    """The file, or `what was served`."""
    return subject.name if subject.kind == "file" else SERVED


def drift_section(report: MonitoringReport) -> Section:
    """What drifted, how far and where."""
    subjects = sorted(
        report.feature_drift.subjects, key=lambda each: (-SEVERITIES.index(each.severity), -each.drift_ratio)
    )
    title = "Drift of the features"
    if not subjects:
        return Section(title, (Paragraph("There was nothing to test, or no reference of the training to test it by."),))
    rows = tuple(
        (
            subject_name(each),
            each.severity,
            _undecided(each) or listed(each.drifted, 3) or "none",
            f"{each.features_drifted:,} of {each.features_tested:,}",
            _distance(each),
        )
        for each in subjects[:_MOST_SUBJECTS]
    )
    header = ("tested", "severity", "drifted most", "features that drifted", "farthest [sd]")
    read = "Farthest: how far the values of a feature lie from those of the training at most, in standard deviations."
    blocks: list[Block] = [Table(header, rows, words=3), Paragraph(read)]
    if len(subjects) > _MOST_SUBJECTS:
        blocks.append(Paragraph(f"The {_MOST_SUBJECTS} that drifted most, of {len(subjects):,}."))
    blocks += [Bullets(places)] if (places := _places(subjects)) else []
    important = report.importance_drift
    if important.drifted:
        text = f"Among them are features that the model leans on: {listed(important.drifted)}"
        blocks.append(Paragraph(f"{text}, with {percent(important.weight)} of all importance."))
    return Section(title, tuple(blocks))


def _undecided(subject: DriftSubject) -> str:
    return (subject.reason or "too little data") if subject.severity == "undecided" else ""


def _distance(subject: DriftSubject) -> str:
    found = [each.wasserstein for each in subject.features if each.wasserstein is not None]
    return f"{max(found):.2f}" if found else "-"


def _places(subjects: Sequence[DriftSubject]) -> tuple[str, ...]:
    """Where in a file that drifted it lies farthest from the training."""
    told = []
    for each in subjects[:_MOST_SUBJECTS]:
        placed = [tile for tile in each.tiles if tile.distance is not None]
        if each.severity in ("low", "medium", "high") and placed:
            farthest = max(placed, key=lambda tile: tile.distance or 0.0)
            told.append(
                f"{each.name}: farthest around inline {farthest.inline:,.0f}, crossline {farthest.crossline:,.0f} "
                f"({farthest.distance:.1f} times what is usual)."
            )
    return tuple(told)


def answers_section(report: MonitoringReport) -> Section:
    """Shares of the classes beside those of the reference."""
    part, title = report.prediction_drift, "Drift of the answers"
    decided = [each for each in part.subjects if each.decided]
    if not decided:
        return Section(title, (Paragraph("There are too few answers to compare with those of the reference."),))
    names = list(part.reference_shares)
    rows = [("the reference", "-", *(percent(part.reference_shares[name]) for name in names))]
    rows += [
        (
            each.name if each.kind == "file" else SERVED,
            "drifted" if each.drifted else "as before",
            *(percent(each.shares.get(name)) for name in names),
        )
        for each in sorted(decided, key=lambda each: (not each.drifted, each.name))[:_MOST_SUBJECTS]
    ]
    return Section(title, (Table(("answers of", "compared", *names), tuple(rows), words=2),))


def served_section(report: MonitoringReport) -> Section:
    """Requests, failures, latency, accuracy by version."""
    part, title = report.performance, "What was served"
    if part.unreadable:
        return Section(title, (Paragraph(sentence(part.unreadable)),))
    if part.requests == 0:
        return Section(title, (Paragraph("No requests were served in the period."),))
    rows = tuple(_version_row(each) for each in part.versions)
    header = ("version", "role", "requests", "failed", "p95 [ms]", "truths", "accuracy", "macro-F1", "in the test")
    blocks: list[Block] = [Paragraph(sentence(part.sentence))]
    blocks += [Table(header, rows, words=2)] if rows else []
    notes = [*part.comparisons, *part.notes]
    notes += [f"{counted(part.rows_lost, 'row')} of what was served could not be recorded."] if part.rows_lost else []
    blocks += [Bullets(tuple(map(sentence, notes)))] if notes else []
    return Section(title, tuple(blocks))


def _version_row(part: VersionPart) -> tuple[str, ...]:
    return (
        part.version or "none",
        part.role.replace("_", " "),
        f"{part.requests:,}",
        percent(part.failed_rate),
        figure(part.latency_p95_ms, 1),
        f"{part.truths:,}",
        figure(part.accuracy.value if part.accuracy else None),
        figure(part.f1_macro.value if part.f1_macro else None),
        figure(part.baseline_accuracy),
    )


def quality_section(report: MonitoringReport) -> Section:
    """The files as they came in."""
    part, title = report.data_quality, "Quality of the data"
    if part.files == 0:
        return Section(title, (Paragraph("No file was looked at."),))
    scores = "" if part.mean_score is None else f" The mean score is {part.mean_score:.1f} of 100"
    scores += "." if scores and part.lowest_score is None else ""
    scores += (
        "" if part.lowest_score is None else f"{',' if scores else ' The scores are'} at least {part.lowest_score:.1f}."
    )
    text = f"{counted(part.files, 'file')}, {part.quarantined or 'none'} of them in quarantine.{scores}"
    return Section(title, (Paragraph(text), *([Bullets(tuple(part.findings))] if part.findings else [])))


def retraining_section(report: MonitoringReport) -> Section:
    """What was decided, and each condition."""
    part = report.retraining
    rows = tuple((each.name, "yes" if each.met else "no", each.sentence) for each in part.conditions)
    table = (Table(("condition", "asks for it", "why"), rows, words=3),) if rows else ()
    return Section("Retraining", (Paragraph(sentence(part.reason)), *table))


def alert_section(report: MonitoringReport) -> Section:
    """The alerts of the report."""
    rows = tuple((each.severity, each.title, sentence(each.sentence)) for each in report.alerts[:_MOST_ALERTS])
    table = Table(("severity", "alert", "what it says"), rows, words=3)
    return Section("Alerts", (table,) if rows else (Paragraph("None."),))
