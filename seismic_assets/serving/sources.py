"""Where a model comes from: an alias or a version of the registry, or the folder of a bundle."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from seismic_assets.registry import PRODUCTION, STAGING, Bundle, BundleError, ModelRegistry, load_bundle

_MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Source:
    """A place that models come from.

    Attributes:
        load: gives the version and the bundle to serve; may raise RegistryError or BundleError.
        current: gives the version that is to be served, or None where there is none; may raise the same. None where
            the source never changes.
        alias: what the source is, for people.
        name: of the registered model.
        metrics: gives what the run of a version logged; may raise RegistryError.
    """

    load: Callable[[], tuple[str, Bundle]]
    current: Callable[[], str | None] | None = None
    alias: str = "production"
    name: str = ""
    metrics: Callable[[str], Mapping[str, float]] = lambda version: {}


def source_of(name: str, registry: Callable[[], ModelRegistry]) -> Source:
    """The source that a name stands for: `production`, `staging`, a version number, or the folder of a bundle.

    Args:
        name: of the source.
        registry: gives the registry; not called for a folder, which needs none.

    Raises:
        BundleError: it is none of these.
    """
    if name in (PRODUCTION, STAGING):
        known = registry()
        return _registered(known, lambda: known.aliased(name), lambda: known.version_of(name), name)
    if name.isascii() and name.isdigit():
        known = registry()
        return _registered(known, lambda: (name, known.bundle(name)), lambda: name, f"version {name}")
    folder = Path(os.path.expanduser(name))  # noqa: PTH111 - that of pathlib raises where there is no such user
    if not name or not folder.is_dir():
        raise BundleError(
            f"there is no model {name!r}: name production, staging, a version number, or the folder of a serving bundle"
        )
    return Source(lambda: _of_folder(folder), lambda: _folder_version(folder), str(folder))


def _registered(
    registry: ModelRegistry, load: Callable[[], tuple[str, Bundle]], current: Callable[[], str | None], alias: str
) -> Source:
    return Source(load, current, alias, registry.model_name, lambda version: registry.version_info(version).metrics)


def _of_folder(folder: Path) -> tuple[str, Bundle]:
    version = _folder_version(folder)
    bundle = load_bundle(folder)
    if _folder_version(folder) != version:
        raise BundleError(f"the serving bundle {folder} was replaced while it was read; it is read again")
    return version, bundle


def _folder_version(folder: Path) -> str:
    """The folder's name and the digest of its manifest, which holds the digests of all its files."""
    try:
        content = (folder / _MANIFEST).read_bytes()
    except OSError as error:
        raise BundleError(
            f"the serving bundle {folder} has no readable {_MANIFEST} ({error.strerror}); restore it"
        ) from error
    return f"{folder.resolve().name}-{hashlib.blake2b(content, digest_size=4).hexdigest()}"
