"""The index of documents: made again when one of them changed, with what could not be read named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import dagster as dg
import polars as pl

from seismic_assets.defs.knowledge.sources import documents_of
from seismic_assets.defs.metadata import markdown_table, rows_metadata
from seismic_assets.knowledge import Document, KnowledgeIndex, refreshed
from seismic_assets.lake import Lake
from seismic_assets.llm.prompts import load_prompt, prompt_names
from seismic_assets.registry.genai import register_prompts
from seismic_assets.settings import Settings

_BY_MEANING = ("hybrid", "embedding")


def build_index(lake: Lake, settings: Settings, told: Callable[[int, int], None]) -> tuple[str, dict[str, Any]]:
    """Make the index where a document changed; its version, and what it holds."""
    loaded = documents_of(lake, settings)
    by_meaning = settings.ask_method in _BY_MEANING
    index = refreshed(settings.knowledge_index_dir, loaded.documents, embeddings=by_meaning, told=told)
    problems = [*index.notes, *loaded.problems]
    return index.version, rows_metadata(
        len(index.passages),
        documents=len(loaded.documents),
        methods=", ".join(index.methods),
        sources=markdown_table(_by_kind(loaded.documents, index)),
        left_out=dg.MetadataValue.md("\n".join(f"- {problem}" for problem in problems) or "nothing"),
    )


def registered_prompts(settings: Settings) -> dict[str, Any]:
    """Versions of the prompts in MLflow's registry, where a language model is asked and its calls are kept."""
    if not (settings.llm and settings.llm_trace):
        return {}
    versions = register_prompts(settings.mlflow_uri, [load_prompt(name) for name in prompt_names()])
    return {"prompts": ", ".join(f"{name} {version}" for name, version in versions.items())}


def _by_kind(documents: tuple[Document, ...], index: KnowledgeIndex) -> pl.DataFrame:
    kinds = {each.source: each.kind for each in documents}
    passages = Counter(kinds[each.source] for each in index.passages)
    counted = Counter(kinds.values())
    return pl.DataFrame(
        [{"kind": kind, "documents": number, "passages": passages[kind]} for kind, number in counted.items()]
    )
