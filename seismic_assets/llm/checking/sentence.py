"""A sentence as its parts: words, numbers, names and marks."""

from __future__ import annotations

import re
from dataclasses import dataclass

from seismic_assets.llm.checking.names import Masked, Name
from seismic_assets.llm.checking.numbers import Mention, numbers_in
from seismic_assets.llm.checking.words import stem

_END = re.compile(r"(?<=[.!?;])[\"'”’)]*\s+|[;\n]")
_PART = re.compile(r"[\ue000-\uf8ff]|[^\W_]+(?:['’-]?[^\W_]+)*|[^\s]")


@dataclass(frozen=True)
class Part:
    """A piece of a sentence.

    Attributes:
        text: in small letters, apart from that of a name.
        stems: what it speaks of; none of a mark or a number.
        mention: where it is a number.
        name: where it is a name.
        capital: whether it begins with a capital letter.
    """

    text: str
    stems: frozenset[str]
    mention: Mention | None = None
    name: Name | None = None
    capital: bool = False

    @property
    def is_word(self) -> bool:
        """Whether it is an ordinary word."""
        return self.mention is None and self.name is None and self.text[0].isalnum()


Sentence = tuple[Part, ...]


def sentences(text: Masked, units: frozenset[str]) -> list[Sentence]:
    """The sentences of a text, without empty ones."""
    pieces = (piece.strip() for piece in _END.split(text.text))
    return [_parts(piece, text, units) for piece in pieces if piece]


def _parts(sentence: str, text: Masked, units: frozenset[str]) -> Sentence:
    parts: list[Part] = []
    at = 0
    for mention in numbers_in(sentence, units):
        parts += _words(sentence[at : mention.start], text)
        parts.append(Part(mention.text, frozenset(), mention=mention))
        at = mention.end
    return (*parts, *_words(sentence[at:], text))


def _words(piece: str, text: Masked) -> list[Part]:
    parts = []
    for found in _PART.findall(piece):
        name = text.names.get(found)
        if name is not None:
            parts.append(Part(name.text, name.stems, name=name))
        else:
            parts.append(_word(found))
    return parts


def _word(found: str) -> Part:
    word = found.lower().replace("’", "'")
    halves = [half for half in re.split(r"[-']", word) if half[:1].isalnum()]
    whole = frozenset({stem(word)}) if word[0].isalnum() else frozenset()
    return Part(word, whole | frozenset(map(stem, halves)), capital=found[0].isupper())
