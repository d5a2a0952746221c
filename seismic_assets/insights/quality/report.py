"""All agents together: one insight, and the JSON of both kinds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from seismic_assets.insights.insight import Insight
from seismic_assets.insights.quality.findings import Verdict, worst_verdict
from seismic_assets.insights.quality.graph import agents
from seismic_assets.insights.quality.inputs import QualityInputs
from seismic_assets.insights.quality.limits import QualityLimits
from seismic_assets.insights.quality.result import Action, AgentResult
from seismic_assets.insights.quality.validation import validation_results
from seismic_assets.llm.facts import Fact, Facts

NAME = "quality_report"
TITLE = "Quality of the data"


@dataclass(frozen=True)
class QualityReport:
    """What all agents say.

    Attributes:
        results: of the agents, in the order of the graph.
        insight: all of them as one, named `quality_report`.
        validation: under the names that users of the earlier pipeline know.
    """

    results: tuple[AgentResult, ...]
    insight: Insight
    validation: dict[str, Any]

    @property
    def verdict(self) -> Verdict:
        """The worst of the agents'."""
        return worst_verdict(each.verdict for each in self.results)

    @property
    def actions(self) -> tuple[Action, ...]:
        """What to do, the most severe first."""
        return tuple(action for each in self.results for action in each.actions)

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "verdict": self.verdict,
            "summary": self.insight.summary,
            "agents": [each.to_dict() for each in self.results],
            "actions": [each.to_dict() for each in self.actions],
            "validation_results": self.validation,
        }


def quality_report(inputs: QualityInputs, limits: QualityLimits | None = None) -> QualityReport:
    """Let the agents judge, and put together what they say.

    Args:
        inputs: of `gather_quality`.
        limits: by default those of the package.
    """
    results = agents(inputs, limits)
    return QualityReport(results, merged_insight(results), validation_results(inputs, results))


def quality_insight(inputs: QualityInputs, limits: QualityLimits | None = None) -> Insight:
    """The insight of `quality_report` alone."""
    return quality_report(inputs, limits).insight


def merged_insight(results: Sequence[AgentResult]) -> Insight:
    """One insight of all results: the worst verdict, all facts, what is to be done before the figures."""
    verdict = worst_verdict(each.verdict for each in results)
    known: dict[str, Fact] = {"verdict": Fact("verdict", "verdict on the data", verdict, "verdict")}
    for result in results:
        known |= {fact.name: fact for fact in result.facts if fact.name not in known}
    ordered = sorted(results, key=lambda each: each.name != "actions")
    return Insight(
        name=NAME,
        title=TITLE,
        summary=" ".join(f"{each.title}: {each.summary}" for each in results),
        verdict=verdict,
        facts=Facts(known.values()),
        sections=tuple(section for each in ordered for section in each.sections),
    )
