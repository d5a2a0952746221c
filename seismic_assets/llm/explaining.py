"""What a language model says of facts: asked, read, checked, and bounded; without a model, why there is nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from seismic_assets.llm.checking import Checked, check
from seismic_assets.llm.errors import LanguageModelError, TooLongError
from seismic_assets.llm.explanation import Explanation, Refused, Statement, Status, merged
from seismic_assets.llm.facts import Facts
from seismic_assets.llm.language import LanguageModel, Message, Question, Reply
from seismic_assets.llm.prompts import Prompt, load_prompt
from seismic_assets.llm.prompts.prompt import MOST_FACTS, MOST_STATEMENTS
from seismic_assets.llm.prompts.quoting import quoted

_OFF = "none was asked, as SEISMIC_LLM is off."
_MOST_TOLD = 5  # refusals that the model is told of when it may try again
_LONGEST = 1000  # characters of a refused text that are kept


@dataclass(frozen=True)
class Answer:
    """What a model answered to a prompt with statements and more.

    Attributes:
        explanation: the statements, checked.
        data: the rest of the answer by name, of the schema that was asked for; empty without an answer.
    """

    explanation: Explanation
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ReportPart:
    """A part of a report with a prompt and facts of its own.

    Attributes:
        title: of the part.
        prompt: name of the prompt.
        facts: all that may be said of it.
    """

    title: str
    prompt: str
    facts: Facts


def explain(model: LanguageModel | None, prompt: str, facts: Facts, **inputs: str) -> Explanation:
    """Let a model say something about facts, and keep what they back.

    Args:
        model: None where none is to be asked.
        prompt: name of the prompt.
        facts: all that may be said, what matters most first: 80 are given, or as many as the model has room for.
        inputs: of the prompt.

    Returns:
        An explanation in every case: whatever goes wrong with the model or the prompt is its reason.
    """
    return ask(model, prompt, facts, **inputs).explanation


def explain_parts(model: LanguageModel | None, parts: Sequence[ReportPart]) -> Explanation:
    """Let a model say something about each part of a report; the reason says which parts lack what.

    Raises:
        ValueError: there is no part.
    """
    said = [explain(model, each.prompt, each.facts) for each in parts]
    titles: dict[str, list[str]] = {}
    for part, each in zip(parts, said, strict=True):
        titles.setdefault(each.reason, []).append(part.title)
    if len(titles) == 1:
        return merged(said)
    reasons = (f"{', '.join(lacking)}: {reason.rstrip('.')}." for reason, lacking in titles.items() if reason)
    return replace(merged(said), reason=" ".join(reasons))


def ask(model: LanguageModel | None, prompt: str, facts: Facts, **inputs: str) -> Answer:
    """The same for a prompt whose answer has more than statements, such as an order of model families."""
    if model is None:
        return Answer(Explanation("without", reason=_OFF))
    if not len(facts):
        return Answer(Explanation("without", reason="none was asked, as there are no facts to explain."))
    try:
        asked = load_prompt(prompt)
        given, question, reply = _asked(model, asked, facts, inputs)
    except LanguageModelError as error:
        return Answer(Explanation("without", reason=str(error)))
    checked = _checked(reply, given, asked)
    if checked.refused and not checked.accepted:
        reply, checked = _second_try(model, question, reply, checked, given, asked)
    explanation = _explanation(reply, checked, asked, len(given), len(facts))
    data = reply.data if isinstance(reply.data, Mapping) else {}
    return Answer(explanation, {name: value for name, value in data.items() if name != "statements"})


def _asked(
    model: LanguageModel, prompt: Prompt, facts: Facts, inputs: Mapping[str, str]
) -> tuple[Facts, Question, Reply]:
    """The answer about as many of the first facts as the model has room for.

    Raises:
        LanguageModelError: there is none.
    """
    given = Facts(list(facts)[:MOST_FACTS])
    while True:
        question = prompt.question(given, **inputs)
        try:
            return given, question, model.answer(question)
        except TooLongError as error:
            fewer = min(len(given) - 1, len(given) * error.room // error.tokens)
            if fewer < 1:
                raise
            given = Facts(list(given)[:fewer])


def _second_try(
    model: LanguageModel, question: Question, reply: Reply, checked: Checked, facts: Facts, prompt: Prompt
) -> tuple[Reply, Checked]:
    """Ask once more where nothing could be let through; what was refused before is kept."""
    told = "\n".join(f"- {each.text} Refused: {each.reason}" for each in checked.refused[:_MOST_TOLD])
    again = (
        Message("assistant", quoted(reply.text, 4000)),
        Message(
            "user", f"None of it can be used:\n{quoted(told, 4000)}\nWrite it again and say only what the facts say."
        ),
    )
    try:
        second = model.answer(replace(question, messages=(*question.messages, *again)))
    except LanguageModelError:
        return reply, checked  # the first answer and its refusals are the result
    repeated = _checked(second, facts, prompt)
    both = replace(
        second,
        seconds=reply.seconds + second.seconds,
        prompt_tokens=_sum(reply.prompt_tokens, second.prompt_tokens),
        answer_tokens=_sum(reply.answer_tokens, second.answer_tokens),
        remembered=reply.remembered and second.remembered,
    )
    return both, Checked(repeated.accepted, (*checked.refused, *repeated.refused))


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


def _checked(reply: Reply, facts: Facts, prompt: Prompt) -> Checked:
    statements, unreadable = _statements(reply)
    checked = check(statements[:MOST_STATEMENTS], facts, prompt.kinds)
    over = tuple(
        Refused(_cut(each.text), f"there are more than {MOST_STATEMENTS} statements.")
        for each in statements[MOST_STATEMENTS:]
    )
    refused = tuple(Refused(_cut(each.text), each.reason) for each in checked.refused)
    return Checked(checked.accepted, (*unreadable, *refused, *over[: 4 * MOST_STATEMENTS]))


def _statements(reply: Reply) -> tuple[list[Statement], tuple[Refused, ...]]:
    """What can be read as statements, and what cannot: a model may answer anything."""
    listed = reply.data.get("statements") if isinstance(reply.data, Mapping) else None
    if not isinstance(listed, list):
        return [], (Refused(_cut(reply.text), "it is no list of statements."),)
    read = [_statement(entry) for entry in listed]
    wrong = (Refused(_cut(str(entry)), "it is no statement with kind, text and facts.") for entry in listed)
    return [each for each in read if each], tuple(no for no, each in zip(wrong, read, strict=True) if each is None)


def _statement(entry: Any) -> Statement | None:
    if not isinstance(entry, Mapping):
        return None
    kind, text, names = entry.get("kind"), entry.get("text"), entry.get("facts")
    if not (isinstance(kind, str) and isinstance(text, str) and isinstance(names, list)):
        return None
    return Statement(kind, text.strip(), tuple(names)) if all(isinstance(name, str) for name in names) else None


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text):,} characters)"


def _explanation(reply: Reply, checked: Checked, prompt: Prompt, given: int, facts: int) -> Explanation:
    status, reason = _outcome(checked)
    if given < facts:
        room = ", as it has no room for more" if given < MOST_FACTS else ""
        reason = f"{reason} It was given the first {given} of {facts} facts{room}.".strip()
    return Explanation(
        status=status,
        reason=reason,
        statements=checked.accepted,
        refused=checked.refused,
        model=reply.model,
        prompt=prompt.label,
        seconds=reply.seconds,
        prompt_tokens=reply.prompt_tokens,
        answer_tokens=reply.answer_tokens,
        remembered=reply.remembered,
    )


def _outcome(checked: Checked) -> tuple[Status, str]:
    refused, total = len(checked.refused), len(checked.refused) + len(checked.accepted)
    if not total:
        return "refused", "It said nothing."
    if not checked.accepted:
        return "refused", f"Nothing of what it said is backed by the facts: {refused} refused."
    if refused:
        return "partly", f"{refused} of {total} statements were refused, as the facts do not back them."
    return "explained", ""
