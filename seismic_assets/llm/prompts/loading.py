"""Reading the files of prompts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, StrictInt, ValidationError

from seismic_assets.llm.errors import PromptError
from seismic_assets.llm.prompts.prompt import Example, Input, Prompt


class _InputEntry(BaseModel):
    model_config = ConfigDict(extra="forbid")
    what: str
    most: int = Field(2000, gt=0)
    names: bool = False


class _ExampleEntry(BaseModel):
    model_config = ConfigDict(extra="forbid")
    inputs: dict[str, str] = {}
    facts: dict[str, tuple[str, str]] = {}
    contains: list[str] = Field(min_length=1)
    lacks: list[str] = []


class _PromptEntry(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    version: StrictInt = Field(ge=1)
    purpose: str
    inputs: dict[str, _InputEntry] = {}
    kinds: list[str] = []
    system: str
    user: str
    answer: dict[str, Any] | None = None
    text: bool = False
    tests: list[_ExampleEntry] = Field(min_length=1)


def prompt_names() -> tuple[str, ...]:
    """The names of all prompts, sorted."""
    files = resources.files(__package__).iterdir()
    return tuple(sorted(each.name.removesuffix(".yaml") for each in files if each.name.endswith(".yaml")))


@cache
def load_prompt(name: str) -> Prompt:
    """A prompt by its name.

    Raises:
        PromptError: there is none of that name, or its file is malformed.
    """
    if name not in prompt_names():
        raise PromptError(f"there is no prompt {name!r}; the prompts are {', '.join(prompt_names())}")
    return read_prompt(resources.files(__package__).joinpath(f"{name}.yaml"))


def read_prompt(file: Traversable) -> Prompt:
    """A prompt from its file.

    Raises:
        PromptError: the file cannot be read, or is malformed; the message says where.
    """
    try:
        entry = _PromptEntry.model_validate(_content(file))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(each) for each in first["loc"]) or "the whole"
        raise PromptError(f"the prompt's file {file.name} is malformed at {where}: {first['msg']}") from error
    if f"{entry.name}.yaml" != file.name:
        raise PromptError(f"the prompt's file {file.name} is malformed at name: it says {entry.name!r}")
    if entry.text == bool(entry.kinds or entry.answer is not None):
        raise PromptError(
            f"the prompt's file {file.name} is malformed: its answer has kinds, a schema, or both, or else is a text"
        )
    return _prompt(entry)


def _content(file: Traversable) -> Mapping[str, Any]:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise PromptError(f"the prompt's file {file.name} cannot be read: {reason}") from error
    if not isinstance(content, Mapping):
        raise PromptError(f"the prompt's file {file.name} is malformed: it is no mapping of names to values")
    return content


def _prompt(entry: _PromptEntry) -> Prompt:
    return Prompt(
        name=entry.name,
        version=str(entry.version),
        purpose=entry.purpose.strip(),
        inputs={name: Input(each.what, each.most, each.names) for name, each in entry.inputs.items()},
        kinds=tuple(entry.kinds),
        system=entry.system,
        user=entry.user,
        schema=entry.answer,
        text=entry.text,
        examples=tuple(
            Example(each.inputs, each.facts, tuple(each.contains), tuple(each.lacks)) for each in entry.tests
        ),
    )
