"""Rules that judge answers to questions by the passages that they cite."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seismic_assets.judges.grounding import grounding
from seismic_assets.judges.scoring import Scored, Scorer
from seismic_assets.knowledge.words import words_of

if TYPE_CHECKING:
    from seismic_assets.knowledge import Answered

GROUNDED, RELEVANT = 0.6, 0.3
_NEAR, _FAR = 0.8, 0.34  # shares of a question's words in one passage: it speaks of it; it does not
_LIKE = 0.3  # cosine of embeddings from which on a passage may be about a question in other words
_REFUSAL = re.compile(
    r"nothing in the (?:documents|passages)|\b(?:not|isn't) (?:\w+ )?(?:in|by) the (?:documents|passages|sources)"
    r"|\b(?:do(?:es)? not|cannot|can't|don't|doesn't|could not) (?:know|answer|say|tell|contain|mention|find)"
    r"|\bno (?:passage|document|information|answer)\b|\bunable to answer",
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
        weight: 1.
    """

    id: str
    question: str
    answer: str
    passages: tuple[str, ...]
    model: str = ""
    similarity: float | None = None
    weight: float = 1.0

    @property
    def refuses(self) -> bool:
        """Whether it says that there is no answer, or is empty."""
        return not self.answer.strip() or _REFUSAL.search(self.answer) is not None

    @property
    def nearest(self) -> float:
        """Share of the question's words in the passage that has most of them; 0 without a passage."""
        return max((_shared(self.question, passage) for passage in self.passages), default=0.0)

    @property
    def spoken_of(self) -> bool:
        """Whether a passage may speak of the question: by its words, or by the likeness that the index found."""
        return bool(self.passages) and (self.nearest >= _FAR or (self.similarity or 0.0) >= _LIKE)


def answer_samples(answered: Sequence[Answered]) -> list[AnswerSample]:
    """Answers of `knowledge.answer`, numbered from 1."""
    return [
        AnswerSample(
            str(number),
            each.question,
            each.answer,
            tuple(f"{found.passage.source}\n{found.passage.context}" for found in each.found),
            each.model,
            max((found.similarity for found in each.found), default=None),
        )
        for number, each in enumerate(answered, 1)
    ]


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
        # `4 ms` answers a question whose words stand in the passage that it is from.
        origin = max(sample.passages, key=lambda passage: _shared(sample.answer, passage), default="")
        shared = _shared(sample.question, f"{sample.answer}\n{origin}")
        likeness = similar(sample.question, sample.answer) if similar is not None else sample.similarity or 0.0
        value = min(max(shared, likeness, 0.0), 1.0)
        words = f"{100 * shared:.0f} % of the question's words stand in the answer and its passage"
        return Scored(value, f"{words}; its likeness is {likeness:.2f}." if likeness > 0 else f"{words}.")

    return relevance


def refusal(sample: AnswerSample) -> Scored:
    """1 where it gives no answer because no passage speaks of the question, 0 where it should have or should not."""
    if not sample.spoken_of:
        said = "and it gives no answer" if sample.refuses else "and still there is an answer"
        return Scored(float(sample.refuses), f"No passage speaks of the question, {said}.")
    if sample.refuses and sample.nearest >= _NEAR:
        return Scored(0.0, "It gives no answer although a passage speaks of the question.")
    return Scored(None, "Nothing to refuse.")


def is_good(sample: AnswerSample) -> bool:
    """Whether the rules find an answer grounded and relevant, or rightly withheld."""
    if sample.refuses or not sample.spoken_of:
        return refusal(sample).value != 0
    return (groundedness(sample).value or 0.0) >= GROUNDED and (relevance_by(None)(sample).value or 0.0) >= RELEVANT


def answer_scorers(similar: Similarity | None = None) -> tuple[Scorer[AnswerSample], ...]:
    """All rules."""
    return (
        Scorer("groundedness", "words of the answers that stand in their passages", groundedness),
        Scorer("numbers_grounded", "answers whose numbers all stand in their passages", numbers_grounded),
        Scorer("relevance", "words of the questions in answers and their passages", relevance_by(similar)),
        Scorer("refusal", "answers rightly given or withheld where that is in question", refusal),
    )


def _shared(question: str, text: str) -> float:
    asked = frozenset(words_of(question)) - _ASKING
    return len(asked & frozenset(words_of(text))) / len(asked) if asked else 0.0
