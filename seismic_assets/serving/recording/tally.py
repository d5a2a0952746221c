"""Counts of a process that outlive it, however it ends: a small file mapped into its memory."""

from __future__ import annotations

import errno
import mmap
import os
import struct
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from seismic_assets.file_locks import try_lock

_MAGIC = 0x314C_4154_4D53  # "SMTAL1": version 1
_FIELDS = ("accepted", "written", "dropped", "refused")


@dataclass
class Counts:
    """Rows of one table in one process.

    Attributes:
        accepted: taken to be written.
        written: committed, as far as was noted.
        dropped: not taken, because too many were waiting.
        refused: taken, but with a value that fits no column.
    """

    accepted: int
    written: int
    dropped: int
    refused: int


class Tally:
    """The counts of a living process.

    They are in a file `<app_id>.tally` that is mapped into memory: a store is as cheap as one to a list, and what was
    stored is in the file even when the process is killed at once. The file stays locked while its process lives. Until
    there is a file, as on a full disk, they are in memory alone.

    Attributes:
        app_id: of the process.
        counts: `accepted, written, dropped, refused` of each table in turn; may be replaced by `secure`, under a lock.
    """

    def __init__(self, folder: Path, app_id: str, tables: int) -> None:
        self.app_id = app_id
        self.counts: list[int] | memoryview = [0] * (len(_FIELDS) * tables)
        self._path = folder / f"{app_id}.tally"
        self._file: MappedFile | None = None

    def secured(self) -> bool:
        """Whether the counts are in a file that others see."""
        return self._file is not None and self._path.exists()

    def prepare(self) -> MappedFile:
        """Make a file to move into.

        Raises:
            OSError: the disk is full or not writable.
        """
        return MappedFile(self._path, len(self.counts))

    def move(self, file: MappedFile) -> None:
        """Go on counting in a file; the caller holds what keeps others from counting meanwhile."""
        for place, count in enumerate(self.counts):
            file.counts[place] = count
        before, self._file, self.counts = self._file, file, file.counts
        if before is not None:
            before.close()

    def close(self, keep: bool) -> None:
        """End with the file; what is counted afterwards is in memory alone.

        Args:
            keep: leave the file for whoever settles what was lost.
        """
        self.counts = list(self.counts)
        if self._file is not None:
            self._file.close()
            self._file = None
        if not keep:
            with suppress(OSError):  # nothing is lost with it: whoever settles it removes it
                self._path.unlink(missing_ok=True)


class MappedFile:
    """An open, locked file of 64-bit counts.

    Attributes:
        counts: in the memory that the file is mapped to.
    """

    def __init__(self, path: Path, length: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        self._descriptor = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o640)
        try:
            # Written, not stretched: a store into a hole of a file ends the process when the disk is full.
            os.write(self._descriptor, struct.pack(f"={1 + length}Q", _MAGIC, *[0] * length))
            if os.fstat(self._descriptor).st_size != 8 * (1 + length):
                raise OSError(errno.ENOSPC, "no space left on the disk")
            # Locked before it has its name, or it would look like that of a dead process for a moment.
            try_lock(self._descriptor)
            self._memory = mmap.mmap(self._descriptor, 8 * (1 + length))
            fresh.replace(path)
        except OSError:
            os.close(self._descriptor)
            fresh.unlink(missing_ok=True)
            raise
        self.counts = memoryview(self._memory).cast("Q")[1:]

    def close(self) -> None:
        """Give the file and its lock up."""
        self.counts.release()
        with suppress(BufferError):  # somebody is amid reading a count; the memory goes with the last reader
            self._memory.close()
        os.close(self._descriptor)


class DeadTally:
    """The tally of a process that is no more, held so that nobody else settles it.

    Attributes:
        app_id: of the process.
        tables: counts of each table.
    """

    def __init__(self, path: Path, descriptor: int, tables: Sequence[Counts]) -> None:
        self.app_id = path.stem
        self.tables = tables
        self._path = path
        self._descriptor = descriptor

    def remove(self) -> None:
        """Remove the file.

        Raises:
            OSError: it cannot be removed.
        """
        self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)


def dead_tally(path: Path) -> DeadTally | None:
    """The tally at `path` if its process is no more, and the file is whole.

    Raises:
        OSError: the file cannot be read.
    """
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return None
    tables = _read(descriptor) if try_lock(descriptor) else None
    if tables is None:
        os.close(descriptor)
        return None
    return DeadTally(path, descriptor, tables)


def remove_unlocked(path: Path) -> None:
    """Remove a tally that was never finished, unless its process is just making it.

    Raises:
        OSError: it cannot be removed.
    """
    with suppress(FileNotFoundError):
        descriptor = os.open(path, os.O_RDWR)
        try:
            if try_lock(descriptor):
                path.unlink()
        finally:
            os.close(descriptor)


def _read(descriptor: int) -> list[Counts] | None:
    content = os.pread(descriptor, 4096, 0)
    if len(content) % 8 or len(content) < 8 or struct.unpack_from("=Q", content)[0] != _MAGIC:
        return None
    numbers = struct.unpack_from(f"={len(content) // 8 - 1}Q", content, 8)
    return [Counts(*numbers[start : start + len(_FIELDS)]) for start in range(0, len(numbers), len(_FIELDS))]
