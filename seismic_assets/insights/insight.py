"""What a deterministic analysis says; a language model may only explain it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from seismic_assets.evaluation.document import Section
from seismic_assets.llm.facts import Facts

Verdict = Literal["PASS", "WARN", "FAIL", ""]


@dataclass(frozen=True)
class Insight:
    """The result of one analysis, complete without any language model.

    Attributes:
        name: of the asset and of its files, such as `quality_report`.
        title: of the page.
        summary: the result in a sentence.
        verdict: the result in a word; empty where there is nothing to judge.
        facts: every number, name and judgement that a text about it may use.
        sections: the page.
    """

    name: str
    title: str
    summary: str
    verdict: Verdict
    facts: Facts
    sections: tuple[Section, ...]
