"""The reports of a deployment by name, in parts; a name stands for fixed files, never for a path."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from seismic_assets.llm.tool_use import ToolError
from seismic_assets.tools.answers import ReportPart
from seismic_assets.tools.arguments import REPORT_NAMES, ReportName

if TYPE_CHECKING:
    from seismic_assets.settings import Settings

PART_CHARACTERS = 20_000
_MOST_BYTES = 8 << 20
_MOST_FILES = 200
_VERSION = re.compile(r"v(\d+)")
WHAT_THEY_SAY: dict[ReportName, str] = {
    "quality": "score and counts of each file",
    "quality_report": "verdict of the quality agents over all data, and what to do",
    "schema_report": "what the columns of the bronze table hold, and what their files lack",
    "model_card": "the latest model: data, scores, limits, how it was promoted",
    "model_documentation": "the latest model in words: what it is for, how it was made, what to mind",
    "model_advice": "which model families suit the training data, before the search",
    "evaluation": "scores of the latest model, class by class, and the gate's verdict, as JSON",
    "evaluation_insight": "whether the latest model is ready, criterion by criterion",
    "tuning_insight": "what the search for a model found",
    "prediction_judgement": "a sample of predictions, judged",
    "answer_judgement": "answers from the documents, judged",
    "monitoring": "drift, performance of what was served, and the decision to retrain, as JSON",
    "monitoring_insight": "what drift and performance mean, and what to do",
    "feature_catalogue": "every feature with its unit and formula, as JSON",
    "insights": "all reports in words in one",
}
_IN_WORDS: tuple[ReportName, ...] = (
    "quality_report",
    "schema_report",
    "model_documentation",
    "model_advice",
    "evaluation_insight",
    "tuning_insight",
    "prediction_judgement",
    "answer_judgement",
    "monitoring_insight",
)
_MADE_BY: dict[ReportName, str] = {
    **{name: name for name in REPORT_NAMES},
    "quality": "trace_quality",
    "evaluation": "evaluation_report",
    "monitoring": "monitoring_report",
    "insights": "the assets of the group knowledge",
}


class Reports:
    """The reports of a deployment, for reading."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        folder = settings.reports_dir
        self._found: dict[ReportName, Callable[[], list[Path]]] = {
            "quality": lambda: _files(folder / "quality", "*.md"),
            **{name: partial(_first, settings.insights_dir, f"{name}.md") for name in _IN_WORDS},
            "model_card": lambda: self._of_latest("model_card.md"),
            "evaluation": lambda: self._of_latest("evaluation_results.json", "classification_report.json", "gate.json"),
            "monitoring": lambda: _first(folder / "monitoring", "latest.json", "decision.json", "performance.json"),
            "feature_catalogue": lambda: _first(settings.feature_catalogue.parent, settings.feature_catalogue.name),
            "insights": lambda: _files(settings.insights_dir, "*.md"),
        }

    def made(self) -> list[ReportName]:
        """Names of the reports that were made."""
        return [name for name in REPORT_NAMES if self._found[name]()]

    def part(self, name: ReportName, part: int) -> ReportPart:
        """A part of a report.

        Raises:
            ToolError: it was not made yet, or has fewer parts.
        """
        files, text = self.text(name)
        parts = max(1, -(-len(text) // PART_CHARACTERS))
        if part > parts:
            raise ToolError(f"the report {name} has {parts} parts; there is no part {part}")
        start = (part - 1) * PART_CHARACTERS
        return ReportPart(
            name=name,
            files=[path.name for path in files],
            part=part,
            parts=parts,
            text=text[start : start + PART_CHARACTERS],
        )

    def text(self, name: ReportName) -> tuple[list[Path], str]:
        """The files of a report and the whole text, 8 MB of it at most.

        Raises:
            ToolError: it was not made yet.
        """
        files = self._found[name]()
        if not files:
            known = ", ".join(self.made()) or "none"
            raise ToolError(f"the report {name} was not made yet (by {_MADE_BY[name]}); there are: {known}")
        texts, room = [], _MOST_BYTES
        for path in files:
            content = _read(path, room)
            room -= len(content)
            texts.append(content if len(files) == 1 else f"<!-- {path.name} -->\n{content}")
            if room <= 0:
                break
        return files, "\n".join(texts)

    def _of_latest(self, *names: str) -> list[Path]:
        """Files of the evaluation of the latest version that has the first of them."""
        folder = self._settings.reports_dir / "evaluation"
        versions = sorted(
            (int(match[1]), path)
            for path in _files(folder, "v*")
            if (match := _VERSION.fullmatch(path.name)) and (path / names[0]).is_file()
        )
        return _first(versions[-1][1], *names) if versions else []


def _files(folder: Path, pattern: str) -> list[Path]:
    return sorted(path for path in folder.glob(pattern) if not path.name.startswith("."))[:_MOST_FILES]


def _first(folder: Path, *names: str) -> list[Path]:
    return [folder / name for name in names if (folder / name).is_file()]


def _read(path: Path, most: int) -> str:
    """A file as text; JSON on lines of its own, so that a part of it can be read."""
    with path.open("rb") as stream:
        text = stream.read(most).decode(errors="replace")
    if path.suffix != ".json":
        return text
    try:
        return json.dumps(json.loads(text), indent=1, ensure_ascii=False)
    except ValueError:
        return text
