"""The drift detector: what changed since the state of the data that was last found sound."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import polars as pl

from seismic_assets.evaluation.document import Block
from seismic_assets.insights.quality.findings import Finding, Severity, by_severity, finite, verdict_of
from seismic_assets.insights.quality.inputs import QualityInputs
from seismic_assets.insights.quality.limits import QualityLimits
from seismic_assets.insights.quality.result import AgentResult
from seismic_assets.insights.quality.shown import agent_section, facts_table, number, short_table
from seismic_assets.insights.quality.snapshot import SNAPSHOT_COLUMNS, Snapshot
from seismic_assets.insights.quality.trends import Trend, trend_findings, trends_of
from seismic_assets.llm.facts import Fact, Facts

TITLE = "Drift"
Level = Literal["LOW", "MEDIUM", "HIGH"]
_LEVELS: dict[Severity, Level] = {"info": "LOW", "warn": "MEDIUM", "fail": "HIGH"}
_LEAST_SCORE_DEVIATION = 1.0  # points: two files of nearly the same score must not make a point a large effect
_LEAST_LOG_DEVIATION = 0.05  # 12 %
_MOST_LOST = 0.5
_SHOWN = 10


def detect_drift(current: Snapshot, inputs: QualityInputs, limits: QualityLimits) -> AgentResult:
    """Compare a state with the last one that was accepted, and look for trends.

    Args:
        current: the state.
        inputs: with the history.
        limits: of the agents.

    Raises:
        QualityInputError: the history could not be had.
    """
    history = earlier_states(inputs.take("history", "timestamp", "accepted", "verdict", *SNAPSHOT_COLUMNS), current)
    accepted = [Snapshot.from_row(row) for row in history.filter("accepted").to_dicts()]
    comparable = accepted[-1:] if current.traces else []
    changes = [change for reference in comparable for change in _changes(current, reference, limits)]
    trends = trends_of([*accepted, current][-limits.trend_length :], limits.trend_p)
    findings = by_severity([*(change for change, _ in changes), *trend_findings(trends)])
    verdict = verdict_of(findings)
    level = _LEVELS[min((each.severity for each in findings), key=list(_LEVELS)[::-1].index, default="info")]
    summary = _summary(level, accepted, findings, current)
    facts = _facts(verdict, level, current, accepted, changes, trends)
    shown = [fact for _, figures in changes for fact in figures]
    blocks: list[Block] = [*([facts_table(("change", "value"), shown)] if shown else []), *_states(history, current)]
    told = tuple(each for each in findings if each.severity != "info")
    return AgentResult(
        name="drift",
        title=TITLE,
        verdict=verdict,
        summary=summary,
        findings=findings,
        facts=Facts(facts),
        sections=(agent_section(TITLE, verdict, summary, told, blocks),),
    )


def earlier_states(history: pl.DataFrame, current: Snapshot) -> pl.DataFrame:
    """The history without the current state, where that is its latest row: a report is the same if made again."""
    ordered = history.sort("timestamp")
    if ordered.height and ordered["identity"][-1] == current.identity:
        return ordered.head(-1)
    return ordered


def _summary(level: Level, accepted: Sequence[Snapshot], findings: Sequence[Finding], current: Snapshot) -> str:
    if not current.traces:
        return "there is no trace to compare."
    if not accepted:
        return "there is no earlier state to compare with yet."
    worst = [each.sentence for each in findings if each.severity != "info"]
    return f"{level} drift. {' '.join(worst)}" if worst else f"{level} drift: nothing changed beyond the limits."


def _changes(now: Snapshot, before: Snapshot, limits: QualityLimits) -> list[tuple[Finding, tuple[Fact, ...]]]:
    """A finding and its figures for each thing that is compared."""
    found = [_volume(now, before, limits), _losses(now, before, limits), _scores(now, before, limits)]
    return [*found, *_amplitudes(now, before, limits), *_classes(now, before, limits)]


def _volume(now: Snapshot, before: Snapshot, limits: QualityLimits) -> tuple[Finding, tuple[Fact, ...]]:
    """More data are looked at; more than half of the traces gone is a failure."""
    change = now.traces / before.traces - 1 if before.traces else math.inf
    lost = -change > _MOST_LOST
    severity: Severity = "fail" if lost else "warn" if abs(change) > limits.volume_change else "info"
    figures = (
        Fact("change.traces", "relative change of the number of traces", change, "share"),
        Fact("before.traces", "traces before", before.traces, "count", "traces"),
        Fact("now.traces", "traces now", now.traces, "count", "traces"),
    )
    direction = "rose" if change > 0 else "fell" if change < 0 else "stayed"
    sentence = f"The number of traces {direction}: {before.traces:,} before, {now.traces:,} now."
    return _finding("volume_change", severity, sentence, figures)


def _losses(now: Snapshot, before: Snapshot, limits: QualityLimits) -> tuple[Finding, tuple[Fact, ...]]:
    """Fewer dead traces are no harm."""
    change = now.lost_share - before.lost_share
    severity = _graded(change, limits.loss_change, 4 * limits.loss_change)
    then, at_present = (Fact("", "", each.lost_share, "share").shown() for each in (before, now))
    sentence = f"Dead or broken traces: {then} of the traces before, {at_present} now."
    figure = _points("change.lost_share", "change of the share of dead or broken traces", change)
    return _finding("loss_change", severity, sentence, (figure,))


def _scores(now: Snapshot, before: Snapshot, limits: QualityLimits) -> tuple[Finding, tuple[Fact, ...]]:
    """A fall counts that is both of some points and large beside the spread between files."""
    change = now.score_mean - before.score_mean
    effect = _effect(
        change, now.score_deviation, now.files, before.score_deviation, before.files, _LEAST_SCORE_DEVIATION
    )
    fell = -change if -effect >= limits.effect else 0.0
    severity = _graded(fell, limits.score_change, 4 * limits.score_change)
    figures = (
        Fact("change.score", "change of the mean quality score", change, "measure", "points"),
        Fact("effect.score", "effect size of the change of the score (Cohen's d)", effect, "measure"),
    )
    sentence = f"Mean quality score: {number(before.score_mean, 3)} before, {number(now.score_mean, 3)} now."
    return _finding("score_change", severity, sentence, figures)


def _amplitudes(now: Snapshot, before: Snapshot, limits: QualityLimits) -> list[tuple[Finding, tuple[Fact, ...]]]:
    """Of the median amplitude scale; nothing where one state has no live trace."""
    if not (now.scale_median > 0 and before.scale_median > 0):
        return []
    factor = now.scale_median / before.scale_median
    effect = _effect(
        math.log10(factor),
        now.log_scale_deviation,
        now.scaled_files,
        before.log_scale_deviation,
        before.scaled_files,
        _LEAST_LOG_DEVIATION,
    )
    moved = max(factor, 1 / factor) if abs(effect) >= limits.effect else 1.0
    severity = _graded(moved, limits.amplitude_factor, limits.files.amplitude_ratio)
    figures = (
        Fact("change.amplitude_factor", "amplitude scale now over that before", factor, "measure"),
        Fact("effect.amplitude", "effect size of the change of the amplitudes (Cohen's d)", effect, "measure"),
    )
    then, at_present = number(before.scale_median, 3), number(now.scale_median, 3)
    sentence = f"Median amplitude scale of the files: {then} before, {at_present} now."
    return [_finding("amplitude_change", severity, sentence, figures)]


def _classes(now: Snapshot, before: Snapshot, limits: QualityLimits) -> list[tuple[Finding, tuple[Fact, ...]]]:
    """The class whose share changed most; labels that are all gone, or the first ones, are no change of shares."""
    if not before.class_shares:
        return []
    if not now.class_shares:
        sentence = f"There are no labels any more; {before.labelled_windows:,} windows had a class before."
        figure = Fact("before.labelled_windows", "labelled windows before", before.labelled_windows, "count", "windows")
        return [_finding("labels_gone", "warn", sentence, (figure,))]
    names = sorted({*now.class_shares, *before.class_shares})
    changes = {name: now.class_shares.get(name, 0.0) - before.class_shares.get(name, 0.0) for name in names}
    most = max(names, key=lambda name: abs(changes[name]))
    severity = _graded(abs(changes[most]), limits.class_change, 3 * limits.class_change)
    then, at_present = (Fact("", "", each.class_shares.get(most, 0.0), "share").shown() for each in (before, now))
    sentence = f"Share of the class {most}: {then} of the labelled windows before, {at_present} now."
    figures = (
        Fact("change.class_most", "class whose share changed most", most, "name"),
        *(_points(f"change.class.{name}", f"change of the share of class {name}", changes[name]) for name in names),
    )
    return [_finding("class_change", severity, sentence, figures)]


def _points(name: str, words: str, change: float) -> Fact:
    """A difference of two shares is no share of anything."""
    return Fact(name, words, 100 * change, "measure", "percentage points")


def _finding(
    code: str, severity: Severity, sentence: str, figures: tuple[Fact, ...]
) -> tuple[Finding, tuple[Fact, ...]]:
    known = tuple(finite(figures))
    return Finding(code, severity, sentence, (), known), known


def _graded(value: float, medium: float, high: float) -> Severity:
    """`info` up to `medium`, then `warn`, beyond `high` `fail`; what is not known is `info`."""
    return "fail" if value > high else "warn" if value > medium else "info"


def _effect(change: float, sd_now: float, n_now: int, sd_before: float, n_before: int, least: float) -> float:
    """Cohen's d: the change in standard deviations between files, pooled over both states, of at least `least`."""
    total = n_now + n_before
    pooled = math.sqrt((n_now * sd_now**2 + n_before * sd_before**2) / total) if total else 0.0
    return change / max(pooled, least)


