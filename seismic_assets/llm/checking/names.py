"""Names: what in a text stands for itself, because a cited fact says it in those very words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from seismic_assets.llm.checking.words import lexicon, stem, stems, words_of
from seismic_assets.llm.facts import Fact

_FIRST = 0xE000  # of the private characters, which stand for names while the rest of a text is read
_MOST = 6000


@dataclass(frozen=True)
class Name:
    """A name that a text uses.

    Attributes:
        text: as the fact has it.
        kind: `name`, `verdict` or `trend`: value of such a fact; `words`: of what a fact is called.
        stems: of its words.
    """

    text: str
    kind: str
    stems: frozenset[str]


@dataclass(frozen=True)
class Masked:
    """A text with one private character in place of each name.

    Attributes:
        text: the rest of it, and those characters.
        names: by character.
    """

    text: str
    names: dict[str, Name]


def masked(text: str, cited: Iterable[Fact]) -> Masked:
    """Replace the names, longest first; a name within a longer word is none."""
    facts, found = tuple(cited), dict[str, Name]()
    for fact in facts:
        text = _told(text, fact, found)
    candidates = sorted(set(_candidates(facts)), key=lambda each: (-len(each.text), each.text, each.kind))
    for name in candidates[:_MOST]:
        mark = chr(_FIRST + len(found))
        text, times = _pattern(name.text).subn(mark, text)
        if times:
            found[mark] = name
    return Masked(text, found)


def _told(text: str, fact: Fact, found: dict[str, Name]) -> str:
    """The text with a name that could be a judgement replaced where it is told of its fact: `the class is normal`."""
    value = str(fact.value).strip()
    if fact.kind != "name" or identifies(value) or not any(special(word) for word in words_of(value)):
        return text
    mark = chr(_FIRST + len(found))
    told = rf"(?<!\w)({re.escape(fact.words)}(?:\s+(?:is|was)\s+|:\s*))(['\"]?){re.escape(value)}\2(?![\w-])"
    text, times = re.subn(told, rf"\g<1>{mark}", text, flags=re.IGNORECASE)
    if times:
        found[mark] = Name(value, "name", frozenset({value.lower()}) | stems(value))
    return text


def fact_stems(fact: Fact) -> frozenset[str]:
    """The stems of what a fact is called and of what it counts."""
    counted = f" {fact.unit}" if fact.kind in ("count", "share") else ""
    return stems(fact.words + counted) or stems(fact.name.replace("_", " ").replace(".", " "))


def _candidates(cited: Iterable[Fact]) -> Iterator[Name]:
    for fact in cited:
        value = fact.value
        if isinstance(value, str) and value.strip():
            yield from _values(fact, value.strip())
        if re.search(r"[_.]", fact.name):
            yield Name(fact.name, "words", fact_stems(fact))
        yield from _phrases(fact)


def _values(fact: Fact, value: str) -> Iterator[Name]:
    """A value as it is, and with blanks for underscores; a number or a word that judges is left to be judged."""
    for text in {value, value.replace("_", " ")}:
        judged = any(special(word) for word in words_of(text)) and fact.kind == "name" and not identifies(text)
        lone = fact.kind != "name" and " " not in text
        if not judged and not lone and not re.fullmatch(r"[\W\d]*", text):
            yield Name(text, fact.kind, frozenset({text.lower()}) | stems(text))


def _phrases(fact: Fact) -> Iterator[Name]:
    """What of a fact's words would be taken for a claim: `traces not read`, `fold 3`, `survey_001`."""
    words = fact.words.split()
    if len(words) > 1 and any(special(word) for word in words_of(fact.words)):
        yield Name(fact.words, "words", fact_stems(fact))
    for before, word in zip(["", *words], words, strict=False):
        if re.fullmatch(r"\d+", word) and before.isalpha():
            yield Name(f"{before} {word}", "words", frozenset({stem(before), word}))
        elif identifies(word):
            yield Name(word, "words", frozenset({word.lower()}))


def identifies(text: str) -> bool:
    """Whether it is no ordinary word: `survey_001`, `a.sgy`, `ResNet`."""
    return bool(re.search(r"[^\W\d]", text)) and bool(re.search(r"[\d_]|\w\.\w|[a-z][A-Z]", text))


def special(word: str) -> bool:
    """Whether a word makes a claim: a number, a negation, a judgement, a comparison."""
    lists = lexicon()
    groups = [*lists.verdicts.values(), *lists.trends.values(), *lists.absolutes.values()]
    compared = {part for phrases in lists.comparisons.values() for phrase in phrases for part in phrase.split()}
    alone = lists.negations | lists.multiples | lists.ordinals | (compared - {"at", "to", "of", "as", "than"})
    return any(char.isdigit() for char in word) or word in alone or any(word in group for group in groups)


def _pattern(name: str) -> re.Pattern[str]:
    flags = re.NOFLAG if identifies(name) else re.IGNORECASE
    return re.compile(rf"(?<![\w./\\@-]){re.escape(name)}(?![\w/\\@-])(?!\.\w)", flags)
