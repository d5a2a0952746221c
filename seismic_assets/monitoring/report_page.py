"""The monitoring report as one HTML page with its figures inside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from seismic_assets.evaluation.document import Block, Bullets, Paragraph, Picture, Section, Table, document_html
from seismic_assets.evaluation.plots import png_bytes
from seismic_assets.monitoring.report import MonitoringReport
from seismic_assets.monitoring.report_figures import (
    accuracy_figure,
    class_shares_figure,
    confidence_figure,
    features_figure,
    latency_figure,
)
from seismic_assets.monitoring.report_maps import distance_map, severity_map
from seismic_assets.monitoring.report_parts import SEVERITIES, DriftSubject, IntervalPart, VersionPart

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_SUBJECTS = 30
_MOST_FINDINGS = 20
_MOST_NAMES = 5
_DPI = 130


def report_html(report: MonitoringReport) -> str:
    """One HTML file that loads nothing from elsewhere; all text is escaped."""
    return document_html(f"Monitoring report of {report.timestamp:%Y-%m-%d %H:%M %Z}", _sections(report))


def _sections(report: MonitoringReport) -> list[Section]:
    return [
        Section("In short", _in_short(report)),
        Section("Alerts", _alerts(report)),
        Section("Feature drift", _feature_drift(report)),
        Section("Answers", _answers(report)),
        Section("What was served", _served(report)),
        *_versions(report),
        Section("Data quality", _data_quality(report)),
        Section("Retraining", _retraining(report)),
        *_analysis(report),
    ]


def _in_short(report: MonitoringReport) -> tuple[Block, ...]:
    model = report.model_info
    facts = {
        "model": model.name,
        "version": model.version,
        "trained": model.trained_at and f"{model.trained_at:%Y-%m-%d %H:%M %Z}",
        "feature set": model.feature_set,
        "classes": ", ".join(model.classes),
        **{f"{name.replace('_', ' ')} in the test": _number(value) for name, value in model.test_scores.items()},
    }
    known = {name: value for name, value in facts.items() if value}
    about: Block = _facts(known) if known else Paragraph("No model is watched yet: train and promote one.")
    advice = (Bullets(tuple(report.advice)),) if report.advice else ()
    return Paragraph(report.summary), *advice, about


def _alerts(report: MonitoringReport) -> tuple[Block, ...]:
    if not report.alerts:
        return (Paragraph("There is no alert."),)
    return (Bullets(tuple(f"{each.severity.upper()}: {each.title}. {each.sentence}" for each in report.alerts)),)


def _feature_drift(report: MonitoringReport) -> tuple[Block, ...]:
    drift = report.feature_drift
    if not drift.subjects:
        return (Paragraph("No data yet: neither a file nor a served sample was tested for drift."),)
    worst_first = sorted(
        drift.subjects, key=lambda each: (SEVERITIES.index(each.severity), each.drift_ratio), reverse=True
    )
    shown = worst_first[:_MOST_SUBJECTS]
    blocks: list[Block] = [
        Paragraph(f"Severity {drift.severity}: {drift.action}."),
        Bullets(tuple(map(_subject, shown))),
    ]
    if len(worst_first) > len(shown):
        blocks.append(Paragraph(f"The {len(shown)} of {len(worst_first):,} with the most drift."))
    blocks += _pictures({"Severity by file": ("severity_map.png", severity_map(drift))})
    if drift.severity != "undecided":
        blocks += _worst(worst_first[0])
    return *blocks, *_importance(report)


def _worst(subject: DriftSubject) -> Iterable[Block]:
    found = _pictures(
        {
            f"Features of {subject.name}": ("features.png", features_figure(subject)),
            f"Where {subject.name} is far from the reference": ("distance_map.png", distance_map(subject)),
        }
    )
    yield from found
    if subject.domain_auc is not None:
        healthy = f", healthy is up to {_number(subject.domain_healthy_auc)}" if subject.domain_healthy_auc else ""
        yield Paragraph(
            f"All features together: a classifier tells {subject.name} from the training data with an area under the "
            f"ROC curve of {_number(subject.domain_auc)}{healthy}."
        )
    if subject.dead_share is not None and subject.dead_share_reference is not None:
        yield Paragraph(
            f"Dead traces: {100 * subject.dead_share:.1f} % of {subject.name}, "
            f"{100 * subject.dead_share_reference:.1f} % of the training data."
        )
    if subject.classic_alarm is not None:
        alarms = "would alarm" if subject.classic_alarm else "would not alarm"
        yield Paragraph(f"For comparison: the classic test of each feature at p < .05 {alarms} here.")


def _subject(each: DriftSubject) -> str:
    """One line: words wrap on a telephone, where a table of them would not."""
    if each.severity == "undecided":
        return f"{each.name}: undecided, {each.reason or 'nothing was tested'}."
    if not each.drifted:
        return f"{each.name}: none of {each.features_tested} features drifted."
    names = ", ".join(each.drifted[:_MOST_NAMES])
    more = f" and {len(each.drifted) - _MOST_NAMES} more" if len(each.drifted) > _MOST_NAMES else ""
    return f"{each.name}: {each.severity}, {each.features_drifted} of {each.features_tested} features: {names}{more}."


def _importance(report: MonitoringReport) -> tuple[Block, ...]:
    part = report.importance_drift
    if not part.top:
        return ()
    if not part.drifted:
        return (Paragraph(f"None of the {len(part.top)} features that the model leans on most has drifted."),)
    text = (
        f"Of the {len(part.top)} features that the model leans on most, {', '.join(part.drifted)} drifted; drifted "
        f"features carry {100 * part.weight:.0f} % of all importance."
    )
    return (Paragraph(text),)


def _answers(report: MonitoringReport) -> tuple[Block, ...]:
    part = report.prediction_drift
    if not part.subjects:
        return (Paragraph("No data yet: no answers were compared with those of the test."),)
    if not part.decided:
        return (Paragraph(f"Nothing was decided: {part.subjects[0].reason}."),)
    verdict = f"The answers on {part.worst} have drifted." if part.drift_detected else "The answers have not drifted."
    size = (
        f"Farthest in class shares is {part.worst}: chi-square p {_number(part.chi2_pvalue)}, Cohen's w "
        f"{_number(part.cohens_w)} (0.1 small, 0.3 medium, 0.5 large)."
    )
    figures = _pictures(
        {
            "Class shares beside the test's": ("class_shares.png", class_shares_figure(part)),
            "Confidence beside the test's": ("confidence.png", confidence_figure(part)),
        }
    )
    return Paragraph(f"{verdict} {size}"), *figures


def _served(report: MonitoringReport) -> tuple[Block, ...]:
    part = report.performance
    if part.unreadable:
        return (Paragraph(f"Nothing can be said: {part.unreadable}."),)
    if (part.requests == 0 and part.truths == 0) or part.start is None or part.end is None:
        return (Paragraph("No data yet: no request was recorded in the period."), *_notes(report))
    period = f"{part.requests:,} requests from {part.start:%Y-%m-%d %H:%M} to {part.end:%Y-%m-%d %H:%M} UTC"
    since = part.truth_since or part.start
    truth = f"truth came for {part.truths:,} traces" if part.truths else "no truth has come yet"
    truth += f" of requests since {since:%Y-%m-%d %H:%M} UTC" if since < part.start else ""
    whose = f"Version {part.of}" if part.of else "All versions together"
    blocks: list[Block] = [
        Paragraph(f"{period}; {truth}. {whose}: {part.sentence}."),
        Table(
            ("version", "requests", "failed", "median", "95 %", "99 %", "traces", "truth"),
            tuple(map(_traffic, part.versions)),
        ),
        *_pictures(
            {
                "Accuracy over time": ("accuracy.png", accuracy_figure(part)),
                "Latency over time": ("latency.png", latency_figure(part)),
            }
        ),
    ]
    if part.comparisons:
        blocks.append(Bullets(tuple(f"{each[0].upper()}{each[1:]}." for each in part.comparisons)))
    return *blocks, *_notes(report)


def _traffic(each: VersionPart) -> tuple[str, ...]:
    name = f"{each.version} ({each.role})" if each.version else "not answered"
    latency = (each.latency_p50_ms, each.latency_p95_ms, each.latency_p99_ms)
    return (
        name,
        f"{each.requests:,}",
        f"{100 * each.failed_rate:.1f} %",
        *("-" if value is None else f"{value:,.1f} ms" for value in latency),
        f"{each.traces:,}",
        f"{100 * each.truth_share:.1f} %",
    )


def _notes(report: MonitoringReport) -> tuple[Block, ...]:
    part = report.performance
    unused = [f"Feedback that was not used, {why}: {count:,}." for why, count in part.unmatched_feedback.items()]
    notes = [*unused, *(f"{note[0].upper()}{note[1:]}." for note in part.notes)]
    return (Bullets(tuple(notes)),) if notes else ()


def _versions(report: MonitoringReport) -> list[Section]:
    shown = [each for each in report.performance.versions if each.version is not None]
    return [Section(f"Version {each.version} ({each.role})", _version(each), level=3) for each in shown]


def _version(each: VersionPart) -> tuple[Block, ...]:
    estimate = Paragraph(f"Without truth: {each.estimate}.")
    if each.accuracy is None:
        return Paragraph("No truth has come for its answers yet."), estimate
    rows = (
        ("accuracy", _with_ends(each.accuracy), _number(each.baseline_accuracy)),
        ("macro-F1", _with_ends(each.f1_macro), _number(each.baseline_f1_macro)),
        ("weighted F1", _with_ends(each.f1_weighted), _number(each.baseline_f1_weighted)),
        ("confidence less accuracy", _with_ends(each.calibration_gap), "-"),
        ("calibration error", _number(each.calibration_error), "-"),
    )
    confusion = tuple(
        (name, *(f"{count:,}" for count in row)) for name, row in zip(each.classes, each.confusion, strict=True)
    )
    notes = (Bullets(tuple(f"{note[0].upper()}{note[1:]}." for note in each.calibration_notes)),)
    return (
        Paragraph(f"{each.sentence[0].upper()}{each.sentence[1:]}."),
        Table((f"{each.truths:,} traces with truth", "served", "in the test"), rows),
        Table(("true \\ answered", *each.classes), confusion),
        estimate,
        *(notes if each.calibration_notes else ()),
    )


def _data_quality(report: MonitoringReport) -> tuple[Block, ...]:
    part = report.data_quality
    if not part.files and not part.quarantined:
        return (Paragraph("No data yet: no file has come in."),)
    facts = {"files": f"{part.files:,}", "quarantined": f"{part.quarantined:,}"}
    if part.mean_score is not None:
        facts |= {"mean quality score": f"{part.mean_score:.1f} of 100"}
    if part.lowest_score is not None:
        facts |= {"lowest quality score": f"{part.lowest_score:.1f} of 100"}
    found = part.findings[:_MOST_FINDINGS]
    more = [f"And {len(part.findings) - len(found):,} more."] if len(part.findings) > len(found) else []
    blocks = (Bullets((*found, *more)),) if found else (Paragraph("Nothing is worth a look."),)
    return _facts(facts), *blocks


def _retraining(report: MonitoringReport) -> tuple[Block, ...]:
    part = report.retraining
    reason = Paragraph(f"{part.reason[0].upper()}{part.reason[1:]}.")
    answers = [f"{'Asks for it' if each.met else 'Does not'}: {each.sentence}." for each in part.conditions]
    return (reason, Bullets(tuple(answers))) if answers else (reason,)


def _analysis(report: MonitoringReport) -> list[Section]:
    text = report.llm_analysis
    return [Section("Analysis by a language model", (Paragraph(text),))] if text else []


def _pictures(figures: Mapping[str, tuple[str, Figure | None]]) -> list[Block]:
    found: list[Block] = []
    for caption, (file, figure) in figures.items():
        if figure is not None:
            found += [Paragraph(f"{caption}:"), Picture(caption, file, png_bytes(figure, _DPI))]
    return found


def _facts(facts: Mapping[str, str]) -> Table:
    return Table(("", ""), tuple((name, str(value)) for name, value in facts.items()), words=2)


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if value == 0 or abs(value) >= 0.001 else f"{value:.1g}"


def _with_ends(interval: IntervalPart | None) -> str:
    if interval is None:
        return "-"
    if interval.low is None or interval.high is None:
        return _number(interval.value)
    return f"{interval.value:.3f} ({interval.low:.3f} to {interval.high:.3f})"
