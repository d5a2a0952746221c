"""Files copied with their digests; a database by its own backup, while others write to it."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import xxhash

from seismic_assets.backups.errors import BackupError
from seismic_assets.backups.manifest import BackedUpFile
from seismic_assets.objects import Place
from seismic_assets.objects.files import filesystem_of, path_in

_BLOCK = 4 << 20
_SQLITE = b"SQLite format 3\0"
_SECONDS_FOR_A_LOCK = 60.0


def copy_file(source: Place, target: Place, name: str) -> BackedUpFile:
    """Copy a file as it is; `name` is what the manifest calls it.

    Raises:
        FileNotFoundError: it is not there any more.
        OSError: it cannot be read, or not written, as on a full disk.
    """
    digest, size = xxhash.xxh3_128(), 0
    with filesystem_of(source).open_input_file(path_in(source)) as stream, _Writing(target) as write:
        while block := stream.read(_BLOCK):
            write(block)
            digest.update(block)
            size += len(block)
    return BackedUpFile(path=name, size=size, digest=digest.hexdigest())


def copy_database(source: Path, target: Path, name: str) -> BackedUpFile:
    """Copy a SQLite database as of one moment, however many write to it.

    Raises:
        BackupError: it is damaged, or was locked all the time.
        OSError: the copy cannot be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with (
            closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True, timeout=_SECONDS_FOR_A_LOCK)) as original,
            closing(sqlite3.connect(target)) as copy,
        ):
            original.backup(copy)
            # Beside a copy there is nothing: no log of what is to be written to it.
            copy.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        _raise_full(target, error)
        raise BackupError(
            f"the database {source} cannot be copied ({error}); end what holds it, or restore it from a backup"
        ) from error
    return measured(target, name)


def is_database(path: Place) -> bool:
    """Whether a file of this machine is a SQLite database, by its first bytes.

    Raises:
        OSError: it cannot be read.
    """
    if not isinstance(path, Path):
        return False
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE


def measured(path: Path, name: str) -> BackedUpFile:
    """Size and digest of a file that is there.

    Raises:
        OSError: it cannot be read.
    """
    digest, size = xxhash.xxh3_128(), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return BackedUpFile(path=name, size=size, digest=digest.hexdigest())


class _Writing:
    """A file being written: of this machine, to the disk before it counts, or an object."""

    def __init__(self, target: Place) -> None:
        self._target = target
        self._stream: Any = None

    def __enter__(self) -> Callable[[bytes], None]:
        if isinstance(self._target, Path):
            self._target.parent.mkdir(parents=True, exist_ok=True)
            self._stream = self._target.open("xb")
        else:
            self._stream = filesystem_of(self._target).open_output_stream(path_in(self._target), compression=None)
        return self._write

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(self._target, Path) and error is None:
            self._stream.flush()
            os.fsync(self._stream.fileno())
        self._stream.close()

    def _write(self, block: bytes) -> None:
        try:
            self._stream.write(block)
        except OSError as error:  # that of a full disk names no file
            raise OSError(error.errno, error.strerror, str(self._target)) from error


def _raise_full(target: Path, error: sqlite3.Error) -> None:
    """SQLite says that a disk is full in a way of its own."""
    if getattr(error, "sqlite_errorname", "") == "SQLITE_FULL":
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target)) from error
