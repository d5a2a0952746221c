"""Rules that judge answers to questions by the passages that they cite."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seismic_assets.judges.grounding import grounding
from seismic_assets.judges.questions import JudgedQuestion
from seismic_assets.judges.scoring import Scored, Scorer
from seismic_assets.knowledge.words import words_of

if TYPE_CHECKING:
    from seismic_assets.knowledge import Answered

GROUNDED, RELEVANT = 0.6, 0.3
_NEAR, _FAR = 0.8, 0.34  # shares of a question's words in one passage: it speaks of it; it does not
_LIKE = 0.3  # cosine of embeddings from which on a passage may be about a question in other words
_TEXTS = r"(?:documents?|passages?|sources?|context)"
_REFUSAL = re.compile(
    rf"\bnothing in the {_TEXTS}|\b(?:not|isn't) (?:\w+ )?(?:in|by) the {_TEXTS}"
    rf"|\b(?:I|we|{_TEXTS}) (?:do(?:es)? not|cannot|can't|don't|doesn't|could not) (?:\w+ )?"
    r"(?:know|answer|say|tell|contain|mention|find|state|give|provide)\b"
    r"|\bno (?:passage|document|information)\b|\bthere is no answer\b|\bunable to answer",
    re.IGNORECASE,
)
_ASKING = frozenset(words_of("many much long often tell give say"))
Similarity = Callable[[str, str], float]


@dataclass(frozen=True)
class AnswerSample:
    """A question with its answer.

    Attributes:
        id: its number.
        question, answer: as they were.
        passages: that the answer cites or is made from, each with source and title.
        model: that wrote the answer; empty where it is the passages themselves.
        similarity: of the question and the nearest passage, by the index that found it; None where it is not known.
        answerable: whether the documents hold an answer; None where that is not known.
        in_place: whether a passage is of a section that answers it; None where that is not known.
        weight: 1.
    """

    id: str
    question: str
    answer: str
    passages: tuple[str, ...]
    model: str = ""
    similarity: float | None = None
    answerable: bool | None = None
    in_place: bool | None = None
    weight: float = 1.0

    @property
    def refuses(self) -> bool:
        """Whether it is empty, or says that there is no answer."""
        if not self.answer.strip():
            return True
        is_passages = not self.model and bool(self.passages)  # which refuse nothing, whatever they speak of
        return not is_passages and _REFUSAL.search(self.answer) is not None

    @property
    def nearest(self) -> float:
        """Share of the question's words in the passage that has most of them; 0 without a passage."""
        return max((_shared(self.question, passage) for passage in self.passages), default=0.0)

    @property
    def spoken_of(self) -> bool:
        """Whether a passage may speak of the question: by its words, or by the likeness that the index found."""
        return bool(self.passages) and (self.nearest >= _FAR or (self.similarity or 0.0) >= _LIKE)


def answer_samples(answered: Sequence[Answered], questions: Sequence[JudgedQuestion] = ()) -> list[AnswerSample]:
    """Answers of `knowledge.answer`, numbered from 1.

    Args:
        answered: the answers.
        questions: that they are to, in the same order; none where it is not known whether there are answers to them.

    Raises:
        ValueError: there are not as many questions as answers.
    """
    known: Sequence[JudgedQuestion | None] = questions or [None] * len(answered)
    pairs = zip(answered, known, strict=True)
    return [_sample(str(number), each, question) for number, (each, question) in enumerate(pairs, 1)]


def _sample(number: str, answered: Answered, question: JudgedQuestion | None) -> AnswerSample:
    found = [each.passage for each in answered.found]
    return AnswerSample(
        number,
        answered.question,
        answered.answer,
        tuple(f"{each.source}\n{each.context}" for each in found),
        answered.model,
        max((each.similarity for each in answered.found), default=None),
        question.answerable if question is not None else None,
        question.stands_in(found) if question is not None and question.answerable else None,
    )


def groundedness(sample: AnswerSample) -> Scored:
    """The share of the answer's words that stand in its passages; 0 with a number or name that does not."""
    if sample.refuses:
        return Scored(None, "It gives no answer.")
    found = grounding(sample.answer, sample.passages)
    return Scored(found.value, found.sentence())


def numbers_grounded(sample: AnswerSample) -> Scored:
    """1 where every number of the answer stands in its passages."""
    if sample.refuses:
        return Scored(None, "It gives no answer.")
    missing = grounding(sample.answer, sample.passages).numbers
    return Scored(
        0.0 if missing else 1.0, f"Not in the passages: {', '.join(missing)}." if missing else "All are there."
    )


def relevance_by(similar: Similarity | None) -> Callable[[AnswerSample], Scored]:
    """A scorer of relevance.

    Args:
        similar: likeness of question and answer, 0 to 1, such as the cosine of their embeddings; None for that of the
            nearest passage, as the index found it, and words.
    """

    def relevance(sample: AnswerSample) -> Scored:
        if sample.refuses:
            return Scored(None, "It gives no answer.")
        if sample.answerable is False:
            return Scored(None, "Nothing would be to the point.")
        # `4 ms` answers a question whose words stand in the passage that it is from.
        origin = max(sample.passages, key=lambda passage: _shared(sample.answer, passage), default="")
        shared = _shared(sample.question, f"{sample.answer}\n{origin}")
        likeness = similar(sample.question, sample.answer) if similar is not None else sample.similarity or 0.0
        value = min(max(shared, likeness, 0.0), 1.0)
        words = f"{100 * shared:.0f} % of the question's words stand in the answer and its passage"
        return Scored(value, f"{words}; its likeness is {likeness:.2f}." if likeness > 0 else f"{words}.")

    return relevance


def answered(sample: AnswerSample) -> Scored:
    """Of a question that has an answer: 1 where it is answered from a section that answers it, else 0."""
    if sample.answerable is False or (sample.answerable is None and sample.nearest < _NEAR):
        return Scored(None, "It is not known to have an answer.")
    if sample.refuses:
        return Scored(0.0, "It gives no answer although there is one.")
    if sample.in_place is False:
        return Scored(0.0, "None of its passages is of a section that answers the question.")
    return Scored(1.0, "It is answered.")


def refusal(sample: AnswerSample) -> Scored:
    """Of a question that has no answer: 1 where none is given, else 0."""
    if sample.answerable or (sample.answerable is None and sample.spoken_of):
        return Scored(None, "There is nothing to refuse.")
    said = "and none is given" if sample.refuses else "and still one is given"
    return Scored(float(sample.refuses), f"The documents have no answer, {said}.")


def is_good(sample: AnswerSample) -> bool:
    """Whether the rules find an answer grounded and relevant, or rightly withheld."""
    if sample.refuses or refusal(sample).value is not None:
        return 0 not in (answered(sample).value, refusal(sample).value)
    return (groundedness(sample).value or 0.0) >= GROUNDED and (relevance_by(None)(sample).value or 0.0) >= RELEVANT


def answer_scorers(similar: Similarity | None = None) -> tuple[Scorer[AnswerSample], ...]:
    """All rules."""
    return (
        Scorer("groundedness", "words of the answers that stand in their passages", groundedness),
        Scorer("numbers_grounded", "answers whose numbers all stand in their passages", numbers_grounded),
        Scorer("relevance", "words of the questions in answers and their passages", relevance_by(similar)),
        Scorer("answered", "questions with an answer in the documents that got it from there", answered),
        Scorer("refusal", "questions without an answer in the documents that got none", refusal),
    )


def _shared(question: str, text: str) -> float:
    asked = frozenset(words_of(question)) - _ASKING
    return len(asked & frozenset(words_of(text))) / len(asked) if asked else 0.0
