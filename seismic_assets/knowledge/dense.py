"""Vectors of passages in a FAISS index of inner products, and vectors of before that need not be made again.

A passage has a vector as a whole and one for each of the questions that people ask of it, or, where there are none, for
each of its sentences or lines: five rows of a table are five matters, and the vector of all of them is near to none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from seismic_assets.knowledge.chunks import Passage
from seismic_assets.knowledge.embedding import Embedder
from seismic_assets.knowledge.kept_vectors import KeptVectors
from seismic_assets.knowledge.spans import spans_of

if TYPE_CHECKING:
    from faiss import IndexFlatIP

_AT_ONCE = 64  # passages that are kept together, some seconds' work
_SHORTEST = 15  # characters of a sentence that has a vector of its own


@dataclass(frozen=True)
class Dense:
    """Vectors of passages.

    Attributes:
        identity: of the embedder that made them.
        index: FAISS index of (texts, width) vectors of length 1: of each passage the whole, then its parts.
        starts: (passages,) int64: where each passage's vectors begin.
        made: passages whose vectors were made for this index; the others' are of an earlier one.
    """

    identity: str
    index: IndexFlatIP
    starts: np.ndarray
    made: int = 0

    def scores(self, vector: np.ndarray) -> np.ndarray:
        """(passages,) float32: half the cosine of the whole with a vector (width,), half that of its best part."""
        cosines = np.zeros(self.index.ntotal, np.float32)
        found, places = self.index.search(vector[None, :].astype(np.float32), self.index.ntotal)
        cosines[places[0]] = found[0]
        whole = cosines[self.starts]
        alone = np.diff(np.append(self.starts, self.index.ntotal)) == 1
        sentences = cosines.copy()
        sentences[self.starts] = np.where(alone, whole, -1)
        return np.asarray((whole + np.maximum.reduceat(sentences, self.starts)) / 2)

    def vectors(self) -> list[np.ndarray]:
        """Of each passage (texts, width) float32."""
        return np.split(np.asarray(self.index.reconstruct_n(0, self.index.ntotal)), self.starts[1:])

    def content(self) -> bytes:
        """As FAISS writes it."""
        import faiss

        return bytes(faiss.serialize_index(self.index).tobytes())

    @staticmethod
    def from_content(identity: str, content: bytes, passages: Sequence[Passage]) -> Dense:
        """What `content` gave, of these passages.

        Raises:
            RuntimeError: it is nothing that FAISS wrote.
            ValueError: it is of other passages.
        """
        import faiss

        index: Any = faiss.deserialize_index(np.frombuffer(content, np.uint8))
        counts = [len(_texts(each)) for each in passages]
        if index.ntotal != sum(counts):
            raise ValueError(f"{index.ntotal} vectors are not those of {len(passages)} passages")
        return Dense(identity, index, _starts(counts))


def embedded(
    passages: Sequence[Passage],
    embedder: Embedder,
    kept: KeptVectors | None = None,
    told: Callable[[int, int], None] | None = None,
) -> Dense:
    """Vectors of all passages; those that are kept are taken as they are, and the others kept as they are made.

    Args:
        passages: one at least.
        embedder: makes the vectors.
        kept: where vectors of the same embedder are kept; None for nowhere.
        told: is told how many of how many passages have theirs, a few times a minute.
    """
    import faiss

    wanted = {each.digest: _texts(each) for each in passages}
    blocks = kept.known(embedder.identity, wanted) if kept is not None else {}
    blocks = {digest: each for digest, each in blocks.items() if len(each) == len(wanted[digest])}
    missing = [digest for digest in wanted if digest not in blocks]
    for start in range(0, len(missing), _AT_ONCE):
        texts = {digest: wanted[digest] for digest in missing[start : start + _AT_ONCE]}
        made = _vectors(texts, embedder)
        if kept is not None:
            kept.keep(embedder.identity, made)
        blocks |= made
        if told is not None:
            told(len(blocks), len(wanted))
    chosen = [blocks[each.digest] for each in passages]
    vectors = np.concatenate(chosen).astype(np.float32)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    return Dense(embedder.identity, index, _starts([len(each) for each in chosen]), len(missing))


def _vectors(texts: Mapping[str, Sequence[str]], embedder: Embedder) -> dict[str, np.ndarray]:
    """(texts, width) float32 of each passage by its digest."""
    made = embedder.encode([text for each in texts.values() for text in each]).astype(np.float32)
    bounds = np.cumsum([len(each) for each in texts.values()])[:-1]
    return dict(zip(texts, np.split(made, bounds), strict=True))


def _texts(passage: Passage) -> list[str]:
    """What of a passage has a vector: all of it, then what people ask of it, or else each of several sentences."""
    if passage.asked:
        return [passage.context, *passage.asked]
    pieces = (" ".join(passage.text[each.start : each.end].split()) for each in spans_of(passage.text))
    heading = passage.title.rsplit(" > ", 1)[-1]
    sentences = [f"{heading}: {piece}" for piece in pieces if len(piece) >= _SHORTEST]
    return [passage.context, *sentences] if len(sentences) > 1 else [passage.context]


def _starts(counts: Sequence[int]) -> np.ndarray:
    return np.cumsum([0, *counts[:-1]]).astype(np.int64)
