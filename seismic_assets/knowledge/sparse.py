"""Passages by the terms that they share with a question: TF-IDF and Okapi BM25 as one sparse matrix each.

The matrices are our own few lines and not scikit-learn's vectorizer, which is saved by pickle alone and takes seconds
to import where a question takes milliseconds.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from seismic_assets.knowledge.words import character_terms, word_terms, words_of

Terms = Callable[[str], list[str]]
TERMS: dict[str, Terms] = {"words": words_of, "pairs": word_terms, "characters": character_terms}
K1, B = 1.2, 0.75


@dataclass(frozen=True)
class TermIndex:
    """Weights of terms in passages.

    Attributes:
        terms: what a text is taken apart into, a name of `TERMS`.
        vocabulary: column by term.
        weights: (passages, terms) float32, sparse.
        question_weights: (terms,) float32, of a term in a question each time it occurs.
        cosine: whether questions are brought to length 1, as the rows of `weights` are.
    """

    terms: str
    vocabulary: dict[str, int]
    weights: sparse.csr_matrix
    question_weights: np.ndarray
    cosine: bool

    def scores(self, question: str) -> np.ndarray:
        """(passages,) float32: how well each passage fits; 0 where it shares no term."""
        counts = Counter(each for each in TERMS[self.terms](question) if each in self.vocabulary)
        columns = np.array([self.vocabulary[each] for each in counts], np.int64)
        values = np.array(list(counts.values()), np.float32)
        asked = np.zeros(len(self.vocabulary), np.float32)
        asked[columns] = (1 + np.log(values) if self.cosine else values) * self.question_weights[columns]
        length = float(np.linalg.norm(asked)) if self.cosine else 1.0
        return np.asarray(self.weights @ (asked / length if length else asked), np.float32)

    def files(self) -> dict[str, bytes]:
        """As files by suffix: `json` the vocabulary, `npz` the numbers; nothing in them is executed when read."""
        text = json.dumps({"terms": self.terms, "cosine": self.cosine, "vocabulary": list(self.vocabulary)})
        arrays = io.BytesIO()
        matrix = self.weights
        np.savez_compressed(
            arrays,
            data=matrix.data,
            indices=matrix.indices,
            indptr=matrix.indptr,
            shape=np.array(matrix.shape),
            question_weights=self.question_weights,
        )
        return {"json": text.encode("utf-8", "surrogatepass"), "npz": arrays.getvalue()}

    @staticmethod
    def from_files(text: bytes, numbers: bytes) -> TermIndex:
        """What `files` gave."""
        facts = json.loads(text.decode("utf-8", "surrogatepass"))
        with np.load(io.BytesIO(numbers), allow_pickle=False) as arrays:
            parts = (arrays["data"], arrays["indices"], arrays["indptr"])
            matrix = sparse.csr_matrix(parts, shape=tuple(arrays["shape"]))
            weights = arrays["question_weights"]
        columns = {term: column for column, term in enumerate(facts["vocabulary"])}
        return TermIndex(facts["terms"], columns, matrix, weights, facts["cosine"])


def tfidf_index(texts: Sequence[str], terms: str) -> TermIndex:
    """TF-IDF: (1 + log tf) * idf with idf = log((1 + n) / (1 + df)) + 1, rows of length 1."""
    vocabulary, counts = _counted(texts, terms)
    idf = np.log((1 + counts.shape[0]) / (1 + _document_frequency(counts))) + 1
    weights = counts.copy()
    weights.data = (1 + np.log(weights.data)) * idf[weights.indices]
    lengths = np.sqrt(np.asarray(weights.multiply(weights).sum(axis=1)).ravel())
    weights.data /= np.repeat(np.where(lengths > 0, lengths, 1), np.diff(weights.indptr))
    return TermIndex(terms, vocabulary, weights.astype(np.float32), idf.astype(np.float32), cosine=True)


def bm25_index(texts: Sequence[str]) -> TermIndex:
    """Okapi BM25 with k1 = 1.2 and b = 0.75 on words; idf = log(1 + (n - df + 0.5) / (df + 0.5)), never negative."""
    vocabulary, counts = _counted(texts, "words")
    n, frequency = counts.shape[0], _document_frequency(counts)
    idf = np.log(1 + (n - frequency + 0.5) / (frequency + 0.5))
    lengths = np.asarray(counts.sum(axis=1)).ravel()
    relative = lengths / (lengths.mean() or 1.0) if n else lengths
    saturation = np.repeat(K1 * (1 - B + B * relative), np.diff(counts.indptr))
    weights = counts.copy()
    weights.data = idf[weights.indices] * weights.data * (K1 + 1) / (weights.data + saturation)
    ones = np.ones(len(vocabulary), np.float32)
    return TermIndex("words", vocabulary, weights.astype(np.float32), ones, cosine=False)


def _counted(texts: Sequence[str], terms: str) -> tuple[dict[str, int], sparse.csr_matrix]:
    """The terms in order, and how often each is in each text, float64."""
    counted = [Counter(TERMS[terms](text)) for text in texts]
    vocabulary = {term: column for column, term in enumerate(sorted(set().union(*counted)))}
    indptr = np.cumsum([0, *map(len, counted)])
    indices = [vocabulary[term] for each in counted for term in each]
    data = [float(count) for each in counted for count in each.values()]
    shape = (len(texts), len(vocabulary))
    return vocabulary, sparse.csr_matrix((data, indices, indptr), shape=shape, dtype=np.float64)


def _document_frequency(counts: sparse.csr_matrix) -> np.ndarray:
    return np.bincount(counts.indices, minlength=counts.shape[1]).astype(np.float64)
