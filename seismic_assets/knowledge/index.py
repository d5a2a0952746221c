"""The index of passages: built of documents, asked with questions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from seismic_assets.knowledge.asked import asked_digest, with_questions
from seismic_assets.knowledge.chunks import CHARACTERS, OVERLAP, Passage, passages_of
from seismic_assets.knowledge.dense import Dense, embedded
from seismic_assets.knowledge.documents import Document
from seismic_assets.knowledge.embedding import Embedder, find_embedder
from seismic_assets.knowledge.errors import KnowledgeError
from seismic_assets.knowledge.glossary import glossary_digest
from seismic_assets.knowledge.kept_vectors import KeptVectors
from seismic_assets.knowledge.methods import (
    METHODS,
    METHODS_VERSION,
    Lexical,
    Method,
    fused,
    lexical_scores,
    question_vector,
)

MOST_PASSAGES, LONGEST_QUESTION = 20, 1000
_KEPT = "vectors.sqlite"


@dataclass(frozen=True)
class ChunkSettings:
    """How documents are cut.

    Attributes:
        characters: of a passage at most.
        overlap: characters that a passage shares with the one before at most.
    """

    characters: int = CHARACTERS
    overlap: int = OVERLAP


@dataclass(frozen=True)
class Found:
    """A passage that fits a question.

    Attributes:
        passage: it.
        score: by the method that was asked for, the larger the better; a hybrid's is 1 for what is first by all.
        similarity: cosine with the question, by embeddings where there are, else by TF-IDF.
    """

    passage: Passage
    score: float
    similarity: float


@dataclass(frozen=True)
class KnowledgeIndex:
    """Passages, and what finds them.

    Attributes:
        version: digest of documents, settings and methods.
        passages: in order.
        sources: the documents' names, in order.
        lexical: what finds passages by words.
        dense: what finds them by vectors; None where the weights were not there.
        embedder: that made the vectors; None where it is not there now.
        notes: sentences on what is left out and why.
    """

    version: str
    passages: tuple[Passage, ...]
    sources: tuple[str, ...]
    lexical: Lexical
    dense: Dense | None
    embedder: Embedder | None
    notes: tuple[str, ...] = ()

    @staticmethod
    def build(
        documents: Iterable[Document],
        settings: ChunkSettings = ChunkSettings(),
        embedder: Embedder | None = None,
        notes: Sequence[str] = (),
        kept: KeptVectors | None = None,
        told: Callable[[int, int], None] | None = None,
    ) -> KnowledgeIndex:
        """Cut documents into passages and index them.

        Args:
            documents: what can be asked about, in any order.
            settings: how they are cut.
            embedder: None leaves embeddings out; `find_embedder` gives the one that is installed.
            notes: sentences on what was left out before.
            kept: where vectors are kept between indexes; None for nowhere.
            told: is told how many of how many passages have their vectors, a few times a minute.

        Raises:
            KnowledgeError: there is no text in any document.
        """
        ordered = sorted(documents, key=lambda each: each.source)
        passages = with_questions(passages_of(ordered, settings.characters, settings.overlap))
        if not passages:
            raise KnowledgeError(
                "there is no document to ask: run `seismic run`, or keep the folder docs beside README.md"
            )
        lexical = Lexical.of([each.searched for each in passages])
        dense = embedded(passages, embedder, kept, told) if embedder is not None else None
        sources = tuple(dict.fromkeys(each.source for each in ordered))
        version = version_of(ordered, settings, embedder)
        return KnowledgeIndex(version, passages, sources, lexical, dense, embedder, tuple(notes))

    @staticmethod
    def load(folder: Path) -> KnowledgeIndex:
        """The current version of a folder of indexes.

        Raises:
            KnowledgeError: there is none, or a file of it is damaged.
        """
        from seismic_assets.knowledge.store import load_current

        return load_current(folder)

    def save(self, folder: Path) -> Path:
        """Write it as a version of a folder of indexes and make it the current one; the version's folder."""
        from seismic_assets.knowledge.store import save_version

        return save_version(self, folder)

    @property
    def methods(self) -> tuple[Method, ...]:
        """The methods that can be asked for here."""
        return METHODS if self._has_embeddings else tuple(each for each in METHODS if each != "embedding")

    @property
    def _has_embeddings(self) -> bool:
        return self.dense is not None and self.embedder is not None

    def search(self, question: str, k: int = 5, method: Method = "hybrid") -> list[Found]:
        """The passages that fit a question best.

        Args:
            question: in English, 1 to 1,000 characters.
            k: how many at most, 1 to 20.
            method: how to look; a hybrid is of the methods that are there.

        Returns:
            The best first; of passages that share nothing with the question none.

        Raises:
            KnowledgeError: question, number or method cannot be.
        """
        asked = checked_question(question)
        if not 1 <= k <= MOST_PASSAGES:
            raise KnowledgeError(f"{k} passages cannot be given; ask for 1 to {MOST_PASSAGES}")
        if method not in METHODS:
            raise KnowledgeError(f"there is no method {method!r}; take one of {', '.join(METHODS)}")
        if method not in self.methods:
            why = "; ".join(self.notes) or "the index was made without them"
            raise KnowledgeError(f"the method embedding is not there ({why}); take hybrid, tfidf or bm25")
        by_method = self._scores(asked, method)
        scores = fused(by_method) if method == "hybrid" else by_method[method]
        similarity = by_method.get("embedding", by_method.get("tfidf"))
        if similarity is None:  # the floor is one of cosines, which BM25's scores are not
            similarity = lexical_scores(self.lexical, asked, "tfidf")
        best = [int(each) for each in np.argsort(-scores, kind="stable")[:k] if scores[each] > 0]
        return [Found(self.passages[each], float(scores[each]), float(similarity[each])) for each in best]

    def _scores(self, question: str, method: Method) -> dict[Method, np.ndarray]:
        """Scores of all passages by the method, or by each that a hybrid is made of."""
        scores: dict[Method, np.ndarray] = {}
        if method in ("hybrid", "tfidf"):
            scores["tfidf"] = lexical_scores(self.lexical, question, "tfidf")
        if method in ("hybrid", "bm25"):
            scores["bm25"] = lexical_scores(self.lexical, question, "bm25")
        if method in ("hybrid", "embedding") and self.dense is not None and self.embedder is not None:
            scores["embedding"] = self.dense.scores(question_vector(self.embedder, question))
        return scores


