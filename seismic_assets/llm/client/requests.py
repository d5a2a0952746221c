"""A question in the form of Ollama's API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seismic_assets.llm.client.config import ClientConfig
from seismic_assets.llm.client.wire import whole_characters
from seismic_assets.llm.language import Message, Question


def request_of(question: Question, config: ClientConfig) -> Mapping[str, Any]:
    """What `ollama.AsyncClient.chat` is called with, apart from the model.

    Raises:
        ValueError: there is no message, or a tool is not described as Ollama's API has it.
    """
    from ollama import Tool

    if not question.messages:
        raise ValueError(f"the prompt {question.prompt} has no message")
    return {
        "messages": [_message(each) for each in question.messages],
        "tools": [Tool.model_validate(each) for each in question.tools] or None,
        "format": dict(question.schema) if question.schema is not None else None,
        "options": {
            "temperature": config.temperature,
            "seed": config.seed,
            "num_predict": config.most_tokens,
            "num_ctx": config.context_tokens,
        },
    }


def _message(message: Message) -> dict[str, Any]:
    content: dict[str, Any] = {"role": message.role, "content": whole_characters(message.content)}
    if message.tool_calls:
        content["tool_calls"] = [
            {"function": {"name": each.name, "arguments": dict(each.arguments)}} for each in message.tool_calls
        ]
    if message.tool_name:
        content["tool_name"] = message.tool_name
    return content
