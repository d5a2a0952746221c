"""Comparisons: `below`, `higher than`, and what they are said of."""

from __future__ import annotations

from functools import cache

from seismic_assets.llm.checking.sentence import Sentence
from seismic_assets.llm.checking.words import lexicon

Place = tuple[int, int, str]


def comparison_at(sentence: Sentence, index: int) -> tuple[str, int] | None:
    """The group of the comparison that begins at a part, and how many parts it has; None where none does."""
    if not sentence[index].is_word:
        return None
    for phrase, group in _phrases():
        texts = tuple(part.text for part in sentence[index : index + len(phrase)])
        if texts == phrase:
            return group, len(phrase)
    return None


def comparisons(sentence: Sentence) -> list[Place]:
    """Start, end and group of each comparison in a sentence."""
    found: list[Place] = []
    index = 0
    while index < len(sentence):
        here = comparison_at(sentence, index)
        if here:
            found.append((index, index + here[1], here[0]))
        index += here[1] if here else 1
    return found


@cache
def _phrases() -> list[tuple[tuple[str, ...], str]]:
    pairs = [(tuple(phrase.split()), group) for group, phrases in lexicon().comparisons.items() for phrase in phrases]
    return sorted(pairs, key=lambda pair: -len(pair[0]))
