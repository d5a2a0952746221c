"""Prompts: versioned files, and text of others made inert before it enters one."""

from seismic_assets.llm.prompts.loading import load_prompt, prompt_names
from seismic_assets.llm.prompts.prompt import Prompt
from seismic_assets.llm.prompts.quoting import quoted, redacted

__all__ = ["Prompt", "load_prompt", "prompt_names", "quoted", "redacted"]
