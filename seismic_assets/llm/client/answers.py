"""From what a server sent to a reply: text, or JSON of the schema that was asked for."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from seismic_assets.llm.client.config import ClientConfig
from seismic_assets.llm.client.failures import TooShortError, UnsuitableError
from seismic_assets.llm.client.wire import Received, who
from seismic_assets.llm.language import Question, Reply


def reply_of(received: Received, question: Question, config: ClientConfig, seconds: float) -> Reply:
    """The reply, if it is one to the question.

    Raises:
        CallError: it is empty, or not of the schema.
    """
    text = "".join(received.pieces)
    data = None
    if question.schema is not None and not received.tool_calls:
        data = _data(text, question.schema, received, config)
    elif not text.strip() and not received.tool_calls:
        raise UnsuitableError(f"{who(config)} answered with nothing; ask again, or take another model")
    return Reply(
        text=text,
        model=config.model,
        data=data,
        tool_calls=tuple(received.tool_calls),
        prompt_tokens=received.prompt_tokens,
        answer_tokens=received.answer_tokens,
        seconds=seconds,
    )


def _data(text: str, schema: Mapping[str, Any], received: Received, config: ClientConfig) -> Any:
    try:
        return read_json(text, schema)
    except ValueError as error:
        if received.reason == "length":
            raise TooShortError(
                f"{who(config)} was not done after {config.most_tokens:,} tokens; raise SEISMIC_LLM_MOST_TOKENS"
            ) from None
        raise UnsuitableError(f"{who(config)} did not answer in the form asked for: {error}") from None


def read_json(text: str, schema: Mapping[str, Any]) -> Any:
    """Text as JSON of a schema.

    Raises:
        ValueError: it is no JSON, or not of that schema; says where.
    """
    from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
    from jsonschema.exceptions import best_match  # type: ignore[import-untyped]

    try:
        data = json.loads(text, parse_constant=_refused, parse_float=_finite)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"it is no JSON ({error.msg} at character {error.pos})") from None
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValueError("it holds half of a character, which no file can hold") from None
    problem = best_match(Draft202012Validator(schema).iter_errors(data))
    if problem is not None:
        rule = "/".join(map(str, problem.schema_path))
        raise ValueError(f"{problem.json_path} is not as {rule} of the schema has it")
    return data


def check_schema(schema: Mapping[str, Any]) -> None:
    """See that a schema is one, before anyone is asked.

    Raises:
        ValueError: it is none.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise ValueError(f"the schema of the answer is none at {error.json_path}: {error.message}") from None


def _refused(constant: str) -> float:
    raise ValueError(f"it holds {constant}, which JSON does not know")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError("it holds a number that is too large")
    return value
