"""Tables of an agent's part of the page."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from seismic_assets.evaluation.document import Block, Bullets, Paragraph, Section, Table
from seismic_assets.insights.quality.findings import Finding
from seismic_assets.llm.facts import Fact

_WORDS = {"fail": "FAIL", "warn": "WARN", "info": "Note"}
_MOST_ROWS = 20


def agent_section(
    title: str, verdict: str, summary: str, findings: Sequence[Finding], blocks: Iterable[Block]
) -> Section:
    """A section: the verdict, the findings and the tables."""
    said: list[Block] = [Paragraph(f"{verdict}: {summary}")]
    if findings:
        said.append(Bullets(tuple(f"{_WORDS[each.severity]}: {each.sentence}" for each in findings)))
    return Section(title, (*said, *blocks))


def facts_table(header: tuple[str, str], facts: Iterable[Fact]) -> Table:
    """Words and value of facts."""
    return Table(header, tuple((each.words, each.shown()) for each in facts))


def short_table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]], words: int = 1) -> list[Block]:
    """A table of the first rows, and how many it leaves out; nothing without rows."""
    if not rows:
        return []
    shown: list[Block] = [Table(header, tuple(rows[:_MOST_ROWS]), words)]
    rest = len(rows) - _MOST_ROWS
    return [*shown, Paragraph(f"And {rest:,} more.")] if rest > 0 else shown


def number(value: float | None, digits: int = 4) -> str:
    """A number of a table; empty where it is not known."""
    if value is None or not math.isfinite(value):
        return ""
    return f"{value:,.{digits}g}" if abs(value) < 10**digits else f"{value:,.0f}"
