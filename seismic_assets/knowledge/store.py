"""Indexes on disk: a folder a version, a pointer to the current one, and digests of all files."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seismic_assets.file_locks import held
from seismic_assets.knowledge.chunks import Passage
from seismic_assets.knowledge.dense import Dense
from seismic_assets.knowledge.embedding import find_embedder
from seismic_assets.knowledge.errors import KnowledgeError
from seismic_assets.knowledge.methods import Lexical
from seismic_assets.knowledge.sparse import TermIndex
from seismic_assets.whole_files import replace_file

if TYPE_CHECKING:
    from seismic_assets.knowledge.index import KnowledgeIndex

OLD_VERSIONS_KEPT = 2
_FORMAT = 2
_POINTER, _MANIFEST, _PASSAGES, _VECTORS, _LOCK = "current", "manifest.json", "passages.json", "vectors.faiss", ".lock"
_PARTS = ("words", "characters", "bm25")
_VERSION = re.compile(r"[0-9a-f]{32}")
_LOCK_SECONDS = 60.0


def save_version(index: KnowledgeIndex, folder: Path) -> Path:
    """Write an index as a version and point to it; the versions before the last two old ones are removed.

    Args:
        index: what to write.
        folder: of all versions; is made where it is missing.

    Returns:
        The version's folder.

    Raises:
        KnowledgeError: another process writes here for more than a minute.
        OSError: it cannot be written; the current version stays.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with held(folder / _LOCK, _LOCK_SECONDS) as had:
        if not had:
            raise KnowledgeError(f"{folder}: another process writes the index; try again when it is done")
        target = folder / index.version
        part = folder / f".{index.version}.{secrets.token_hex(4)}.part"
        try:
            _write(index, part)
            shutil.rmtree(target, ignore_errors=True)  # the same version written before; perhaps damaged
            part.rename(target)
        finally:
            shutil.rmtree(part, ignore_errors=True)
        replace_file(folder / _POINTER, f"{index.version}\n")
        _tidy(folder, index.version)
    return target


def current_version(folder: Path) -> str:
    """The version that the pointer names.

    Raises:
        KnowledgeError: there is none, or the pointer is damaged.
    """
    try:
        version = (folder / _POINTER).read_text(encoding="ascii").strip()
    except FileNotFoundError as error:
        raise KnowledgeError("there is no index of documents yet; `seismic run` makes it (knowledge_index)") from error
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged(folder / _POINTER, str(error)) from error
    if not _VERSION.fullmatch(version):
        raise _damaged(folder / _POINTER, "it names no version")
    return version


def pointer_stamp(folder: Path) -> tuple[int, ...]:
    """What changes whenever an index is made, also the same one again; of a folder without one always the same."""
    try:
        status = (folder / _POINTER).stat()
    except OSError:
        return ()
    return status.st_ino, status.st_mtime_ns, status.st_size


def index_state(folder: Path) -> str:
    """`sound` where the current index can be loaded, else what is wrong in a word: `missing` or `unusable`."""
    if not (folder / _POINTER).exists():
        return "missing"
    try:
        _files(folder / current_version(folder))
    except KnowledgeError:
        return "unusable"
    return "sound"


def load_current(folder: Path) -> KnowledgeIndex:
    """The version that the pointer names, with every file compared with its digest before it is read.

    Raises:
        KnowledgeError: there is none, or it is damaged.
    """
    from seismic_assets.knowledge.index import KnowledgeIndex

    version = current_version(folder)
    place = folder / version
    manifest, files = _files(place)
    try:
        passages = tuple(_passage(each) for each in json.loads(files[_PASSAGES]))
        lexical = Lexical(*(TermIndex.from_files(files[f"{part}.json"], files[f"{part}.npz"]) for part in _PARTS))
        vectors = files.get(_VECTORS)
        dense = Dense.from_content(manifest["embedder"], vectors, passages) if vectors is not None else None
    except (KeyError, TypeError, ValueError, RuntimeError) as error:  # RuntimeError: FAISS
        raise _damaged(place, str(error)) from error
    notes = list(manifest["notes"])
    embedder = None
    if dense is not None:
        embedder, missing = find_embedder()
        if embedder is not None and embedder.identity != dense.identity:
            embedder, missing = None, "no embeddings: the index was made with other weights than are installed"
        notes += [missing] if missing else []
    sources = tuple(manifest["sources"])
    return KnowledgeIndex(version, passages, sources, lexical, dense, embedder, tuple(notes))


def _passage(entry: dict[str, Any]) -> Passage:
    return Passage(**{**entry, "asked": tuple(entry["asked"])})


def _write(index: KnowledgeIndex, folder: Path) -> None:
    contents = {_PASSAGES: json.dumps([asdict(each) for each in index.passages]).encode()}
    for part in _PARTS:
        term_index: TermIndex = getattr(index.lexical, part)
        contents |= {f"{part}.{suffix}": content for suffix, content in term_index.files().items()}
    if index.dense is not None:
        contents[_VECTORS] = index.dense.content()
    manifest = {
        "format": _FORMAT,
        "version": index.version,
        "embedder": index.dense.identity if index.dense is not None else "",
        "sources": index.sources,
        "notes": [] if index.dense is not None else index.notes,
        "files": {name: _digest(content) for name, content in contents.items()},
    }
    folder.mkdir()
    for name, content in contents.items():
        replace_file(folder / name, content)
    replace_file(folder / _MANIFEST, json.dumps(manifest, indent=1) + "\n")


def _files(place: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """A version's manifest, and its files by name, each as it was written."""
    manifest = _manifest(place)
    return manifest, {name: _verified(place / name, digest) for name, digest in manifest["files"].items()}


def _manifest(place: Path) -> dict[str, Any]:
    path = place / _MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(path, str(error)) from error
    wanted = {"format": int, "version": str, "embedder": str, "sources": list, "notes": list, "files": dict}
    if not isinstance(manifest, dict) or any(not isinstance(manifest.get(key), kind) for key, kind in wanted.items()):
        raise _damaged(path, "an entry is missing")
    if manifest["format"] != _FORMAT:
        raise KnowledgeError(
            f"{path}: the index of documents is of another version of this program; make it anew with `seismic run`"
        )
    if manifest["version"] != place.name:
        raise _damaged(path, "it is of another version")
    if any(Path(name).name != name for name in manifest["files"]):
        raise _damaged(path, "it names files elsewhere")
    return manifest


def _verified(path: Path, digest: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _damaged(path, error.strerror or str(error)) from error
    if _digest(content) != digest:
        raise _damaged(path, "its bytes are not those that were written")
    return content


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _damaged(path: Path, why: str) -> KnowledgeError:
    return KnowledgeError(f"{path}: the index of documents is damaged ({why}); make it anew with `seismic run`")


def _tidy(folder: Path, current: str) -> None:
    """Remove all but the current and the last two versions before it, and what killed writers left."""
    old = [each for each in folder.iterdir() if _VERSION.fullmatch(each.name) and each.name != current]
    old.sort(key=lambda each: each.stat().st_mtime_ns, reverse=True)
    for each in (*old[OLD_VERSIONS_KEPT:], *folder.glob(".*.part")):
        shutil.rmtree(each, ignore_errors=True)
