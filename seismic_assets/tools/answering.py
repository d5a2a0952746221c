"""A question answered by a language model that looks things up with the tools."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from seismic_assets.llm.checking.standing import foreign_numbers
from seismic_assets.llm.language import LanguageModel, Message
from seismic_assets.llm.prompts.quoting import quoted
from seismic_assets.llm.tool_use import Called, Tool, converse

_QUESTION_CHARACTERS = 1000


@dataclass(frozen=True)
class LookedUp:
    """What came of a question.

    Attributes:
        question: as it was asked.
        answer: of the model; empty where there is none, or none that may be shown.
        calls: the tools that it used, in order.
        model: that answered; empty where none did.
        reason: why there is no answer, or why it may be incomplete; else empty.
        refused: what the model wrote and is not shown.
    """

    question: str
    answer: str
    calls: tuple[Called, ...]
    model: str
    reason: str
    refused: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        calls = [
            {"tool": each.name, "arguments": dict(each.arguments), "ok": each.ok, "answer": each.answer}
            for each in self.calls
        ]
        return {
            "question": self.question,
            "answer": self.answer,
            "calls": calls,
            "model": self.model or None,
            "reason": self.reason,
            "refused": self.refused,
        }


def look_up(model: LanguageModel, tools: Sequence[Tool], question: str) -> LookedUp:
    """Let a model answer a question with the tools.

    Its text is shown only if every number in it stands in the question or in what a tool gave: with no tool used there
    is nothing that it could rest on.

    Args:
        model: whom to ask.
        tools: what it may use.
        question: in words; cut at 1,000 characters.
    """
    said = converse(model, [Message("user", quoted(question, _QUESTION_CHARACTERS))], tools)
    given = [each.given for each in said.calls if each.ok]
    wrong = _fault(said.text, given, question) if said.text else ""
    if wrong:
        reason = f"the text of {said.model} is not shown: {wrong}"
        return LookedUp(question, "", said.calls, said.model, reason, said.text)
    return LookedUp(question, said.text, said.calls, said.model, said.reason)


def _fault(text: str, given: Sequence[str], question: str) -> str:
    if not given:
        return "it rests on no tool's answer"
    foreign = foreign_numbers(text, [*given, question])
    return f"{foreign[0]!r} stands in no tool's answer" if foreign else ""
