"""Words of a text as retrieval counts them: small letters, light stems, identifiers also in their parts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

_TOKEN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|\d+(?:[.,]\d+)*")
_HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_STOP_WORDS = """
a an the and or but nor if of to in on at by for from with without as is are was were be been being am do does
did done doing has have had having it its this that these those there here he she they them their i you your we our
us me my can could may might must shall should will would what which who whom whose when where why how so than then
too very not no any some each own such into onto about between both all more most other only same
up out off over under again once just s t
"""
_STOP = frozenset(_STOP_WORDS.split())


def words_of(text: str) -> list[str]:
    """The words that count, in order: stems without stop words; of `seismic_api_key` also its parts."""
    return [stem for token in _TOKEN.findall(text) for stem in _stems(token)]


def all_stems(text: str) -> list[str]:
    """The stem of every word, stop words included, in order: for terms such as `no data`."""
    return [stem(token.lower()) for token in _TOKEN.findall(text)]


def word_terms(text: str) -> list[str]:
    """Words and pairs of neighbouring words."""
    words = words_of(text)
    return words + [f"{first} {second}" for first, second in pairwise(words)]


def character_terms(text: str, shortest: int = 3, longest: int = 5) -> list[str]:
    """Runs of characters within each word that counts, its ends marked by blanks."""
    return [gram for word in words_of(text) for gram in _grams(f" {word} ", shortest, longest)]


def _grams(word: str, shortest: int, longest: int) -> Iterable[str]:
    for length in range(shortest, longest + 1):
        for at in range(max(1, len(word) - length + 1)):
            yield word[at : at + length]


def _stems(token: str) -> Iterator[str]:
    lower = token.lower()
    parts = [part.lower() for part in _HUMP.findall(token)] if not token[0].isdigit() else []
    if "_" in token or (len(parts) > 1 and not token.isupper()):
        yield lower
        yield from (stem(part) for part in parts if part not in _STOP)
    elif lower not in _STOP:
        yield stem(lower)


_ENDINGS = (
    ("sses", "ss"),
    ("ies", "y"),
    ("ied", "y"),
    ("ations", "at"),
    ("ation", "at"),
    ("ingly", ""),
    ("edly", ""),
    ("ings", ""),
    ("ing", ""),
    ("ers", ""),
    ("er", ""),
    ("ed", ""),
    ("es", ""),
    ("ly", ""),
    ("s", ""),
)
_SHORTEST_STEM = 3
_DOUBLED = re.compile(r"([bdfgmnprt])\1$")


def stem(word: str) -> str:
    """A word without the endings of number and tense: `windows`, `window`; `retraining`, `retrained`, `retrains`.

    It is light: it takes one ending, a final `e` and a doubled consonant, and words of one root may still differ.
    """
    if not word.isalpha():
        return word
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM and not word.endswith(("ss", "us")):
            word = word.removesuffix(ending) + instead if instead else _DOUBLED.sub(r"\1", word.removesuffix(ending))
            break
    return word.removesuffix("e") if len(word) > _SHORTEST_STEM else word
