"""Which SEG-Y files lie in a folder, under which stable names."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import xxhash

from seismic_assets.segy.errors import LandingFolderError

SUFFIXES = (".sgy", ".segy")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+|\.{2,}")
_LONGEST_ID = 160  # it becomes part of a file name, which may have 255 bytes


@dataclass(frozen=True)
class LandedPath:
    """A file found in the landing folder.

    Attributes:
        file_id: stable name, safe as a partition key and a folder name.
        path: where it lies.
        relative: path relative to the landing folder, with forward slashes.
        stamp: size, modification and status-change time; equal stamps mean an untouched file.
    """

    file_id: str
    path: Path
    relative: str
    stamp: tuple[int, int, int]


def file_id_of(relative: str) -> str:
    """The file id of a path relative to the landing folder.

    A safe path is its own id. Any other is made safe and told apart by a digest of the original, so that two different
    paths never share an id and `...`, which Dagster reads as a range of keys, never occurs.
    """
    safe = _UNSAFE.sub("_", relative)
    if safe == relative and len(safe) <= _LONGEST_ID:
        return relative
    original = relative.encode(errors="surrogateescape")  # a name on disk need not be UTF-8
    return f"{safe[-_LONGEST_ID:]}-{hashlib.blake2b(original, digest_size=4).hexdigest()}"


def list_segy_files(folder: Path, exclude: Collection[Path] = ()) -> list[LandedPath]:
    """SEG-Y files below a folder by suffix, sorted by file id; hidden files and folders are passed over.

    Args:
        folder: the landing folder.
        exclude: resolved paths that are not traces, such as label volumes in SEG-Y.

    Raises:
        LandingFolderError: the folder does not exist, is not a folder or may not be read.
    """
    _check_folder(folder)
    found = []
    for path in _paths_by_suffix(folder):
        if exclude and Path(os.path.realpath(path)) in exclude:
            continue
        stamp = stamp_of(path)
        if stamp is not None:
            relative = path.relative_to(folder).as_posix()
            readable = os.fsencode(relative).decode(errors="replace")
            found.append(LandedPath(file_id_of(relative), path, readable, stamp))
    return sorted(found, key=lambda landed: landed.file_id)


def _paths_by_suffix(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if name.lower().endswith(SUFFIXES) and not name.startswith("."):
                yield Path(parent, name)


def _check_folder(folder: Path) -> None:
    try:
        if not folder.exists():
            reason = "does not exist; create it or set SEISMIC_LANDING_DIR to the folder of SEG-Y files"
            raise LandingFolderError(folder, reason)
        if not folder.is_dir():
            reason = "is a file; set SEISMIC_LANDING_DIR to the folder that holds the SEG-Y files"
            raise LandingFolderError(folder, reason)
        next(folder.iterdir(), None)
    except PermissionError as error:
        raise LandingFolderError(folder, "may not be read; grant this user read and execute access to it") from error


def stamp_of(path: Path) -> tuple[int, int, int] | None:
    """Size and times of a file; None for a folder, a link to nothing or a file that has just gone."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    except OSError:
        return 0, 0, 0  # no permission, a link in a circle: opening it will say so, and it is quarantined with that
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns) if stat.S_ISREG(status.st_mode) else None


def digest_file(path: Path, chunk: int = 1 << 22) -> str:
    """Digest (XXH3, 128 bits, hex) of a file's bytes, read in chunks.

    It tells contents apart as fast as a disk delivers them; it is no defence against forgery.
    """
    digest = xxhash.xxh3_128()
    with path.open("rb") as stream:
        while data := stream.read(chunk):
            digest.update(data)
    return digest.hexdigest()
