"""Which words a statement may use: those of the facts that it cites, and those that claim nothing."""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise

from seismic_assets.llm.checking.sentence import Part, Sentence
from seismic_assets.llm.checking.words import lexicon, stem

_MODALS = frozenset({"may", "might", "can", "could"})
_NEW_CLAUSE = frozenset({"and", "while", "whereas", "but"})
_DUTIES = frozenset({"should", "must", "need", "needs"})


def strange_word(sentence: Sentence, cited: frozenset[str], judged: frozenset[int]) -> str:
    """A word that no cited fact has and that could be a claim, in words; nothing where there is none.

    Args:
        sentence: its parts.
        cited: stems of the cited facts.
        judged: indices of the parts that have been judged as numbers, verdicts, comparisons and so on.
    """
    lists = lexicon()
    for at, part in enumerate(sentence):
        if not part.is_word or at in judged:
            continue
        if part.text in lists.negations or part.text.endswith("n't"):
            return f"it turns something round with {part.text!r}"
        if part.text in _superlatives() and not _superlative(part.text, cited):
            return f"it says {part.text!r}, which no cited fact does"
        if part.text == "but" and at > 0 and sentence[at - 1].text in _absolutes():
            return f"it makes an exception with {part.text!r}"
        if part.capital and at > 0 and stem(part.text) not in cited:
            return f"it names {part.text.capitalize()!r}, which no cited fact does"
        if not (_known(part.text, cited) or _allowed(sentence, at)):
            return f"it says {part.text!r}, which is no word of a cited fact"
    return ""


def _superlative(word: str, cited: frozenset[str]) -> bool:
    group = next(words for words in lexicon().superlatives.values() if word in words)
    return any(stem(each) in cited for each in group)


def _absolutes() -> frozenset[str]:
    return frozenset().union(*lexicon().absolutes.values())


def _superlatives() -> frozenset[str]:
    return frozenset().union(*lexicon().superlatives.values())


def _known(word: str, cited: frozenset[str]) -> bool:
    return (
        stem(word) in cited
        or word in _superlatives()
        or ("-" in word and all(stem(half) in cited for half in word.split("-")))
    )


def _allowed(sentence: Sentence, at: int) -> bool:
    lists, word = lexicon(), sentence[at].text
    previous = [part.text for part in sentence[max(at - 3, 0) : at]]
    if word == "first":
        return at == 0 or at + 1 == len(sentence) or not sentence[at + 1].is_word
    if word in lists.neutral or word in lists.nouns or word in lists.advice or word in lists.hedges:
        return True
    if word in lists.participles:
        return "be" in previous
    return word in lists.possible and any(each in _MODALS for each in previous)


def bare_assertion(sentence: Sentence, claimed: Collection[int], cited: frozenset[str]) -> bool:
    """Whether a clause asserts something with no number or judgement in it: `The traces are dead.`

    Args:
        sentence: its parts.
        claimed: indices of the numbers, judgements and names that are checked elsewhere.
        cited: stems of the cited facts.
    """
    lists = lexicon()
    edges = [at for at, part in enumerate(sentence) if part.text in _NEW_CLAUSE or part.text == ","]
    for start, end in pairwise([-1, *edges, len(sentence)]):
        clause = sentence[start + 1 : end]
        unclaimed = not any(start < at < end for at in claimed)
        noun = next(
            (at for at, part in enumerate(clause) if part.text in lists.nouns or part.stems & cited), len(clause)
        )
        if unclaimed and any(_asserts(part, cited) for part in clause[noun + 1 :]):
            return True
    return not claimed and not _advises(sentence)


def _asserts(part: Part, cited: frozenset[str]) -> bool:
    return part.is_word and (part.text in lexicon().copulas or (part.text.endswith("ed") and bool(part.stems & cited)))


def _advises(sentence: Sentence) -> bool:
    lists = lexicon()
    texts = {part.text for part in sentence if part.is_word}
    return bool(texts & (lists.advice | lists.participles | _MODALS | _DUTIES))