def _facts(
    verdict: str,
    level: Level,
    current: Snapshot,
    accepted: Sequence[Snapshot],
    changes: Sequence[tuple[Finding, tuple[Fact, ...]]],
    trends: Sequence[Trend],
) -> list[Fact]:
    return [
        Fact("verdict.drift", "verdict on changes", verdict, "verdict"),
        Fact("drift_level", "how much changed", level, "verdict"),
        Fact("accepted_states", "earlier states that were accepted", len(accepted), "count", "states"),
        *(fact for _, figures in changes for fact in figures),
        *(Fact(f"trend.{each.name}", f"trend of the {each.words}", each.direction, "trend") for each in trends),
    ]


def _states(history: pl.DataFrame, current: Snapshot) -> list[Block]:
    """The latest states, the current one first."""
    rows = [("now", *_figures(current), "-")]
    for row in history.tail(_SHOWN).reverse().to_dicts():
        rows.append((f"{row['timestamp']:%Y-%m-%d %H:%M}", *_figures(Snapshot.from_row(row)), row["verdict"]))
    header = ("state", "files", "traces", "lost", "score", "amplitude scale", "verdict")
    return short_table(header, rows)


def _figures(state: Snapshot) -> tuple[str, ...]:
    lost = Fact("", "", state.lost_share, "share").shown()
    score, scale = (number(each) if math.isfinite(each) else "" for each in (state.score_mean, state.scale_median))
    return f"{state.files:,}", f"{state.traces:,}", lost, score, scale
