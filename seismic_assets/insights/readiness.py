"""Whether a version is ready for production, criterion by criterion, and what would have to change."""

from __future__ import annotations

from collections.abc import Sequence

from seismic_assets.evaluation import Interval, Verdict, known_failures
from seismic_assets.evaluation.document import Block, Bullets, Paragraph, Section, Table
from seismic_assets.insights.gathering import Gathering, fact_name
from seismic_assets.insights.insight import Insight
from seismic_assets.insights.insight import Verdict as Word
from seismic_assets.insights.readiness_criteria import (
    MODEL,
    SIMPLE,
    Criterion,
    Evaluated,
    ReadinessLimits,
    best_trivial,
    criteria,
    name_of,
    part_name,
    tested,
    weak_parts,
    weakest_class,
)
from seismic_assets.insights.wording import BASELINES, listed

__all__ = ["Criterion", "Evaluated", "ReadinessLimits", "readiness_insight"]

NAME = "evaluation_insight"
_WORDS: dict[Word, str] = {"PASS": "READY", "WARN": "READY WITH LIMITS", "FAIL": "NOT READY"}
_MOST_CLASSES, _MOST_PARTS, _MOST_TOLD = 6, 3, 3


def readiness_insight(
    record: Evaluated, verdict: Verdict | None = None, limits: ReadinessLimits | None = None
) -> Insight:
    """Readiness of a version from its evaluation and what the gate said.

    READY where every criterion is met, NOT READY where one that must be is not, else READY WITH LIMITS: also before
    the gate has spoken.

    Args:
        record: of the evaluation.
        verdict: of the gate; None where the version has not been put to it.
        limits: what is asked; the defaults of `ReadinessLimits` if None.
    """
    limits = limits or ReadinessLimits()
    asked = criteria(record, verdict, limits)
    word = _word(asked)
    gathered = Gathering()
    summary = _summary(gathered, record, asked, word)
    _facts(gathered, record, verdict, limits)
    sections = (
        Section("Criteria", _criteria_blocks(asked)),
        Section("What would have to change", _change_blocks(asked)),
        Section("Classes", (_class_table(record),)),
        Section("Beside what it must exceed", (_baseline_table(record),)),
        Section("Where it fails", _failure_blocks(record)),
        Section("The gate", _gate_blocks(verdict)),
        Section("What this does not say", (Paragraph(_UNSAID),)),
    )
    return Insight(NAME, f"Readiness of version {record.version}", summary, word, gathered.facts, sections)


_UNSAID = (
    "The test blocks lie in the surveys that the model was fitted on, with a gap to the training blocks. How it does "
    "on a survey of other acquisition, processing or geology is not measured here."
)


def _word(asked: Sequence[Criterion]) -> Word:
    if any(each.level == "must" and each.met is False for each in asked):
        return "FAIL"
    return "PASS" if all(each.met for each in asked) else "WARN"


def _summary(gathered: Gathering, record: Evaluated, asked: Sequence[Criterion], word: Word) -> str:
    version = gathered.name("version", "version of the model", record.version)
    ready = gathered.verdict("readiness", "readiness for production", _WORDS[word])
    f1 = gathered.measure("f1", "macro-F1 on test blocks", record.f1.value)
    met = gathered.count("criteria_met", "criteria met", sum(bool(each.met) for each in asked))
    every = gathered.count("criteria", "criteria asked", len(asked))
    telling = [each for each in asked if each.met is False and (each.level == "must" or word != "FAIL")]
    lacking = [each.name for each in telling]
    waiting = [each.name for each in asked if each.met is None]
    short = "of those that must be, not met" if word == "FAIL" else "not met"
    why = f"; {short}: {_first(lacking)}" if lacking else ""
    why += f"; not known yet: {_first(waiting)}" if waiting else ""
    for each in asked:
        if not each.met:
            said = "not known" if each.met is None else "not met"
            gathered.verdict(fact_name("criterion", each.name), f"criterion {each.name}", said)
    return f"Version {version} is {ready}: macro-F1 {f1}, {met} of {every} criteria met{why}."


def _first(names: Sequence[str]) -> str:
    return listed(names[:_MOST_TOLD], _MOST_TOLD) + (", among others" if len(names) > _MOST_TOLD else "")