def checked_question(question: str) -> str:
    """The question without blanks around it.

    Raises:
        KnowledgeError: it is empty or too long.
    """
    asked = question.strip()
    if not asked:
        raise KnowledgeError("the question is empty; ask something such as: how do I roll a model back?")
    if len(asked) > LONGEST_QUESTION:
        raise KnowledgeError(f"the question has {len(asked):,} characters; {LONGEST_QUESTION:,} are the most")
    return asked


def version_of(documents: Sequence[Document], settings: ChunkSettings, embedder: Embedder | None) -> str:
    """The version that an index of these has: 32 hexadecimal digits."""
    content = {
        "documents": sorted(each.digest() for each in documents),
        "settings": asdict(settings),
        "methods": methods_digest(),
        "embedder": embedder.identity if embedder is not None else "",
    }
    return hashlib.blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=16).hexdigest()


def methods_digest() -> str:
    """A digest of what shapes an index beside documents and settings."""
    content = f"{METHODS_VERSION} {glossary_digest()} {asked_digest()}"
    return hashlib.blake2b(content.encode(), digest_size=8).hexdigest()


def refreshed(
    folder: Path,
    documents: Sequence[Document],
    settings: ChunkSettings = ChunkSettings(),
    embeddings: bool = True,
    told: Callable[[int, int], None] | None = None,
) -> KnowledgeIndex:
    """The index of these documents: the current one of the folder where nothing changed, else a new one, saved.

    Passages that are as before keep their vectors, also those that were made before a process was stopped. A current
    version that is damaged is made anew.

    Args:
        folder: of indexes; is made where it is missing.
        documents: all of them.
        settings: how they are cut.
        embeddings: whether passages get vectors, which take most of the time; off, they are found by words alone.
        told: is told how many of how many passages have their vectors, a few times a minute.

    Raises:
        KnowledgeError: there is no text in any document.
        OSError: the folder cannot be written.
    """
    embedder, missing = find_embedder() if embeddings else (None, "no embeddings: the settings ask for none")
    try:
        earlier = KnowledgeIndex.load(folder)
    except KnowledgeError:
        earlier = None
    if earlier is not None and earlier.version == version_of(documents, settings, embedder):
        return earlier
    kept = KeptVectors(folder / _KEPT)
    index = KnowledgeIndex.build(documents, settings, embedder, [missing] if missing else [], kept, told)
    index.save(folder)
    if embedder is not None:
        kept.forget_others(embedder.identity, [each.digest for each in index.passages])
    return index
