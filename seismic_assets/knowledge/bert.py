"""A BERT encoder in NumPy: what turns tokens into one vector a text, without a framework."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class BertShape:
    """What the encoder's weights do not say themselves.

    Attributes:
        layers: how many.
        heads: of attention in each.
        epsilon: that is added to a variance.
    """

    layers: int
    heads: int
    epsilon: float


def mean_pooled(
    tokens: Sequence[Sequence[int]], weights: Mapping[str, np.ndarray], shape: BertShape, batch: int = 8
) -> np.ndarray:
    """One vector a text: the mean of its tokens' last hidden states, brought to length 1.

    Texts of like length are worked on together, so that little is spent on padding.

    Args:
        tokens: ids of each text's tokens, the special ones included; one at least.
        weights: float32 by the names of Hugging Face's `BertModel`.
        shape: of the encoder.
        batch: texts at once.

    Returns:
        (texts, width) float32, in the order of the texts.
    """
    width = weights["embeddings.word_embeddings.weight"].shape[1]
    vectors = np.zeros((len(tokens), width), np.float32)
    order = sorted(range(len(tokens)), key=lambda each: len(tokens[each]))
    for start in range(0, len(order), batch):
        chosen = order[start : start + batch]
        longest = len(tokens[chosen[-1]])
        ids = np.zeros((len(chosen), longest), np.int64)
        mask = np.zeros((len(chosen), longest), np.float32)
        for row, each in enumerate(chosen):
            ids[row, : len(tokens[each])] = tokens[each]
            mask[row, : len(tokens[each])] = 1
        states = _encoded(ids, mask, weights, shape)
        means = (states * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        vectors[chosen] = means / np.linalg.norm(means, axis=1, keepdims=True)
    return vectors


def _encoded(ids: np.ndarray, mask: np.ndarray, weights: Mapping[str, np.ndarray], shape: BertShape) -> np.ndarray:
    """(texts, tokens, width) float32: the last hidden states."""
    states = weights["embeddings.word_embeddings.weight"][ids]
    states = states + weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
    states = states + weights["embeddings.token_type_embeddings.weight"][0]
    states = _normalised(states, weights, "embeddings.LayerNorm", shape.epsilon)
    hidden = np.where(mask > 0, np.float32(0), np.float32(-1e9))[:, None, None, :]  # padding gets no attention
    for layer in range(shape.layers):
        name = f"encoder.layer.{layer}"
        states = _normalised(
            states + _attended(states, hidden, weights, name, shape.heads),
            weights,
            f"{name}.attention.output.LayerNorm",
            shape.epsilon,
        )
        inner = _gelu(_linear(states, weights, f"{name}.intermediate.dense"))
        outer = states + _linear(inner, weights, f"{name}.output.dense")
        states = _normalised(outer, weights, f"{name}.output.LayerNorm", shape.epsilon)
    return states


def _attended(
    states: np.ndarray, hidden: np.ndarray, weights: Mapping[str, np.ndarray], layer: str, heads: int
) -> np.ndarray:
    texts, tokens, width = states.shape
    # Each head's matrices in one piece: of strided views NumPy makes products without BLAS, 20 times slower.
    asked, offered, given = (
        np.ascontiguousarray(
            _linear(states, weights, f"{layer}.attention.self.{part}")
            .reshape(texts, tokens, heads, width // heads)
            .transpose(axes)
        )
        for part, axes in (("query", (0, 2, 1, 3)), ("key", (0, 2, 3, 1)), ("value", (0, 2, 1, 3)))
    )
    shares = asked @ offered
    shares /= np.float32(np.sqrt(width // heads))
    shares += hidden
    shares -= shares.max(axis=-1, keepdims=True)
    np.exp(shares, out=shares)
    shares /= shares.sum(axis=-1, keepdims=True)
    together = (shares @ given).transpose(0, 2, 1, 3).reshape(texts, tokens, width)
    return _linear(together, weights, f"{layer}.attention.output.dense")


def _linear(states: np.ndarray, weights: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    """As one product of two matrices, not one a text."""
    made = states.reshape(-1, states.shape[-1]) @ weights[f"{name}.weight"].T
    made += weights[f"{name}.bias"]
    return np.asarray(made.reshape(*states.shape[:-1], -1))


def _normalised(states: np.ndarray, weights: Mapping[str, np.ndarray], name: str, epsilon: float) -> np.ndarray:
    centred = states - states.mean(axis=-1, keepdims=True)
    variance = np.square(centred).mean(axis=-1, keepdims=True)
    scaled = centred / np.sqrt(variance + np.float32(epsilon))
    return np.asarray(scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"])


def _gelu(values: np.ndarray) -> np.ndarray:
    from scipy.special import erf

    shares = erf(values * np.float32(np.sqrt(0.5)))
    shares += 1
    shares *= values
    shares *= np.float32(0.5)
    return np.asarray(shares)
