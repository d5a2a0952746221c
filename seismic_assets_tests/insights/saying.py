"""What holds of every insight, and numbers as a text has them."""

from __future__ import annotations

import math
import re

from seismic_assets.evaluation.document import document_html, document_markdown, document_text
from seismic_assets.insights import Insight

MOST_FACTS = 45


def numbers_of(text: str) -> set[str]:
    """Numbers that stand by themselves: `1,200` and `0.951`, but not the digit of `macro-F1`."""
    return {found.rstrip(".,") for found in re.findall(r"(?<![\w.])\d[\d,.]*", text)}


def text_of(insight: Insight) -> str:
    return document_text(insight.title, insight.sections)


def assert_sound(insight: Insight) -> None:
    """Facts are few and finite; the summary says no number that is not among them; every page renders."""
    assert 0 < len(insight.facts) <= MOST_FACTS
    for fact in insight.facts:
        assert re.fullmatch(r"[A-Za-z0-9_.-]+", fact.name)
        assert fact.words and fact.shown()
        assert isinstance(fact.value, str) or math.isfinite(fact.value)
    known = set().union(*(numbers_of(fact.shown()) | {fact.shown()} for fact in insight.facts))
    assert numbers_of(insight.summary) <= known, insight.summary
    assert insight.summary.endswith(".") and "\n" not in insight.summary
    assert insight.sections
    assert text_of(insight).startswith(insight.title)
    assert document_markdown(insight.title, insight.sections) and document_html(insight.title, insight.sections)
    assert not re.search(r"\bnan\b|\binf\b|None\b(?! is)", text_of(insight).replace("None.", ""))
