"""What people ask, in their words, beside the passages of the project's documents that answer it.

A question and the text that answers it often share no word: `my inbox is flooded` and `told together`. So the project's
documents, and the reports of a deployment, have questions for their facts, which are searched with the passage and
never shown; what came with data has none. The idea is that of doc2query (Nogueira et al., 2019, "Document expansion by
query prediction"), with questions that were written once and are kept with the code.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path

import yaml

from seismic_assets.knowledge.chunks import Passage

_FOLDER = Path(__file__).with_name("asked")


@dataclass(frozen=True)
class Asked:
    """Questions for a fact.

    Attributes:
        phrase: stands at the fact; blank space counts as one blank.
        questions: of people who look for it.
    """

    phrase: str
    questions: tuple[str, ...]


@lru_cache(maxsize=1)
def asked_by_source() -> Mapping[str, tuple[Asked, ...]]:
    """What is asked of each document, by its source or a pattern of sources: `reports/evaluation/*/gate.json`."""
    found: dict[str, tuple[Asked, ...]] = {}
    for path in sorted(_FOLDER.glob("*.yaml")):
        for source, entries in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            found[source] = tuple(Asked(_blanks(each["phrase"]), tuple(each["asked"])) for each in entries)
    return found


def asked_digest() -> str:
    """A digest of all questions."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(_FOLDER.glob("*.yaml")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def with_questions(
    passages: Iterable[Passage], asked: Mapping[str, tuple[Asked, ...]] | None = None
) -> tuple[Passage, ...]:
    """The passages with the questions for the facts that stand in them.

    Args:
        passages: of any documents; those that are not trusted stay as they are.
        asked: questions by document, or by pattern of documents; None for those that come with this package.

    Returns:
        As many, in order; a fact that stands in two passages, as they overlap, has its questions at both.
    """
    known = asked_by_source() if asked is None else asked
    return tuple(_with(each, _of(each, known)) if each.trusted else each for each in passages)


def _of(passage: Passage, asked: Mapping[str, tuple[Asked, ...]]) -> Iterator[Asked]:
    for pattern, entries in asked.items():
        if fnmatchcase(passage.source, pattern):
            yield from entries


def _with(passage: Passage, asked: Iterable[Asked]) -> Passage:
    text = _blanks(passage.text)
    questions = tuple(question for each in asked if each.phrase in text for question in each.questions)
    if not questions:
        return passage
    digest = hashlib.blake2b("\0".join((passage.digest, *questions)).encode(), digest_size=16)
    return replace(passage, asked=questions, digest=digest.hexdigest())


def _blanks(text: str) -> str:
    return " ".join(text.split())
