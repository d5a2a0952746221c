"""The action recommender: what to do about what the other agents found."""

from __future__ import annotations

from collections.abc import Sequence

from seismic_assets.evaluation.document import Block, Bullets
from seismic_assets.insights.quality.advice import ADVICE, WORTH_DOING
from seismic_assets.insights.quality.findings import Finding, by_severity, verdict_of
from seismic_assets.insights.quality.result import Action, AgentResult
from seismic_assets.insights.quality.shown import agent_section
from seismic_assets.llm.facts import Fact, Facts

TITLE = "Actions"
_WORDS = {"fail": "must", "warn": "should", "info": "may"}
_MOST_FIGURES = 20


def recommend_actions(results: Sequence[AgentResult]) -> AgentResult:
    """A recommendation for each finding that calls for one, the most severe first."""
    findings = by_severity(each for result in results for each in result.findings if _calls(each))
    actions = tuple(Action(each.severity, each.code, each.sentence, ADVICE[each.code], each.files) for each in findings)
    verdict, summary = verdict_of(findings), _summary(actions)
    said = tuple(f"{_WORDS[each.severity].capitalize()}: {each.finding} {each.advice}" for each in actions)
    blocks: list[Block] = [Bullets(said)] if said else []
    return AgentResult(
        name="actions",
        title=TITLE,
        verdict=verdict,
        summary=summary,
        findings=findings,
        facts=Facts(_facts(verdict, findings)),
        sections=(agent_section(TITLE, verdict, summary, (), blocks),),
        actions=actions,
    )


def _calls(finding: Finding) -> bool:
    return finding.severity != "info" or finding.code in WORTH_DOING


def _summary(actions: Sequence[Action]) -> str:
    if not actions:
        return "nothing to do."
    counts = [(word, sum(each.severity == severity for each in actions)) for severity, word in _WORDS.items()]
    return f"{', '.join(f'{count} {word} be done' for word, count in counts if count)}."


def _facts(verdict: str, findings: Sequence[Finding]) -> list[Fact]:
    """How many there are, and the figures of the most severe."""
    counted = [
        Fact(f"actions.{severity}", f"actions that {word} be taken", _count(findings, severity), "count", "actions")
        for severity, word in _WORDS.items()
    ]
    figures = {figure.name: figure for each in findings for figure in each.figures}
    judged = Fact("verdict.actions", "verdict on what is to be done", verdict, "verdict")
    return [judged, *counted, *list(figures.values())[:_MOST_FIGURES]]


def _count(findings: Sequence[Finding], severity: str) -> int:
    return sum(each.severity == severity for each in findings)
