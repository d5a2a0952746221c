"""Whether a text stands in passages: every number, every name, and most of its words, sentence by sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from seismic_assets.insights.wording import sentence as as_sentence
from seismic_assets.knowledge.words import words_of
from seismic_assets.llm.checking import Mention, numbers_in

FEWEST_WORDS = 3  # of a sentence; of fewer a share says nothing
_SAME = 0.7  # share of words from which on two sentences speak of the same
_CITED = re.compile(r"\[\d{1,3}\]")
_END = re.compile(r"(?<=[.!?;])\s+|\n+")
_TOKEN = re.compile(r"(?<![\w.])[A-Za-z][\w.\-/]*\w|(?<![\w.])[A-Za-z]")
_NAME = re.compile(r"[A-Za-z.]*[_\d].*|[A-Za-z]+[a-z][A-Z].*|[A-Z]{2,}[a-z]*")
_ENTITY = re.compile(r"[A-Za-z][\w-]*[_.]\w[\w.-]*\w")
_NEGATION = re.compile(r"\b(?:not?|never|none|neither|nor|without|cannot|nothing)\b|n't\b", re.IGNORECASE)


@dataclass(frozen=True)
class Grounding:
    """How far a text stands in passages.

    Attributes:
        numbers: those that no passage has.
        names: those that no passage has.
        negated: sentences that deny what a passage says, or say what it denies.
        share: of the words of the sentence that is backed least, 0 to 1.
        strange: words of that sentence that no passage has.
    """

    numbers: tuple[str, ...]
    names: tuple[str, ...]
    negated: tuple[str, ...]
    share: float
    strange: tuple[str, ...]

    @property
    def value(self) -> float:
        """0 where a number, a name or a denial is wrong, or else the share."""
        return 0.0 if self.numbers or self.names or self.negated else self.share

    def sentence(self) -> str:
        """What is missing, in a sentence."""
        parts = [
            f"{words} {', '.join(found[:5])}"
            for words, found in (
                ("numbers that no passage has:", self.numbers),
                ("names that no passage has:", self.names),
                ("the opposite of a passage:", self.negated),
                ("words that no passage has:", self.strange),
            )
            if found
        ]
        return as_sentence("; ".join(parts) or "all of it stands in the passages")


def grounding(text: str, passages: Sequence[str]) -> Grounding:
    """Compare a text with what it may have been made from.

    Args:
        text: an answer; marks of citation such as `[2]` are no part of it.
        passages: all that it may say, with their titles and sources.
    """
    return _grounding(text, tuple(passages))


@lru_cache(maxsize=64)
def _grounding(text: str, passages: tuple[str, ...]) -> Grounding:
    """Several scorers ask for the same."""
    whole = [_plain(passage) for passage in passages]
    sentences = _sentences(_CITED.sub(" ", text))
    said = [each for each in sentences if not any(_plain(each) in passage for passage in whole)]
    units = [each for passage in passages for each in _sentences(passage)]
    known = frozenset(word for passage in passages for word in words_of(passage))
    backed = [(_share(sentence, known), sentence) for sentence in said]
    least, sentence = min(backed, default=(1.0, ""), key=lambda each: each[0])
    strange = dict.fromkeys(word for word in _words(sentence) if word not in known) if least < 1 else {}
    return Grounding(
        numbers=tuple(dict.fromkeys(number for each in said for number in _foreign_numbers(each, units))),
        names=tuple(dict.fromkeys(name for each in said for name in _foreign_names(each, passages))),
        negated=tuple(each for each in said if _is_opposite(each, units)),
        share=least,
        strange=tuple(strange),
    )


def _plain(text: str) -> str:
    """On one line, without the dots of what was left out at its end."""
    return " ".join(text.split()).removesuffix("...").rstrip()


def _sentences(text: str) -> list[str]:
    return [each.strip() for each in _END.split(text) if each.strip()]


def _words(sentence: str) -> list[str]:
    """The words that count, without numbers: they are compared as numbers."""
    for number in reversed(numbers_in(sentence)):
        if number.form != "unread":
            sentence = f"{sentence[: number.start]} {sentence[number.end :]}"
    return words_of(sentence)


def _share(sentence: str, known: frozenset[str]) -> float:
    """Share of the words that are known; of very short sentences, 1."""
    words = _words(sentence)
    return sum(word in known for word in words) / len(words) if len(words) >= FEWEST_WORDS else 1.0


def _foreign_names(sentence: str, passages: Sequence[str]) -> Iterator[str]:
    """Identifiers, and words with a capital within a sentence, that no passage has."""
    lower = [passage.lower() for passage in passages]
    for name in _names(sentence):
        if not any(re.search(rf"(?<!\w){re.escape(name.lower())}(?!\w)", passage) for passage in lower):
            yield name


def _names(sentence: str) -> list[str]:
    return [
        token[0]
        for token in _TOKEN.finditer(sentence)
        if _NAME.fullmatch(token[0]) or (token.start() > 0 and token[0][0].isupper() and len(token[0]) > 1)
    ]


def _foreign_numbers(sentence: str, units: Sequence[str]) -> Iterator[str]:
    """Numbers that no sentence of the passages has, or only sentences about another file or feature."""
    about = _entities(sentence)
    for number in numbers_in(sentence):
        if number.form == "unread" and number.text[:1].isalpha():
            continue  # judged as a name
        having = [_entities(unit) for unit in units if _has(unit, number)]
        if not any(not about or not named or about & named for named in having):
            yield number.text


def _entities(text: str) -> frozenset[str]:
    """Names such as `survey_001.sgy`: what is said of one is not said of another."""
    return frozenset(match[0].lower() for match in _ENTITY.finditer(text))


def _has(unit: str, number: Mention) -> bool:
    if re.search(rf"(?<![\w.,])-?{re.escape(number.text)}(?![\w%]|[.,]\d)", unit, re.IGNORECASE):
        return True
    return number.form != "unread" and any(_equal(number, other) for other in _numbers(unit))


@lru_cache(maxsize=4096)
def _numbers(unit: str) -> tuple[Mention, ...]:
    return tuple(numbers_in(unit))


def _equal(said: Mention, known: Mention) -> bool:
    """Whether a number says another: the same, or the same rounded, in the same unit where both have one."""
    if known.form == "unread" or (said.unit and known.unit and said.unit != known.unit):
        return False
    if (said.form == "points") != (known.form == "points"):
        return False
    scale, other = (100 if each.form == "percent" else 1 for each in (said, known))
    rounded = said.step / scale / 2 if known.step / other < said.step / scale else 0
    return abs(said.value / scale - known.value / other) <= rounded


def _is_opposite(sentence: str, units: Sequence[str]) -> bool:
    """Whether the sentence of the passages that is most like it denies what it says, or the other way round."""
    words = frozenset(_words(sentence))
    if len(words) < FEWEST_WORDS:
        return False
    alike = [(len(words & frozenset(words_of(unit))) / len(words), unit) for unit in units]
    most = max((share for share, _ in alike), default=0.0)
    return most >= _SAME and all(_deny(sentence, unit) for share, unit in alike if share == most)


def _deny(one: str, other: str) -> bool:
    """Whether what follows a denial in one stands in the other without it."""
    pairs = ((one, other), (other, one))
    return any((_denied(first) - _denied(second)) & frozenset(words_of(second)) for first, second in pairs)


def _denied(sentence: str) -> frozenset[str]:
    """The word after each denial: `promot` of `is not promoted`."""
    return frozenset(word for match in _NEGATION.finditer(sentence) for word in words_of(sentence[match.end() :])[:1])
