"""Which SEG-Y files lie in a folder, under which stable names."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from seismic_assets.segy.errors import LandingFolderError

SUFFIXES = (".sgy", ".segy")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+|\.{2,}")


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
    if safe == relative:
        return relative
    return f"{safe}-{hashlib.blake2b(relative.encode(), digest_size=4).hexdigest()}"


def list_segy_files(folder: Path, exclude: Collection[Path] = ()) -> list[LandedPath]:
    """SEG-Y files below a folder by suffix, sorted by file id; hidden files and folders are passed over.

    Args:
        folder: the landing folder.
        exclude: resolved paths that are not traces, such as label volumes in SEG-Y.

    Raises:
        LandingFolderError: the folder does not exist or is not a folder.
    """
    if not folder.exists():
        raise LandingFolderError(
            folder, "does not exist; create it or set SEISMIC_LANDING_DIR to the folder of SEG-Y files"
        )
    if not folder.is_dir():
        raise LandingFolderError(folder, "is a file; set SEISMIC_LANDING_DIR to the folder that holds the SEG-Y files")
    found = []
    for path in folder.rglob("*"):
        relative = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in relative.parts)
        if hidden or path.suffix.lower() not in SUFFIXES or not path.is_file() or path.resolve() in exclude:
            continue
        stat = path.stat()
        stamp = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
        found.append(LandedPath(file_id_of(relative.as_posix()), path, relative.as_posix(), stamp))
    return sorted(found, key=lambda landed: landed.file_id)


def digest_file(path: Path, chunk: int = 1 << 22) -> str:
    """BLAKE2b digest (hex, 32 characters) of a file's bytes, read in chunks."""
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb") as stream:
        while data := stream.read(chunk):
            digest.update(data)
    return digest.hexdigest()
