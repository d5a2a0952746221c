"""What a backup says of itself: where it is from, what it holds and what it does not."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import xxhash
from pydantic import BaseModel, ConfigDict, ValidationError

from seismic_assets.backups.errors import BackupError
from seismic_assets.whole_files import replace_file

FORMAT = 1
"""Of the backups that this version writes; it reads those up to it."""
NAME = "manifest.json"


class BackedUpFile(BaseModel):
    """A file of a backup.

    Attributes:
        path: in the backup: the area, then the path in its folder.
        size: in bytes.
        digest: XXH3-128 of its content.
    """

    model_config = ConfigDict(frozen=True)

    path: str
    size: int
    digest: str


class Omission(BaseModel):
    """What is not in the backup, and why."""

    model_config = ConfigDict(frozen=True)

    what: str
    why: str


class Manifest(BaseModel):
    """What a backup holds.

    Attributes:
        format: of the backup.
        package: version of this package.
        made_at: when it was begun.
        places: where each area lay.
        tables: Delta version of each table, by its path in the backup.
        files: all of them.
        left_out: what it does not hold.
        linked: files that are shared with the backup before.
    """

    model_config = ConfigDict(frozen=True)

    format: int
    package: str
    made_at: datetime
    places: dict[str, str]
    tables: dict[str, int]
    files: tuple[BackedUpFile, ...]
    left_out: tuple[Omission, ...]
    linked: int

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(each.size for each in self.files)


def save_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest of a backup, with a digest of itself.

    Raises:
        OSError: it cannot be written.
    """
    content = json.loads(manifest.model_dump_json())
    replace_file(folder / NAME, json.dumps({"digest": _digest(content), "manifest": content}, indent=1))


def load_manifest(folder: Path) -> Manifest:
    """The manifest of a backup.

    Raises:
        BackupError: there is no backup, it is of a newer version, or the manifest is damaged.
    """
    path = folder / NAME
    try:
        whole = json.loads(path.read_bytes())
        content, digest = whole["manifest"], whole["digest"]
        newest = int(content["format"])
    except FileNotFoundError as error:
        raise BackupError(f"{folder} is no backup: it has no {NAME}; give the folder that was backed up to") from error
    except (ValueError, KeyError, TypeError) as error:
        raise BackupError(f"{path} is damaged ({error}); use another backup") from error
    if newest > FORMAT:
        raise BackupError(
            f"{folder} is of format {newest}, made by version {content.get('package')} of this package, and this "
            f"version reads formats up to {FORMAT}; restore it with that version"
        )
    if digest != _digest(content):
        raise BackupError(f"{path} is damaged (its digest is another); use another backup")
    try:
        return Manifest.model_validate(content)
    except ValidationError as error:
        raise BackupError(f"{path} is damaged ({error.errors()[0]['msg']}); use another backup") from error


def _digest(content: object) -> str:
    return str(xxhash.xxh3_128_hexdigest(json.dumps(content, sort_keys=True).encode()))
