"""Words: their stems, and the lists of those that a statement may use of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

_WORD = re.compile(r"[^\W_]+(?:[._-]?\w+)*")


@dataclass(frozen=True)
class Lexicon:
    """Lists of words, all in small letters.

    Attributes:
        neutral: claim nothing by themselves.
        advice: plain forms of what one may be advised to do.
        participles: of the same, allowed after `be`.
        possible: verbs that are allowed after `may`, `might`, `can` or `could`.
        nouns: what can be counted or spoken of.
        delimiters, prepositions, copulas: where what is said of one number ends and that of the next begins.
        hedges: make a number a rough one.
        negations, multiples, ordinals: are refused.
        superlatives, verdicts, trends, absolutes: words by group.
        comparisons: phrases by group.
        numerals: words of number, in order.
        empty: words of a fact that do not tell it from another.
    """

    neutral: frozenset[str]
    advice: frozenset[str]
    participles: frozenset[str]
    possible: frozenset[str]
    nouns: frozenset[str]
    delimiters: frozenset[str]
    prepositions: frozenset[str]
    copulas: frozenset[str]
    hedges: frozenset[str]
    negations: frozenset[str]
    multiples: frozenset[str]
    ordinals: frozenset[str]
    superlatives: dict[str, frozenset[str]]
    verdicts: dict[str, frozenset[str]]
    trends: dict[str, frozenset[str]]
    absolutes: dict[str, frozenset[str]]
    comparisons: dict[str, tuple[str, ...]]
    numerals: dict[str, tuple[str, ...]]
    empty: frozenset[str]


@cache
def lexicon() -> Lexicon:
    """The lists of `lexicon.yaml`."""
    text = resources.files(__package__).joinpath("lexicon.yaml").read_text(encoding="utf-8")
    lists: dict[str, Any] = {name: _list(value) for name, value in yaml.safe_load(text).items()}
    return Lexicon(**lists)


def _list(value: Any) -> Any:
    if isinstance(value, str):
        return frozenset(value.split())
    return {group: tuple(each) if isinstance(each, list) else frozenset(each.split()) for group, each in value.items()}


@cache
def stem(word: str) -> str:
    """What forms of a word have in common: `clip` of `clipped`, `clipping` and `clips`."""
    word = re.sub(r"['’]s?$", "", word.lower())
    if not word.isalpha():
        return word
    word = re.sub(r"(?<=ss)es$|(?<=[^s])s$", "", re.sub(r"ies$", "y", word))
    bare = re.sub(r"(ing|ed)$", "", word)
    if bare != word and len(bare) >= 3:
        word = re.sub(r"([b-df-hj-kmnp-rtv-z])\1$", r"\1", bare)
    return re.sub(r"e$", "", word) if len(word) > 3 else word


def stems(text: str) -> frozenset[str]:
    """The stems of all words in a text, without those that only hold it together."""
    return frozenset(stem(word) for word in words_of(text) if word not in lexicon().empty)


def words_of(text: str) -> list[str]:
    """The words of a text in small letters; `survey_001.sgy` is one."""
    return [word.lower() for word in _WORD.findall(text)]
