"""A prompt: what is asked, of which inputs, and the form that the answer must have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from seismic_assets.llm.errors import PromptError
from seismic_assets.llm.facts import Facts
from seismic_assets.llm.language import Message, Question
from seismic_assets.llm.prompts.quoting import ensure_quoted, one_line, quoted

MOST_FACTS = 80
MOST_STATEMENTS = 8
_FACTS_CHARACTERS = 40_000
_NAME = re.compile(r"\w[\w.-]{0,59}")
_TEMPLATES = ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined, autoescape=False, trim_blocks=True)


@dataclass(frozen=True)
class Input:
    """What a prompt is given beside facts.

    Attributes:
        what: it is, in plain words.
        most: characters of it that are kept where it does not come quoted.
        names: whether it is a list of our own names with commas between, which is checked and not quoted; an answer's
            schema may offer them as choices, by `enum: <name of the input>`.
    """

    what: str
    most: int = 2000
    names: bool = False


@dataclass(frozen=True)
class Example:
    """A test of a prompt: inputs, and what the rendered prompt must and must not contain.

    Attributes:
        inputs: by name.
        facts: by name, each with its words and value.
        contains, lacks: strings.
    """

    inputs: Mapping[str, str]
    facts: Mapping[str, tuple[str, str]]
    contains: tuple[str, ...]
    lacks: tuple[str, ...]


@dataclass(frozen=True)
class Prompt:
    """A prompt as its file has it.

    Attributes:
        name: of the file.
        version: a whole number as text, which rises with every change of what is asked.
        purpose: in a sentence.
        inputs: by name.
        kinds: of statement that are asked for; none where the prompt has a schema of its own, or asks for a text.
        system, user: Jinja2 templates; they see the inputs, `facts`, `kinds` and `most_statements`.
        schema: of the answer; None for statements about facts, and for a text.
        text: whether the answer has no form at all.
        examples: tests.
    """

    name: str
    version: str
    purpose: str
    inputs: Mapping[str, Input]
    kinds: tuple[str, ...]
    system: str
    user: str
    schema: Mapping[str, Any] | None
    text: bool
    examples: tuple[Example, ...]

    @property
    def label(self) -> str:
        """Name and version, such as `quality_drift/1`."""
        return f"{self.name}/{self.version}"

    def question(self, facts: Facts, **inputs: str) -> Question:
        """Render it.

        Args:
            facts: what a statement may say; the first 80 are given.
            inputs: by name; each comes quoted, or is quoted here.

        Raises:
            PromptError: an input is missing, is not known or is no text, or a template asks for something else.
        """
        self._verify(inputs)
        given = Facts(list(facts)[:MOST_FACTS])
        choices = {name: self._names(name, inputs[name]) for name, each in self.inputs.items() if each.names}
        values = {name: ensure_quoted(inputs[name], each.most) for name, each in self.inputs.items()}
        values |= {name: ", ".join(listed) for name, listed in choices.items()}
        values |= {"facts": _fact_lines(given), "kinds": ", ".join(self.kinds), "most_statements": str(MOST_STATEMENTS)}
        messages = (
            Message("system", self._rendered(self.system, values)),
            Message("user", self._rendered(self.user, values)),
        )
        schema = None if self.text else self._answer_schema(given, choices)
        return Question(self.name, self.version, messages, schema)

    def _answer_schema(self, facts: Facts, choices: Mapping[str, list[str]]) -> dict[str, Any]:
        """The JSON schema of the answer, with the kinds, the facts' names and given names as the only choices."""
        statements = _statements(self.kinds, list(facts.names))
        if self.schema is None:
            return _object({"statements": statements})
        filled: dict[str, Any] = _filled(self.schema, statements, choices)
        return filled

    def _names(self, name: str, value: str) -> list[str]:
        listed = [each.strip() for each in value.split(",")]
        if wrong := [each for each in listed if not _NAME.fullmatch(each)]:
            raise PromptError(
                f"prompt {self.name!r}: {name!r} must be names with commas between, not {wrong[0][:60]!r}"
            )
        return list(dict.fromkeys(listed))

    def _verify(self, inputs: Mapping[str, str]) -> None:
        missing = sorted(set(self.inputs) - set(inputs))
        unknown = sorted(set(inputs) - set(self.inputs))
        wrong = sorted(name for name, value in inputs.items() if not isinstance(value, str))
        for names, what in ((missing, "was not given"), (unknown, "is no input of it"), (wrong, "must be a text")):
            if names:
                raise PromptError(f"prompt {self.name!r}: {names[0]!r} {what}; its inputs are {_listed(self.inputs)}")

    def _rendered(self, template: str, values: Mapping[str, str]) -> str:
        try:
            return _TEMPLATES.from_string(template).render(values).strip()
        except jinja2.TemplateError as error:
            raise PromptError(f"prompt {self.name!r} cannot be rendered: {error}") from error


def _fact_lines(facts: Facts) -> str:
    """A line a fact, `name | words | value`, between fences: values may come from headers and file names."""
    lines = [" | ".join(one_line(text) for text in (fact.name, fact.words, fact.shown())) for fact in facts]
    return quoted("\n".join(lines) or "(none)", _FACTS_CHARACTERS)


def _statements(kinds: tuple[str, ...], names: list[str]) -> dict[str, Any]:
    cited = {"type": "array", "items": {"type": "string", "enum": names}, "minItems": 1, "maxItems": 8}
    statement = _object(
        {"kind": {"type": "string", "enum": list(kinds)}, "text": {"type": "string", "maxLength": 400}, "facts": cited}
    )
    return {"type": "array", "items": statement, "maxItems": MOST_STATEMENTS}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _filled(schema: Any, statements: dict[str, Any], choices: Mapping[str, list[str]]) -> Any:
    """A file's schema with `statements: facts` and `enum: <name of an input>` replaced by what they stand for."""
    if isinstance(schema, Mapping):
        special: dict[tuple[str, str], Any] = {("statements", "facts"): statements}
        special |= {("enum", name): listed for name, listed in choices.items()}
        return {
            key: special[key, value] if isinstance(value, str) and (key, value) in special
            else _filled(value, statements, choices)
            for key, value in schema.items()
        }  # fmt: skip
    if isinstance(schema, list):
        return [_filled(each, statements, choices) for each in schema]
    return schema


def _listed(inputs: Mapping[str, Input]) -> str:
    return ", ".join(inputs) or "none"
