"""Answers to questions: what a model makes of the passages where that can be shown to be in them, else the passages."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from seismic_assets.knowledge.index import LONGEST_QUESTION, Found, KnowledgeIndex, checked_question
from seismic_assets.knowledge.methods import Method
from seismic_assets.llm.checking.standing import foreign_numbers
from seismic_assets.llm.errors import LanguageModelError
from seismic_assets.llm.facts import Facts
from seismic_assets.llm.language import LanguageModel, Question, Reply

# Cosines of the best passage. Of the 139 questions of benchmarks/retrieval_questions.yaml two lie below the first, and
# all ten unanswerable ones do; words alone tell them apart less well: below the second lie one and six.
FLOOR_EMBEDDING, FLOOR_WORDS = 0.28, 0.12
_SHOWN, _TO_MODEL = 3, 8  # passages of a digest, and those that a model's context has room for
_PREVIEW, _DIGEST, _PASSAGE, _ANSWER = 200, 420, 800, 2000  # characters
_CITED = re.compile(r"\[(\d{1,3})\]")
_LINK = re.compile(r"\b(?:https?|ftp|file|mailto):[^\s)\]>\"'`]+|\bwww\.[^\s)\]>\"'`]+", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
NOTHING = "Nothing in the documents answers this. Ask it in other English words, or look into README.md and docs/."


@dataclass(frozen=True)
class Answered:
    """An answer with where it is from.

    Attributes:
        question: as it was asked.
        answer: text with `[n]` for passage n of `found`, counted from 1.
        found: the passages, the best first; none where nothing fits.
        model: that wrote the answer; empty where it is the passages themselves.
        grounded: whether the answer stands in the passages; no where nothing was found.
        reason: why no model's text is shown, in a sentence; empty where one is.
        refused: what a model wrote and is not shown, with the reason in `reason`.
        notes: sentences on what the index leaves out.
    """

    question: str
    answer: str
    found: tuple[Found, ...]
    model: str = ""
    grounded: bool = True
    reason: str = ""
    refused: str = ""
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As the API gives it: question, answer, sources with score and preview, their number, and the rest."""
        return {
            "question": self.question,
            "answer": self.answer,
            "sources": [_source(number, each) for number, each in enumerate(self.found, 1)],
            "num_sources": len(self.found),
            "model": self.model or None,
            "grounded": self.grounded,
            "reason": self.reason,
            "refused": self.refused,
            "notes": list(self.notes),
        }


def answer(
    index: KnowledgeIndex, question: str, model: LanguageModel | None, k: int = 5, method: Method = "hybrid"
) -> Answered:
    """Answer a question from the index's documents.

    Args:
        index: what to look in.
        question: 1 to 1,000 characters.
        model: to put the passages into words; None for the passages alone.
        k: passages at most, 1 to 20.
        method: how they are looked for.

    Returns:
        The answer; whatever goes wrong with the model is in `reason`, and the passages are the answer then.

    Raises:
        KnowledgeError: question, number or method cannot be.
    """
    asked = checked_question(question)
    found = tuple(index.search(asked, k, method))
    by_meaning = method in ("hybrid", "embedding") and "embedding" in index.methods
    floor = FLOOR_EMBEDDING if by_meaning else FLOOR_WORDS
    if max((each.similarity for each in found), default=0.0) < floor:
        return Answered(asked, NOTHING, (), grounded=False, reason="no passage is near the question", notes=index.notes)
    if model is None:
        return Answered(asked, _digest_of(found), found, reason="no language model was asked", notes=index.notes)
    try:
        reply = model.answer(_question(asked, found[:_TO_MODEL]))
    except LanguageModelError as error:
        return Answered(asked, _digest_of(found), found, reason=str(error), notes=index.notes)
    said, wrong = checked_reply(reply, found[:_TO_MODEL])
    if wrong:
        reason = f"the text of {reply.model} is not shown: {wrong}"
        return Answered(asked, _digest_of(found), found, reason=reason, refused=said, notes=index.notes)
    return Answered(asked, said, found, model=reply.model, notes=index.notes)


def checked_reply(reply: Reply, found: Sequence[Found]) -> tuple[str, str]:
    """A model's answer, and what is wrong with it in words; nothing where it can be shown.

    It must cite passages that it was given, and every number and address in it must stand in a cited one.

    Args:
        reply: with `answer` and `passages` as its data.
        found: the passages that the model was given, in order.
    """
    data = reply.data if isinstance(reply.data, dict) else {}
    written, listed = data.get("answer"), data.get("passages")
    if not isinstance(written, str) or not isinstance(listed, list) or any(type(each) is not int for each in listed):
        return _clean(reply.text), "it has not the form that was asked for"
    said = _clean(written)
    cited = sorted({*listed, *(int(each) for each in _CITED.findall(said))})
    wrong = _citations_wrong(said, cited, len(found))
    wrong = wrong or _foreign(said, [found[each - 1].passage.context for each in cited])
    if not wrong and not _CITED.search(said):
        said = f"{said} {''.join(f'[{each}]' for each in cited)}"
    return said, wrong


def _citations_wrong(said: str, cited: Sequence[int], given: int) -> str:
    if not said:
        return "it is empty"
    if not cited:
        return "it cites no passage"
    unknown = [each for each in cited if not 1 <= each <= given]
    return f"it cites passage {unknown[0]}, which it was not given" if unknown else ""


def _foreign(said: str, texts: Collection[str]) -> str:
    """What is wrong with numbers and addresses of an answer, by the passages that it cites."""
    links = [each.rstrip(".,;:") for each in _LINK.findall(said)]
    foreign = [each for each in links if not any(each in text for text in texts)]
    foreign += foreign_numbers(_CITED.sub(" ", said), texts)
    return f"{foreign[0]!r} stands in none of the passages that it cites" if foreign else ""


def _question(asked: str, found: Sequence[Found]) -> Question:
    from seismic_assets.llm.prompts import load_prompt
    from seismic_assets.llm.prompts.quoting import quoted

    passages = "\n\n".join(
        f"[{number}]\n{quoted(f'{each.passage.source}, {each.passage.context}', _PASSAGE)}"
        for number, each in enumerate(found, 1)
    )
    return load_prompt("answer").question(Facts(()), question=quoted(asked, LONGEST_QUESTION), passages=passages)


def _digest_of(found: Sequence[Found]) -> str:
    """The best passages as an answer to read, each with its number and origin."""
    return "\n\n".join(
        f"[{number}] {each.passage.source}, {each.passage.title}:\n{shortened(each.passage.text, _DIGEST)}"
        for number, each in enumerate(found[:_SHOWN], 1)
    )


def shortened(text: str, most: int) -> str:
    """The text up to the last word that fits, with dots where something is left out."""
    if len(text) <= most:
        return text
    return f"{text[: most - 4].rsplit(maxsplit=1)[0].rstrip()} ..."


def _source(number: int, found: Found) -> dict[str, Any]:
    passage = found.passage
    return {
        "number": number,
        "source": passage.source,
        "title": passage.title,
        "score": round(found.score, 4),
        "similarity": round(found.similarity, 4),
        "trusted": passage.trusted,
        "content_preview": shortened(" ".join(passage.text.split()), _PREVIEW),
    }


def _clean(text: str) -> str:
    return shortened(_CONTROL.sub("", text).strip(), _ANSWER)
