"""What is asked of a language model and what it answers, whichever model it is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Role = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True)
class ToolCall:
    """A tool that the model wants to use.

    Attributes:
        name: of the tool.
        arguments: by name, as the model gave them: nothing about them has been checked.
    """

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Message:
    """One message of a conversation.

    Attributes:
        role: whose it is.
        content: the text.
        tool_calls: what the assistant wants to use.
        tool_name: whose answer it is, where the role is `tool`.
    """

    role: Role
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_name: str = ""


@dataclass(frozen=True)
class Question:
    """What is asked: a rendered prompt.

    Attributes:
        prompt: name of the prompt's file, such as `quality`.
        version: of the prompt.
        messages: the conversation so far.
        schema: JSON schema that the answer must have; None for plain text.
        tools: descriptions of tools in the form of Ollama's API; empty for none.
    """

    prompt: str
    version: str
    messages: tuple[Message, ...]
    schema: Mapping[str, Any] | None = None
    tools: tuple[Mapping[str, Any], ...] = ()

    def digest(self) -> str:
        """A digest of all that shapes the answer, apart from the model: 32 hexadecimal digits."""
        parts = [[each.role, each.content, each.tool_name, _calls(each)] for each in self.messages]
        content = [self.prompt, self.version, parts, self.schema, list(self.tools)]
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=dict)
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _calls(message: Message) -> list[Any]:
    return [[call.name, dict(call.arguments)] for call in message.tool_calls]


@dataclass(frozen=True)
class Reply:
    """What a model answered.

    Attributes:
        text: as it came.
        model: that answered, such as `llama3.1:8b`.
        data: the text read as JSON, where a schema was asked for; it has that schema.
        tool_calls: what the model wants to use before it answers.
        prompt_tokens, answer_tokens: as the server counted them; None where it did not.
        seconds: that the answer took; that of the first time where it was remembered.
        remembered: whether it is an answer to the same question of before.
    """

    text: str
    model: str
    data: Any = None
    tool_calls: tuple[ToolCall, ...] = field(default=())
    prompt_tokens: int | None = None
    answer_tokens: int | None = None
    seconds: float = 0.0
    remembered: bool = False


class LanguageModel(Protocol):
    """Anything that answers questions."""

    @property
    def name(self) -> str:
        """The model's name and size, such as `llama3.1:8b`."""
        ...

    def answer(self, question: Question, on_text: Callable[[str], None] | None = None) -> Reply:
        """Ask, and wait for the whole answer.

        Args:
            question: what to ask.
            on_text: is called with each piece of the answer as it comes.

        Raises:
            UnavailableError: there is nobody to ask, or no answer came in time.
            AnswerError: what came cannot be used.
        """
        ...
