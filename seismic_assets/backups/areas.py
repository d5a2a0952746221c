"""What a backup is of: folders with a name each, and what lies in them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import pyarrow.fs as arrow

from seismic_assets.objects import ObjectAddress, Place
from seismic_assets.objects.delta import LOG
from seismic_assets.objects.files import listed, path_in

STAGING = ".restoring"
"""Folder in a storage root for what is not restored yet as a whole."""
# Locks, what is being written, and what belongs to an open database: its own backup has what is in these.
_PASSING = ("*.lock", "*.part", "*-wal", "*-shm", "*-journal", "*/_locks/*", f"{STAGING}/*")


@dataclass(frozen=True)
class Area:
    """A folder that is backed up.

    Attributes:
        name: of the area, which is its folder in a backup; a restore puts it where the area of that name is then.
        place: the folder.
        first: patterns of files that are copied before all others of the area, in this order.
        only: patterns of the files that belong to it; empty for all.
        without: patterns of what does not belong to it.
    """

    name: str
    place: Place
    first: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def holds(self, path: str) -> bool:
        """Whether a file belongs to the area, by its path in the folder."""
        if any(fnmatchcase(path, pattern) or fnmatchcase(f"/{path}", pattern) for pattern in _PASSING + self.without):
            return False
        return not self.only or any(fnmatchcase(path, pattern) for pattern in self.only)

    def rank(self, path: str) -> int:
        """When a file is copied: the lowest first."""
        return next((rank for rank, pattern in enumerate(self.first) if fnmatchcase(path, pattern)), len(self.first))


@dataclass(frozen=True)
class LeftOut:
    """Something of a deployment that a backup does not hold.

    Attributes:
        what: it is.
        why: and what is its backup.
    """

    what: str
    why: str


@dataclass(frozen=True)
class Contents:
    """What lies in an area, by paths in its folder.

    Attributes:
        files: but for those of tables, in the order in which they are copied.
        tables: folders of Delta tables.
    """

    files: tuple[str, ...]
    tables: tuple[str, ...]


def contents_of(area: Area) -> Contents:
    """Look at an area; one that is not there holds nothing.

    Raises:
        OSError: it cannot be listed.
    """
    tables: set[str] = set()
    files: list[str] = []
    for path in _files_below(area.place):
        folder, log, _ = path.partition(f"/{LOG}/")
        if log:
            tables.add(folder)
        else:
            files.append(path)
    whole = {table for table in tables if area.holds(table)}
    loose = [path for path in files if area.holds(path) and not any(str(up) in tables for up in Path(path).parents)]
    return Contents(tuple(sorted(loose, key=lambda path: (area.rank(path), path))), tuple(sorted(whole)))


def _files_below(place: Place) -> Iterator[str]:
    if isinstance(place, ObjectAddress):
        prefix = f"{path_in(place)}/"
        found = listed(place, recursive=True)
        yield from (info.path.removeprefix(prefix) for info in found if info.type == arrow.FileType.File)
        return
    seen: set[str] = set()
    for folder, folders, names in os.walk(place, onerror=_refuse, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:  # a link that leads back up
            folders.clear()
            continue
        seen.add(real)
        table = LOG in folders
        folders[:] = [LOG] if table else sorted(folders)
        for name in () if table else sorted(names):  # the log names the parts of a table
            path = Path(folder, name)
            if path.is_file():
                yield str(path.relative_to(place))


def _refuse(error: OSError) -> None:
    """A folder that vanished is none; what cannot be read would be missing from the backup without a word."""
    if not isinstance(error, FileNotFoundError):
        raise error
