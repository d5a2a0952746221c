"""The settings of language models: whether one is asked, which, and for how long; and of the search in documents."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import AliasChoices, Field, field_validator

from seismic_assets.llm.address import without_secret
from seismic_assets.settings.base import EnvironmentSettings

_PORT = 11434
_EVERY_ADDRESS = "0.0.0.0"  # what Ollama listens at; as an address to ask it means this machine


class LanguageSettings(EnvironmentSettings):
    """What language models may help with; every report is complete without one."""

    knowledge: bool = Field(
        True,
        description="Make the reports of the group `knowledge` and the index of documents; off, the graph has none.",
    )
    llm: bool = Field(
        False,
        validation_alias=AliasChoices("SEISMIC_LLM", "ENABLE_LLM"),
        description="Let a language model explain reports and answer questions; what it says is checked against the "
        "figures, and without it everything is complete.",
    )
    ollama_host: str = Field(
        f"http://127.0.0.1:{_PORT}",
        validation_alias=AliasChoices("SEISMIC_OLLAMA_HOST", "OLLAMA_HOST"),
        description="Server of language models that speaks Ollama's API: http://HOST:PORT or HOST:PORT, and the path "
        "of a gateway where it stands behind one. What it is asked holds figures and passages of this deployment.",
    )
    llm_model: str = Field(
        "llama3.1:8b",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._/:-]{0,199}$",
        description="Language model, as `ollama list` names it.",
    )
    llm_timeout_s: float = Field(
        120.0, gt=0, le=3600, allow_inf_nan=False, description="Seconds within which a whole answer must have come."
    )
    llm_report_seconds: float = Field(
        300.0,
        gt=0,
        le=86_400,
        allow_inf_nan=False,
        description="Seconds that all questions of one report may take together; what is not explained or judged by "
        "then goes without.",
    )
    llm_attempts: int = Field(3, ge=1, le=10, description="Attempts within that time where a failure may pass.")
    llm_concurrent: int = Field(1, ge=1, le=64, description="Questions to the server at a time, of a process.")
    llm_context_tokens: int = Field(8192, ge=512, le=1_000_000, description="Context of a question and its answer.")
    llm_most_tokens: int = Field(1024, ge=16, le=100_000, description="Tokens of an answer at most.")
    llm_trace: bool = Field(True, description="Keep every question and answer as a trace in MLflow.")
    ask_method: Literal["hybrid", "embedding", "tfidf", "bm25"] = Field(
        "hybrid",
        description="How passages are found for a question; with `tfidf` or `bm25` no vectors are made, which "
        "is most of the work.",
    )
    tuning_prior: bool = Field(
        False,
        description="Begin the search for a model with the families that `model_advice` puts first; every family is "
        "tried all the same.",
    )
    judged_predictions: int = Field(
        200, ge=10, le=100_000, description="Windows of the predictions that are sampled and judged."
    )
    judged_by_model: int = Field(10, ge=0, le=1000, description="Of them, those that a language model judges too.")
    judge_strategy: Literal["random", "uncertain", "stratified"] = Field(
        "stratified", description="How the windows are sampled: by class and file, by least confidence, or at random."
    )

    @field_validator("ollama_host", mode="before")
    @classmethod
    def _whole_address(cls, value: Any) -> Any:
        """Ollama's own variable may be a port, a host, or both; 0.0.0.0 is where it listens, not where it is asked.

        Whether that is an address is seen where a model is asked: OLLAMA_HOST is also set for Ollama itself, and
        nothing else depends on it. A password is not taken in.
        """
        if not isinstance(value, str):
            return value
        scheme, written, rest = value.strip().rstrip("/").rpartition("://")
        place, slash, path = rest.partition("/")
        if place.startswith(":"):
            place = f"127.0.0.1{place}"
        place = re.sub(rf"^{re.escape(_EVERY_ADDRESS)}(?=$|:)", "127.0.0.1", place)
        if not written and not re.search(r":[0-9]+$", place):
            place = f"{place}:{_PORT}"
        return without_secret(f"{scheme or 'http'}://{place}{slash}{path}")
