"""What the reports in words follow from that no other asset knows: which model is asked, the pages, a lost index."""

from __future__ import annotations

import hashlib
import json

import dagster as dg

from seismic_assets.knowledge import index_state, methods_digest, project_docs
from seismic_assets.llm.prompts import load_prompt, prompt_names
from seismic_assets.settings import Settings

STATE = "knowledge_settings"
_OF_MODEL = ("ollama_host", "llm_model", "llm_context_tokens", "llm_most_tokens")
_OF_JUDGES = ("judged_predictions", "judged_by_model", "judge_strategy")


def knowledge_version(instance: dg.DagsterInstance, settings: Settings) -> str:
    """Digest of settings, prompts where a model is asked, documentation and methods, and the state of the index."""
    return f"{_digest(settings)}-{_index_state(instance, settings)}"


def _index_state(instance: dg.DagsterInstance, settings: Settings) -> str:
    """`sound`, also before it was made; else what is wrong, and since when it was made: mended, it may break again."""
    records = instance.fetch_materializations(dg.AssetKey("knowledge_index"), limit=1).records
    found = index_state(settings.knowledge_index_dir) if records else "sound"
    return found if found == "sound" else f"{found} since {records[0].timestamp}"


def _digest(settings: Settings) -> str:
    content = [getattr(settings, name) for name in ("llm", "ask_method", *_OF_JUDGES)]
    if settings.llm:
        content += [getattr(settings, name) for name in _OF_MODEL]
        content += [load_prompt(name).label for name in prompt_names()]
    content += [each.digest() for each in project_docs().documents] + [methods_digest()]
    return hashlib.blake2b(json.dumps(content).encode(), digest_size=16).hexdigest()
