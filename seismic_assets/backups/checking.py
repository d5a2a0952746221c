"""Whether a backup is whole, and which of several is the last."""

from __future__ import annotations

from pathlib import Path

from seismic_assets.backups.copying import measured
from seismic_assets.backups.errors import BackupError
from seismic_assets.backups.manifest import NAME, Manifest, load_manifest

_NAMED = 3


def whole_backups(folder: Path) -> list[Path]:
    """Backups in a folder that were finished, the oldest first."""
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted(each for each in found if not each.name.startswith(".") and (each / NAME).is_file())


def check_folder(place: Path) -> None:
    """Go on where a place is a folder or can become one.

    Raises:
        BackupError: a file is in the way.
    """
    file = next((each for each in (place, *place.parents) if each.is_file()), None)
    if file is not None:
        raise BackupError(f"{file} is a file; give a folder of backups")


def found_backup(source: Path) -> Path:
    """The folder of a backup: the one given, or the last in a folder of backups.

    Raises:
        BackupError: there is none.
    """
    check_folder(source)
    if (source / NAME).is_file():
        return source
    backups = whole_backups(source)
    if not backups:
        raise BackupError(
            f"{source} holds no finished backup; give the folder that was given to `seismic backup`, or one in it"
        )
    return backups[-1]


def check_backup(folder: Path) -> Manifest:
    """Read every file of a backup and compare it with the manifest.

    Raises:
        BackupError: the backup is damaged, names what is; or it is of a newer version.
    """
    manifest = load_manifest(folder)
    damaged = [sentence for each in manifest.files if (sentence := _wrong(folder, each.path, each.size, each.digest))]
    if damaged:
        more = f" and {len(damaged) - _NAMED} more" if len(damaged) > _NAMED else ""
        raise BackupError(f"{folder} is damaged: {'; '.join(damaged[:_NAMED])}{more}; use another backup")
    return manifest


def _wrong(folder: Path, path: str, size: int, digest: str) -> str | None:
    file = folder / path
    if not file.is_file():
        return f"{path} is missing"
    found = measured(file, path)
    if found.size != size:
        return f"{path} has {found.size:,} bytes instead of {size:,}"
    return None if found.digest == digest else f"{path} has another content"
