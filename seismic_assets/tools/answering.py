"""A question answered by a language model that looks things up with the tools; without one, by the documents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from seismic_assets.llm.checking.standing import foreign_numbers
from seismic_assets.llm.facts import Facts
from seismic_assets.llm.language import LanguageModel
from seismic_assets.llm.prompts import load_prompt
from seismic_assets.llm.tool_use import Called, Tool, converse
from seismic_assets.tools.plain import printable

if TYPE_CHECKING:
    from seismic_assets.knowledge import Answered

NO_MODEL = "no language model was asked: set SEISMIC_LLM=true, and see `seismic llm status`"


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
        passages: what the documents say, where there is no answer.
    """

    question: str
    answer: str
    calls: tuple[Called, ...]
    model: str
    reason: str
    refused: str = ""
    passages: Answered | None = None

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it: what `seismic ask` gives, and `calls`; without a model the passages are the answer."""
        from seismic_assets.knowledge import Answered

        answered = self.passages or Answered(self.question, self.answer, (), self.model)
        calls = [
            {"tool": each.name, "arguments": dict(each.arguments), "ok": each.ok, "answer": each.answer}
            for each in self.calls
        ]
        return {**answered.to_dict(), "reason": self.reason, "refused": self.refused, "calls": calls}


def look_up(
    model: LanguageModel | None,
    tools: Sequence[Tool],
    question: str,
    passages: Callable[[], Answered],
    on_call: Callable[[Called], None] | None = None,
) -> LookedUp:
    """Let a model answer a question with the tools.

    Its text is shown only if every number in it stands in the question or in what a tool gave: with no tool used there
    is nothing that it could rest on.

    Args:
        model: whom to ask; None for the passages alone.
        tools: what it may use.
        question: in words; a model reads the first 1,000 characters.
        passages: gives what the documents say; is asked where the model gives no answer.
        on_call: is told of each tool as it was used.
    """
    found = _asked(model, tools, question, on_call)
    return found if found.answer else replace(found, passages=passages())


def _asked(
    model: LanguageModel | None, tools: Sequence[Tool], question: str, on_call: Callable[[Called], None] | None
) -> LookedUp:
    if model is None:
        return LookedUp(question, "", (), "", NO_MODEL)
    said = converse(model, load_prompt("tool_use").question(Facts([]), question=question), tools, on_call=on_call)
    text = printable(said.text).strip()
    if not text:
        return LookedUp(question, "", said.calls, "", said.reason)
    wrong = _fault(text, [each.answer for each in said.calls if each.ok], question)
    if wrong:
        return LookedUp(question, "", said.calls, "", f"the text of {said.model} is not shown: {wrong}", text)
    return LookedUp(question, text, said.calls, said.model, said.reason)


def _fault(text: str, given: Sequence[str], question: str) -> str:
    if not given:
        return "it rests on no tool's answer"
    foreign = foreign_numbers(text, [*given, question])
    return f"{foreign[0]!r} stands in no tool's answer" if foreign else ""
