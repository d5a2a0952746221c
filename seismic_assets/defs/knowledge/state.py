"""What the reports in words follow from that no other asset knows: which language model is asked, and the pages."""

from __future__ import annotations

import hashlib
import json

from seismic_assets.knowledge.pages import project_docs
from seismic_assets.llm.prompts import load_prompt, prompt_names
from seismic_assets.settings import Settings

STATE = "knowledge_settings"
_OF_MODEL = ("ollama_host", "llm_model", "llm_context_tokens", "llm_most_tokens")
_OF_JUDGES = ("judged_predictions", "judged_by_model", "judge_strategy")


def knowledge_version(settings: Settings) -> str:
    """Digest of the settings, of the versions of the prompts where a model is asked, and of the documentation."""
    content = [getattr(settings, name) for name in ("llm", "ask_method", *_OF_JUDGES)]
    if settings.llm:
        content += [getattr(settings, name) for name in _OF_MODEL]
        content += [load_prompt(name).label for name in prompt_names()]
    content += [each.digest() for each in project_docs().documents]
    return hashlib.blake2b(json.dumps(content).encode(), digest_size=16).hexdigest()
