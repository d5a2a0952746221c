"""The claims of a sentence: its numbers, names, verdicts, trends and words such as `all` and `none`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from seismic_assets.llm.checking.fitting import Claim
from seismic_assets.llm.checking.quantities import backs, comparable, is_number
from seismic_assets.llm.checking.sentence import Part, Sentence
from seismic_assets.llm.checking.words import lexicon, stem
from seismic_assets.llm.facts import Fact

_ABSOLUTE: Mapping[str, Callable[[float], bool]] = {
    "whole": lambda share: share == 1,
    "majority": lambda share: share > 0.5,
    "minority": lambda share: 0 < share < 0.5,
    "few": lambda share: 0 < share <= 0.1,
}
_NEARLY: Mapping[str, Callable[[float], bool]] = {
    "whole": lambda share: 0.95 <= share < 1,
    "nothing": lambda share: 0 < share <= 0.05,
}
_POLARITY = {
    "positive": ("pass", "passed", "ok", "good", "healthy", "sound", "accepted"),
    "warning": ("warn", "warning", "caution"),
    "negative": ("fail", "failed", "unhealthy", "bad", "poor", "rejected"),
}


def quantity_claims(sentence: Sentence) -> list[Claim]:
    """Its numbers and its absolute words, in order."""
    claims = []
    for at, part in enumerate(sentence):
        if part.mention is not None:
            claims.append(_number(part, at))
        elif part.is_word and (group := _group(part.text, lexicon().absolutes)):
            claims.append(_absolute(sentence, at, group))
    return claims


def _number(part: Part, at: int) -> Claim:
    mention = part.mention
    assert mention is not None
    text = mention.text.strip()

    def true_of(fact: Fact) -> bool:
        return str(fact.value).strip() == text if _numbered_name(fact) else backs(fact, mention)

    def rival(fact: Fact) -> bool:
        return not mention.unit if _numbered_name(fact) else comparable(fact, mention)

    return Claim(text, at, true_of, rival)


def _numbered_name(fact: Fact) -> bool:
    """Whether a fact's name is but a number or a date: version `3`, `2025-01-31`."""
    return fact.kind == "name" and re.fullmatch(r"\d[\d.:/-]*", str(fact.value).strip()) is not None


def _absolute(sentence: Sentence, at: int, group: str) -> Claim:
    """`all` needs a share of one, `no` a count or share of zero, `most` a share above a half."""
    text = sentence[at].text
    nearly = at > 0 and sentence[at - 1].text in ("nearly", "almost", "virtually")

    def true_of(fact: Fact) -> bool:
        value = float(fact.value)
        if group == "nothing" and not nearly:
            return value == 0
        if group == "some":
            return value > 0
        test = (_NEARLY if nearly else _ABSOLUTE).get(group)
        return fact.kind == "share" and test is not None and test(value)

    def rival(fact: Fact) -> bool:
        return is_number(fact) and (fact.kind == "share" or (fact.kind == "count" and group in ("nothing", "some")))

    return Claim(f"nearly {text}" if nearly else text, at, true_of, rival)


def judgement_claims(sentence: Sentence, kind: str, values: frozenset[str]) -> list[Claim]:
    """Its verdicts, or its words of trend.

    Args:
        sentence: its parts.
        kind: `verdict` or `trend`.
        values: those of all facts of the kind, in small letters.
    """
    groups = lexicon().verdicts if kind == "verdict" else lexicon().trends
    claims = []
    for at, part in enumerate(sentence):
        named = part.name is not None and part.name.kind == kind
        if named or (part.is_word and (_group(part.text, groups) or part.text in values)):
            claims.append(_judgement(part.text, at, kind, _group(part.text, groups)))
    return claims


def _judgement(text: str, at: int, kind: str, group: str) -> Claim:
    def true_of(fact: Fact) -> bool:
        value = str(fact.value).strip().lower()
        same = value in (text.lower(), text.lower().replace("_", " ")) or (
            " " not in value and stem(value) == stem(text)
        )
        if kind == "trend":
            return same or value == group
        return same or (group != "literal" and value in _POLARITY.get(group, ()))

    return Claim(text, at, true_of, lambda fact: fact.kind == kind)


def name_claims(sentence: Sentence) -> list[Claim]:
    """Its names."""
    return [
        Claim(part.name.text, at, _names(part.name.text), lambda fact: fact.kind == "name")
        for at, part in enumerate(sentence)
        if part.name is not None and part.name.kind == "name"
    ]


def _names(text: str) -> Callable[[Fact], bool]:
    def true_of(fact: Fact) -> bool:
        value = str(fact.value).strip()
        return text in (value, value.replace("_", " "))

    return true_of


def _group(word: str, groups: Mapping[str, frozenset[str]]) -> str:
    return next((group for group, words in groups.items() if word in words), "")
