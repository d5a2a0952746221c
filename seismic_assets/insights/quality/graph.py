"""The agents as a small graph: which needs what, and what becomes of the others when one cannot judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from seismic_assets.evaluation.document import Paragraph, Section
from seismic_assets.insights.quality.actions import recommend_actions
from seismic_assets.insights.quality.domain import validate_domain
from seismic_assets.insights.quality.drift import detect_drift
from seismic_assets.insights.quality.errors import QualityInputError
from seismic_assets.insights.quality.findings import Finding, Severity, verdict_of
from seismic_assets.insights.quality.inputs import QualityInputs
from seismic_assets.insights.quality.limits import QualityLimits
from seismic_assets.insights.quality.result import AgentName, AgentResult
from seismic_assets.insights.quality.statistics import analyse_statistics
from seismic_assets.llm.facts import Fact, Facts

Done = Mapping[str, AgentResult]


@dataclass(frozen=True)
class Agent:
    """A node of the graph.

    Attributes:
        name: of the agent.
        title: of its part of the page.
        needs: agents that come before it.
        judge: makes its result from the frames and the results of those.
        unjudged: how severe it is that it could not judge.
    """

    name: AgentName
    title: str
    needs: tuple[AgentName, ...]
    judge: Callable[[QualityInputs, QualityLimits, Done], AgentResult]
    unjudged: Severity


def _drift(inputs: QualityInputs, limits: QualityLimits, done: Done) -> AgentResult:
    snapshot = done["statistics"].snapshot
    if snapshot is None:
        raise QualityInputError(f"there are no statistics to compare: {done['statistics'].failed}")
    return detect_drift(snapshot, inputs, limits)


GRAPH: tuple[Agent, ...] = (
    Agent("statistics", "Statistics", (), lambda inputs, limits, _: analyse_statistics(inputs, limits), "fail"),
    Agent("domain", "Domain", (), lambda inputs, limits, _: validate_domain(inputs, limits), "fail"),
    Agent("drift", "Drift", ("statistics",), _drift, "warn"),
    Agent(
        "actions",
        "Actions",
        ("statistics", "domain", "drift"),
        lambda inputs, limits, done: recommend_actions(list(done.values())),
        "warn",
    ),
)
"""Each agent after those it needs."""


def agents(inputs: QualityInputs, limits: QualityLimits | None = None) -> tuple[AgentResult, ...]:
    """The results of all agents, in the order of the graph.

    Args:
        inputs: what to judge.
        limits: by default those of the package.

    Returns:
        One result an agent; of one that could not judge, `failed` says why, and its verdict is not `PASS`.
    """
    done: dict[str, AgentResult] = {}
    for agent in GRAPH:
        done[agent.name] = _judged(agent, inputs, limits or QualityLimits(), {name: done[name] for name in agent.needs})
    return tuple(done.values())


def _judged(agent: Agent, inputs: QualityInputs, limits: QualityLimits, done: Done) -> AgentResult:
    """The agent's result, or that its input was nothing it could judge: damaged frames, numbers beyond arithmetic."""
    try:
        return agent.judge(inputs, limits, done)
    except (QualityInputError, pl.exceptions.PolarsError, ArithmeticError, ValueError, TypeError) as error:
        return _unjudged(agent, " ".join(f"{error}".split()) or type(error).__name__)


def _unjudged(agent: Agent, why: str) -> AgentResult:
    sentence = f"{agent.title} could not be judged: {why}"
    finding = Finding("not_judged", agent.unjudged, f"{sentence.rstrip('.')}.")
    verdict = verdict_of([finding])
    return AgentResult(
        name=agent.name,
        title=agent.title,
        verdict=verdict,
        summary=f"not judged: {why.rstrip('.')}.",
        findings=(finding,),
        facts=Facts([Fact(f"verdict.{agent.name}", f"verdict of {agent.title.lower()}", verdict, "verdict")]),
        sections=(Section(agent.title, (Paragraph(f"{verdict}: {finding.sentence}"),)),),
        failed=sentence,
    )
