"""What an agent says."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from seismic_assets.evaluation.document import Section
from seismic_assets.insights.quality.findings import Finding, Severity, Verdict
from seismic_assets.insights.quality.snapshot import Snapshot
from seismic_assets.llm.facts import Facts

AgentName = Literal["statistics", "domain", "drift", "actions"]


@dataclass(frozen=True)
class Action:
    """What to do about a finding.

    Attributes:
        severity: of the finding.
        code: of the finding.
        finding: its sentence, with files and figure.
        advice: what to do, a sentence or two.
        files: ids of the files it is about, the worst first; empty where it is about all.
    """

    severity: Severity
    code: str
    finding: str
    advice: str
    files: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self) | {"files": list(self.files)}


@dataclass(frozen=True)
class AgentResult:
    """The result of one agent, complete without any language model.

    Attributes:
        name: of the agent.
        title: of its sections.
        verdict: the result in a word.
        summary: the result in a sentence.
        findings: the worst first.
        facts: every number, name and judgement that a text about it may use.
        sections: its part of the page.
        actions: what to do, of the agent `actions` alone.
        snapshot: the state of the data in figures, of the agent `statistics` alone.
        failed: why it could judge nothing; empty where it did.
    """

    name: AgentName
    title: str
    verdict: Verdict
    summary: str
    findings: tuple[Finding, ...]
    facts: Facts
    sections: tuple[Section, ...]
    actions: tuple[Action, ...] = ()
    snapshot: Snapshot | None = None
    failed: str = ""

    @property
    def prompt(self) -> str:
        """Name of the prompt that explains it."""
        return f"quality_{self.name}"

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "name": self.name,
            "verdict": self.verdict,
            "summary": self.summary,
            "failed": self.failed,
            "findings": [each.to_dict() for each in self.findings],
            "actions": [each.to_dict() for each in self.actions],
            "facts": self.facts.to_dict(),
        }
