"""How a report that explains is made: the analysis, what a language model says of it, files, metadata."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime

import dagster as dg

from seismic_assets.insights import Insight, write_insight
from seismic_assets.llm import LanguageModel
from seismic_assets.llm.explaining import explain
from seismic_assets.llm.explanation import Explanation
from seismic_assets.settings import Settings


@dataclass(frozen=True)
class Language:
    """The language model of a deployment, as a resource.

    Attributes:
        model: None where none is to be asked.
    """

    model: LanguageModel | None = None

    def for_a_report(self, settings: Settings) -> LanguageModel | None:
        """The model with the time that one report has for it, from now on; None where none is to be asked."""
        from seismic_assets.llm.client import OllamaModel  # with all that it needs for the wire

        return self.model.within(settings.llm_report_seconds) if isinstance(self.model, OllamaModel) else self.model


def publish_insight(
    settings: Settings, language: Language, insight: Insight, prompt: str, **inputs: str
) -> dg.MaterializeResult:
    """Explain an insight and write it; the result has its page, and what became of the model's text."""
    return published(settings, insight, explain(language.for_a_report(settings), prompt, insight.facts, **inputs))


def published(settings: Settings, insight: Insight, explanation: Explanation) -> dg.MaterializeResult:
    """Write an insight with what was said of it."""
    paths = write_insight(settings.insights_dir, insight, explanation, datetime.now(UTC))
    return dg.MaterializeResult(
        data_version=dg.DataVersion(_digest(insight, explanation)),
        metadata={
            "summary": insight.summary,
            **({"verdict": insight.verdict} if insight.verdict else {}),
            "facts": len(insight.facts),
            "report": dg.MetadataValue.md(paths["md"].read_text()),
            "page": dg.MetadataValue.path(paths["html"]),
            **_of_model(explanation),
        },
    )


def _of_model(explanation: Explanation) -> dict[str, str | int | float]:
    told: dict[str, str | int | float] = {
        "language_model": explanation.model or "none",
        "text": explanation.status,
        "statements": len(explanation.statements),
        "refused": len(explanation.refused),
    }
    if explanation.reason:
        told["reason"] = explanation.reason
    if explanation.model:
        told |= {"prompt": explanation.prompt, "seconds": explanation.seconds}
        counts = {"prompt_tokens": explanation.prompt_tokens, "answer_tokens": explanation.answer_tokens}
        told |= {name: count for name, count in counts.items() if count is not None}
    return told


def _digest(insight: Insight, explanation: Explanation) -> str:
    said = [each.text for each in explanation.statements]
    content = json.dumps([insight.summary, insight.verdict, insight.facts.to_dict(), said], ensure_ascii=False)
    return hashlib.blake2b(content.encode(), digest_size=16).hexdigest()
