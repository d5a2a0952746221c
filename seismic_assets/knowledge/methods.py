"""The methods of retrieval beside each other: TF-IDF, BM25, embeddings, and a hybrid of their ranks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from seismic_assets.knowledge.embedding import Embedder
from seismic_assets.knowledge.glossary import added_words
from seismic_assets.knowledge.sparse import TermIndex, bm25_index, tfidf_index

Method = Literal["hybrid", "tfidf", "bm25", "embedding"]
METHODS: tuple[Method, ...] = get_args(Method)
METHODS_VERSION = 3  # of all that shapes scores beside the texts; a change makes every index anew
_RANK_OFFSET = 20  # 60 is usual; chosen on the known questions of benchmarks/retrieval_questions.yaml
_WIDENED_SHARE = 2 / 3  # of the question with the glossary's words in the vector that is looked for


@dataclass(frozen=True)
class Lexical:
    """What passages are found with by their words.

    Attributes:
        words: TF-IDF of words and pairs of words.
        characters: TF-IDF of runs of 3 to 5 characters.
        bm25: Okapi BM25 of words.
    """

    words: TermIndex
    characters: TermIndex
    bm25: TermIndex

    @staticmethod
    def of(texts: Sequence[str]) -> Lexical:
        """Of these texts."""
        return Lexical(tfidf_index(texts, "pairs"), tfidf_index(texts, "characters"), bm25_index(texts))

    def tfidf_scores(self, question: str) -> np.ndarray:
        """(passages,) float32: the mean of both cosines."""
        return np.asarray((self.words.scores(question) + self.characters.scores(question)) / 2)


def lexical_scores(lexical: Lexical, question: str, method: Literal["tfidf", "bm25"]) -> np.ndarray:
    """(passages,) float32: how well each passage fits the question and its synonyms."""
    score = lexical.tfidf_scores if method == "tfidf" else lexical.bm25.scores
    more = added_words(question)
    return score(question) + score(more) if more else score(question)


def question_vector(embedder: Embedder, question: str) -> np.ndarray:
    """(width,) float32 of length 1: between the question's vector and that of it with its synonyms."""
    more = added_words(question)
    if not more:
        return np.asarray(embedder.encode([question])[0])
    alone, with_more = embedder.encode([question, f"{question} {more}"])
    mean = (1 - _WIDENED_SHARE) * alone + _WIDENED_SHARE * with_more
    return np.asarray(mean / np.linalg.norm(mean), np.float32)


def fused(rankings: Mapping[Method, np.ndarray]) -> np.ndarray:
    """Reciprocal rank fusion (Cormack et al., 2009) in which all methods weigh alike.

    Args:
        rankings: of each method (passages,) scores.

    Returns:
        (passages,) float64: the sum of 1 / (20 + rank) over the methods, divided by what a passage has that is first in
        all. A passage that shares nothing with the question by a method gets nothing from it.
    """
    total = np.zeros(len(next(iter(rankings.values()))))
    for scores in rankings.values():
        order = np.argsort(-scores, kind="stable")
        ranks = np.empty(len(order))
        ranks[order] = np.arange(1, len(order) + 1)
        total += np.where(scores > 0, 1 / (_RANK_OFFSET + ranks), 0)
    return np.asarray(total * (_RANK_OFFSET + 1) / len(rankings))
