"""The words of the documents for the words of a question: a glossary that widens what is looked for."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

import yaml

from seismic_assets.knowledge.words import all_stems

_FILE = Path(__file__).with_name("glossary.yaml")


@lru_cache(maxsize=1)
def _entries() -> tuple[tuple[tuple[str, ...], str], ...]:
    """Stems of each term and what it adds, the longest terms first."""
    read = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    found = [(tuple(all_stems(str(term))), str(added)) for term, added in read.items()]
    return tuple(sorted(found, key=lambda each: -len(each[0])))


def glossary_digest() -> str:
    """A digest of the glossary."""
    return hashlib.blake2b(_FILE.read_bytes(), digest_size=8).hexdigest()


def added_words(question: str) -> str:
    """What the glossary adds to a question: nothing where it knows none of its words."""
    words = all_stems(question)
    added: list[str] = []
    for term, more in _entries():
        length = len(term)
        if length and any(tuple(words[at : at + length]) == term for at in range(len(words) - length + 1)):
            added += [each for each in more.split() if each not in added]
    return " ".join(added)
