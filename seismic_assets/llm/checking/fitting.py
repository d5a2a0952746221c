"""Which fact a claim is about: the one whose words stand around it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from seismic_assets.llm.checking.comparing import comparison_at
from seismic_assets.llm.checking.names import fact_stems
from seismic_assets.llm.checking.sentence import Part, Sentence
from seismic_assets.llm.checking.words import lexicon
from seismic_assets.llm.facts import Fact

_LINK = frozenset({"of", "out", "the", "these", "those"})


@dataclass(frozen=True)
class Claim:
    """A number, name or judgement in a sentence.

    Attributes:
        text: as it stands there.
        at: index of its part in the sentence.
        made_true_by: whether a fact makes it true.
        rivals: whether a fact could be what it is about, true or not.
    """

    text: str
    at: int
    made_true_by: Callable[[Fact], bool]
    rivals: Callable[[Fact], bool]


@dataclass(frozen=True)
class Around:
    """What a sentence says around a claim.

    Attributes:
        stems: of the words that belong to it.
        near: of those that follow it at once.
    """

    stems: frozenset[str]
    near: frozenset[str]


def arounds(sentence: Sentence, places: Sequence[int], known: frozenset[str]) -> list[Around]:
    """What belongs to each of several claims of a sentence.

    Words between two claims go to the one before up to the first comma or `and`, and to the one behind from there on;
    without such a mark from the last preposition on; otherwise to both.

    Args:
        sentence: its parts.
        places: indices of the claims' parts, rising.
        known: the stems of all facts: other words say nothing about which fact is meant.
    """
    if not places:
        return []
    edges = [-1, *places, len(sentence)]
    segments = [sentence[start + 1 : end] for start, end in pairwise(edges)]
    before: list[Sentence] = [segments[0]]
    after: list[Sentence] = []
    for segment in segments[1:-1]:
        own, following = _divided(segment)
        after.append(own)
        before.append(following)
    after.append(segments[-1])
    _share_out_of(segments, before, after)
    _add_brackets(sentence, places, before, after)
    _join(segments, after)
    return [_around(one, other, known) for one, other in zip(before, after, strict=True)]


def _divided(segment: Sentence) -> tuple[Sentence, Sentence]:
    lists = lexicon()
    for index, part in enumerate(segment):
        if part.text in (",", "(", ")", "—", "–") or part.text in lists.delimiters or comparison_at(segment, index):
            return segment[:index], segment[index + 1 :]
    last = max((index for index, part in enumerate(segment) if part.text in lists.prepositions), default=None)
    return (segment, segment) if last is None else (segment[:last], segment[last + 1 :])


def _share_out_of(segments: list[Sentence], before: list[Sentence], after: list[Sentence]) -> None:
    """`7 of the 1,200 traces are dead`: what follows the verb is said of the 7."""
    for index in range(1, len(segments) - 1):
        texts = {part.text for part in segments[index]}
        if "of" in texts and texts <= _LINK:
            tail = after[index]
            verb = _verb(tail)
            after[index - 1], after[index], before[index] = tail, tail[:verb], ()


def _verb(tail: Sentence) -> int:
    """Where the verb of `traces are dead` or `features drifted` stands."""
    copula = next((at for at, part in enumerate(tail) if part.text in lexicon().copulas), None)
    noun = next((at + 1 for at, part in enumerate(tail) if part.text in lexicon().nouns), len(tail))
    return noun if copula is None else copula


def _join(segments: list[Sentence], after: list[Sentence]) -> None:
    """`Salt and shale are ...`: what follows is said of both."""
    for index in range(len(segments) - 2, 0, -1):
        texts = {part.text for part in segments[index]}
        if texts and texts <= {",", "and", "or"}:
            after[index - 1] = after[index]


def _add_brackets(sentence: Sentence, places: Sequence[int], before: list[Sentence], after: list[Sentence]) -> None:
    """`31 trials (62 %) were pruned`: what stands around the bracket is said of both numbers."""
    for index in range(1, len(places)):
        start, at = places[index - 1], places[index]
        between = sentence[start + 1 : at]
        closes = at + 1 < len(sentence) and sentence[at + 1].text == ")"
        plain = [part for part in between[:-1] if part.text in ("(", ")", ",") or part.text in lexicon().delimiters]
        if closes and between and between[-1].text == "(" and not plain:
            tail = _divided(sentence[at + 2 : places[index + 1]])[0] if index + 1 < len(places) else sentence[at + 2 :]
            before[index] = (*before[index - 1], *between)
            after[index - 1], after[index] = (*between[:-1], *tail), tail


def _around(before: Sentence, after: Sentence, known: frozenset[str]) -> Around:
    near: list[Part] = []
    for part in after:
        if part.text in lexicon().copulas or not (part.is_word or part.name):
            break
        near.append(part)
    return Around(_stems([*before, *after]) & known, _stems(near) & known)


def _stems(parts: Iterable[Part]) -> frozenset[str]:
    return frozenset().union(*(part.stems for part in parts))


def best(stems: frozenset[str], facts: Collection[Fact]) -> list[Fact]:
    """The facts whose words fit best; none where no word of any is there."""
    scored = [(_fit(stems, fact_stems(fact)), fact) for fact in facts]
    top = max((score for score, _ in scored), default=0.0)
    return [fact for score, fact in scored if score == top] if top > 0 else []


def meant(around: Around, facts: Collection[Fact]) -> list[Fact]:
    """The facts that are meant: those that fit best, and among equals those that fit what is nearest."""
    winners = best(around.stems, facts)
    return (best(around.near, winners) or winners) if len(winners) > 1 else winners


def _fit(stems: frozenset[str], words: frozenset[str]) -> float:
    return 2 * len(stems & words) / (len(stems) + len(words)) if stems and words else 0.0
