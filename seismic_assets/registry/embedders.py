"""Embedders at rest."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from seismic_assets.attributes import Embedder
from seismic_assets.registry.errors import BundleError


def save_embedder(path: Path, embedder: Embedder) -> None:
    """Write an embedder as `.npz`; the file appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.part.npz")
    np.savez(
        temporary,
        mean=embedder.mean,
        scale=embedder.scale,
        components=embedder.components,
        explained=embedder.explained,
        windows=np.asarray(embedder.windows),
    )
    temporary.replace(path)


def load_embedder(path: Path) -> Embedder:
    """Read an embedder.

    Raises:
        BundleError: the file is missing or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return Embedder(
                arrays["mean"], arrays["scale"], arrays["components"], arrays["explained"], int(arrays["windows"])
            )
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise BundleError(
            f"the embedder {path} cannot be read ({error}); materialise the asset embedder again"
        ) from error
