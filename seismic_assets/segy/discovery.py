"""Which SEG-Y files lie in a folder, under which stable names."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

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
    for path in folder.rglob("*"):
        relative = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in relative.parts)
        if hidden or path.suffix.lower() not in SUFFIXES or path.resolve() in exclude:
            continue
        stamp = stamp_of(path)
        if stamp is not None:
            readable = os.fsencode(relative.as_posix()).decode(errors="replace")
            found.append(LandedPath(file_id_of(relative.as_posix()), path, readable, stamp))
    return sorted(found, key=lambda landed: landed.file_id)


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
    except PermissionError:
        return 0, 0, 0  # it is quarantined when it is opened, and looked at again when its folder is opened up
    except FileNotFoundError:
        return None
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns) if stat.S_ISREG(status.st_mode) else None


def digest_file(path: Path, chunk: int = 1 << 22) -> str:
    """BLAKE2b digest (hex, 32 characters) of a file's bytes, read in chunks."""
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb") as stream:
        while data := stream.read(chunk):
            digest.update(data)
    return digest.hexdigest()