def _facts(gathered: Gathering, record: Evaluated, verdict: Verdict | None, limits: ReadinessLimits) -> None:
    scores, best, weakest = record.scores[MODEL], best_trivial(record), weakest_class(record)
    gathered.measure("f1.low", "lower end of the macro-F1's interval", record.f1.low)
    gathered.measure("f1.high", "upper end of the macro-F1's interval", record.f1.high)
    gathered.measure("f1.needed", "macro-F1 asked of the lower end", limits.f1)
    gathered.share("accuracy", "test windows that are right", scores.accuracy)
    gathered.count("test_windows", "windows of test blocks", scores.windows, "windows")
    gathered.count("test_blocks", "test blocks", record.f1.blocks, "blocks")
    gathered.measure("calibration_error", "expected calibration error", record.calibration.expected_error)
    gathered.measure("brier", "Brier score, 0 to 2", record.calibration.brier)
    if best is not None:
        gathered.measure(f"baseline.{best[0]}", f"macro-F1 of the baseline {best[0]}", best[1])
    if SIMPLE in record.scores:
        gathered.measure("baseline.logistic", "macro-F1 of a logistic regression", record.scores[SIMPLE].f1_macro)
    if weakest is not None:
        gathered.name("weakest_class", "class of the lowest F1", weakest[0])
    by_support = sorted(tested(record).items(), key=lambda item: item[1]["support"])
    for name, values in by_support[:_MOST_CLASSES]:
        gathered.measure(fact_name("f1", "class", name), f"F1 of {name}", values["f1"])
        gathered.count(fact_name("windows", name), f"test windows of {name}", int(values["support"]), "windows")
    for place, each in enumerate(weak_parts(record, limits)[:_MOST_PARTS], 1):
        gathered.name(f"weak_part.{place}", "part of the data where it is weak", part_name(each))
        gathered.measure(f"weak_part.{place}.f1", f"macro-F1 where {part_name(each)}", each.f1.value)
    said = "not asked" if verdict is None else "passed" if verdict.promote else "refused"
    gathered.verdict("gate", "what the gate said", said)


def _criteria_blocks(asked: Sequence[Criterion]) -> tuple[Block, ...]:
    shown = {True: "yes", False: "no", None: "not known"}
    rows = tuple((each.name, each.level, each.value, each.needed, shown[each.met]) for each in asked)
    return (Table(("criterion", "level", "value", "needed", "met"), rows, words=5),)


def _change_blocks(asked: Sequence[Criterion]) -> tuple[Block, ...]:
    changes = dict.fromkeys(each.change for each in asked if not each.met)
    return (Bullets(tuple(changes)),) if changes else (Paragraph("Nothing: every criterion is met."),)


def _class_table(record: Evaluated) -> Table:
    rows = tuple(
        (
            name,
            f"{values['precision']:.3f}",
            f"{values['recall']:.3f}",
            f"{values['f1']:.3f}",
            _ends(record.class_f1.get(name)),
            f"{values['support']:,.0f}",
        )
        for name, values in record.scores[MODEL].per_class.items()
    )
    return Table(("class", "precision", "recall", "F1", "interval", "windows"), rows)


def _ends(interval: Interval | None) -> str:
    known = interval is not None and interval.low is not None and interval.high is not None
    return f"{interval.low:.3f} to {interval.high:.3f}" if known and interval is not None else "-"


def _baseline_table(record: Evaluated) -> Table:
    rows = tuple(
        (BASELINES.get(name, name), f"{scores.f1_macro:.3f}", f"{scores.f1_weighted:.3f}", f"{scores.accuracy:.3f}")
        for name, scores in record.scores.items()
    )
    return Table(("", "macro-F1", "weighted F1", "accuracy"), rows)


def _failure_blocks(record: Evaluated) -> tuple[Block, ...]:
    found = known_failures(record.scores[MODEL], record.slices)
    return (Bullets((*found, *record.risks)),) if found or record.risks else (Paragraph("None is known."),)


def _gate_blocks(verdict: Verdict | None) -> tuple[Block, ...]:
    if verdict is None:
        return (Paragraph("This version has not been put to the gate."),)
    rows = tuple(
        (name_of(each.name), "passed" if each.passed else "failed", each.sentence) for each in verdict.findings
    )
    return (Table(("question", "answer", "figures"), rows, words=3),)
