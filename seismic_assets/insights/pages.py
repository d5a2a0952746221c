"""An insight as files: Markdown, plain text, an HTML page and JSON, with what a language model said of it."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from seismic_assets.evaluation.document import (
    Bullets,
    Paragraph,
    Section,
    document_html,
    document_markdown,
    document_text,
)
from seismic_assets.insights.insight import Insight
from seismic_assets.llm.explanation import Explanation
from seismic_assets.whole_files import replace_file

INSIGHT_FILES = ("md", "txt", "html", "json")


def insight_page(insight: Insight, explanation: Explanation, made: datetime) -> tuple[Section, ...]:
    """The sections of the whole page: the result, what a model says of it, and the analysis.

    Where a model says nothing, the reason stands at the end.
    """
    verdict = f"{insight.verdict}: " if insight.verdict else ""
    told = (Paragraph(f"{verdict}{insight.summary}"), Paragraph(f"Made {made:%Y-%m-%d %H:%M} UTC."))
    said = (_explained(explanation),)
    sections = (*said, *insight.sections) if explanation.statements else (*insight.sections, *said)
    return (Section("Result", told), *sections)


def write_insight(folder: Path, insight: Insight, explanation: Explanation, made: datetime) -> dict[str, Path]:
    """Write `<name>.md`, `.txt`, `.html` and `.json`, each whole or not at all.

    Args:
        folder: is made where it is missing.
        insight: what to write.
        explanation: what a model said of it, or why none did.
        made: when, in UTC.

    Returns:
        The paths by suffix.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sections = insight_page(insight, explanation, made)
    contents = {
        "md": document_markdown(insight.title, sections),
        "txt": document_text(insight.title, sections),
        "html": document_html(insight.title, sections),
        "json": json.dumps(_record(insight, explanation, made), indent=1, ensure_ascii=False) + "\n",
    }
    paths = {suffix: folder / f"{insight.name}.{suffix}" for suffix in INSIGHT_FILES}
    for suffix, path in paths.items():
        replace_file(path, contents[suffix].encode())
    return paths


def _explained(explanation: Explanation) -> Section:
    """What a model said, told apart from what was measured; or why there is nothing."""
    title = "In words"
    if not explanation.statements:
        return Section(title, (Paragraph(f"No text of a language model: {explanation.reason.rstrip('.')}."),))
    origin = f"Written by {explanation.model} (prompt {explanation.prompt}) from the figures below, and checked against"
    said = Bullets(tuple(each.text for each in explanation.statements))
    return Section(title, (Paragraph(f"{origin} them. {explanation.reason}".rstrip()), said))


def _record(insight: Insight, explanation: Explanation, made: datetime) -> dict[str, Any]:
    return {
        "name": insight.name,
        "title": insight.title,
        "made": made.isoformat(),
        "verdict": insight.verdict,
        "summary": insight.summary,
        "facts": insight.facts.to_dict(),
        "explanation": explanation.to_dict(),
    }
