"""A Delta table copied as of one version, while others write to it: its log up to there, and the parts it names."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError

from seismic_assets.backups.copying import copy_file
from seismic_assets.backups.errors import BackupError
from seismic_assets.backups.manifest import BackedUpFile
from seismic_assets.objects import Place
from seismic_assets.objects.delta import LOG
from seismic_assets.objects.files import listed

_ATTEMPTS = 5
# 00000000000000000012.json, ...12.checkpoint.parquet, ...12.checkpoint.0000000001.0000000002.parquet
_OF_A_VERSION = re.compile(r"(?P<version>\d{20})\.(json|checkpoint\..*parquet)")


@dataclass(frozen=True)
class Earlier:
    """A backup before this one, whose parts can be shared: a part never changes.

    Attributes:
        folder: of that backup.
        files: what is in it, by path.
    """

    folder: Path
    files: Mapping[str, BackedUpFile]

    def link(self, path: str, size: int, target: Path) -> BackedUpFile | None:
        """Make a file the same as that of the earlier backup; None where it has none, or disks do not share."""
        known = self.files.get(path)
        if known is None or known.size != size:
            return None
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(self.folder / path, target)
        except OSError:
            return None
        return known


class _Torn(Exception):
    """A copy that is not the table as of one version; the next attempt may be."""


@dataclass(frozen=True)
class CopiedTable:
    """A table in a backup: its version, its files, and how many of them are shared with the backup before."""

    version: int
    files: tuple[BackedUpFile, ...]
    linked: int


def copy_table(table: Place, target: Path, name: str, earlier: Earlier | None) -> CopiedTable:
    """Copy the latest version of a table; anew where somebody removed parts of it meanwhile.

    Args:
        table: its folder.
        target: folder that is not there yet.
        name: what the manifest calls it.
        earlier: a backup whose parts are shared where it has them.

    Raises:
        BackupError: it cannot be opened, or what it names is not there.
        OSError: the copy cannot be written.
    """
    why: Exception | None = None
    for attempt in range(_ATTEMPTS):
        try:
            return _copied(table, target if not attempt else _emptied(target), name, earlier)
        except (FileNotFoundError, _Torn) as error:
            why = error
    wrong = "cannot be copied whole" if isinstance(why, _Torn) else "names a file that is not there"
    raise BackupError(f"table {table} {wrong} ({why}); `seismic validate` says how to mend it") from why


def _copied(table: Place, target: Path, name: str, earlier: Earlier | None) -> CopiedTable:
    delta = _opened(table)
    version = delta.version()
    parts = _parts(delta)
    files, linked = [], 0
    for path, size in parts.items():
        shared = earlier.link(f"{name}/{path}", size, target / path) if earlier is not None else None
        linked += shared is not None
        files.append(shared or copy_file(table / path, target / path, f"{name}/{path}"))
    files += _copy_log(table, version, target, name)
    _check_same(target, version, parts)
    return CopiedTable(version, tuple(files), linked)


def _copy_log(table: Place, version: int, target: Path, name: str) -> list[BackedUpFile]:
    """Without `_last_checkpoint`: a hint that readers do without, and that may name what was made after the listing."""
    names = sorted(info.base_name for info in listed(table / LOG))
    return [
        copy_file(table / LOG / each, target / LOG / each, f"{name}/{LOG}/{each}")
        for each in names
        if (found := _OF_A_VERSION.fullmatch(each)) and int(found["version"]) <= version
    ]


def _check_same(copy: Path, version: int, parts: Mapping[str, int]) -> None:
    """Refuse a copy whose log was cut short, or tidied, while it was read."""
    try:
        delta = DeltaTable(str(copy))
    except (DeltaError, TableNotFoundError) as error:
        raise _Torn(f"its log changed while it was copied: {' '.join(str(error).split())[:300]}") from error
    if delta.version() != version or _parts(delta) != parts:
        raise _Torn("its log was cut short while it was copied")


def _opened(table: Place) -> DeltaTable:
    try:
        return DeltaTable(str(table))
    except (DeltaError, TableNotFoundError, OSError) as error:
        why = " ".join(str(error).split())[:300]
        raise BackupError(f"table {table} cannot be opened ({why}); `seismic validate` says how to mend it") from error


def _parts(delta: DeltaTable) -> dict[str, int]:
    """Bytes of the parts of the version that is open, by their paths; the log has these as parts of a URI."""
    actions = pa.table(delta.get_add_actions(flatten=True)).to_pylist()
    return {unquote(action["path"]): int(action["size_bytes"]) for action in actions}


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    return folder
