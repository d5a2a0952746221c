"""What a question to the documents of a deployment is, and its answer."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Question(BaseModel):
    """A question to the documents: reports, model cards, tables, the documentation, SEG-Y text headers."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    question: str = Field(min_length=1, max_length=1000, description="What to find, in words.")
    k: int = Field(5, ge=1, le=20, description="Passages at most.")
    method: Literal["hybrid", "embedding", "tfidf", "bm25"] | None = Field(
        None, description="How passages are found; by default as the service is set up."
    )


class Found(BaseModel):
    """A passage."""

    number: int = Field(description="As the answer refers to it, from 1.")
    source: str = Field(description="Document that it stands in.")
    title: str = Field(description="Headings above it.")
    score: float = Field(description="How well it fits, by the method; comparable within one answer only.")
    similarity: float = Field(description="Cosine with the question.")
    trusted: bool = Field(description="Whether the project wrote it; the text header of a SEG-Y file is not trusted.")
    content_preview: str = Field(description="Its beginning.")


class AskAnswer(BaseModel):
    """The answer to a question, with the passages that it rests on."""

    question: str
    answer: str = Field(description="Text with the numbers of its passages in brackets; without a model, passages.")
    sources: list[Found]
    num_sources: int
    model: str | None = Field(description="Language model that wrote the answer; null where the passages are it.")
    grounded: bool = Field(description="Whether the answer stands in the passages; no where nothing was found.")
    reason: str = Field(description="Why no language model wrote the answer; empty where one did.")
    notes: list[str] = Field(description="What the index leaves out, and why.")
    timestamp: datetime
