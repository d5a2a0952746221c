"""Embedders at rest."""

from __future__ import annotations

import zipfile
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seismic_assets.attributes import Embedder
from seismic_assets.attributes.autoencoder import AutoEncoder
from seismic_assets.attributes.features import WindowEmbedder
from seismic_assets.attributes.sample_embedding import SampleEmbedder
from seismic_assets.registry.errors import BundleError

# A file that names no kind was written when there was one.
_FIRST_KIND = "pca"
_KINDS: dict[str, type[Embedder | AutoEncoder | SampleEmbedder]] = {
    _FIRST_KIND: Embedder,
    "mlp_autoencoder": AutoEncoder,
    "samples": SampleEmbedder,
}


def save_embedder(path: Path, embedder: WindowEmbedder) -> None:
    """Write an embedder of any kind as `.npz`: its kind and its fields. The file appears whole or not at all.

    Raises:
        TypeError: the embedder is of no kind that can be read back.
    """
    kind = next((name for name, known in _KINDS.items() if isinstance(embedder, known)), None)
    if kind is None:
        raise TypeError(f"an embedder of the type {type(embedder).__name__} cannot be saved; name its kind here")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.part.npz")
    content: dict[str, Any] = {field.name: getattr(embedder, field.name) for field in fields(_KINDS[kind])}
    np.savez(temporary, kind=np.asarray(kind), **content)
    temporary.replace(path)


def load_embedder(path: Path) -> Embedder | AutoEncoder | SampleEmbedder:
    """Read an embedder; no pickle is loaded.

    Raises:
        BundleError: the file is missing or damaged, or holds a kind of embedder that this version does not know.
    """
    try:
        # Opened here, as numpy leaves a cut archive open when it refuses it.
        with path.open("rb") as file:
            arrays = np.load(file, allow_pickle=False)
            kind = str(arrays["kind"]) if "kind" in arrays else _FIRST_KIND
            if kind in _KINDS:
                known = _KINDS[kind]
                return known(**{field.name: _value(arrays[field.name]) for field in fields(known)})
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise BundleError(
            f"the embedder {path} cannot be read ({error}); materialise the asset embedder again"
        ) from error
    raise BundleError(
        f"the embedder {path} is of the kind '{kind}', where this version knows {', '.join(_KINDS)}; "
        "update seismic_assets, or materialise the asset embedder again"
    )


def _value(array: NDArray[Any]) -> Any:
    """An array as it is, a single number as such."""
    return array if array.ndim else array.item()
