"""A backup made, beside those that are there: in a folder of its own, which gets its name when it is whole."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from seismic_assets.backups.areas import Area, LeftOut, contents_of
from seismic_assets.backups.checking import check_folder, whole_backups
from seismic_assets.backups.copying import copy_database, copy_file, is_database
from seismic_assets.backups.errors import BackupError
from seismic_assets.backups.manifest import FORMAT, BackedUpFile, Manifest, Omission, load_manifest, save_manifest
from seismic_assets.backups.tables import CopiedTable, Earlier, copy_table
from seismic_assets.file_locks import held

_UNFINISHED = ".part"
_NAMED_BY = "%Y%m%dT%H%M%SZ"


def make_backup(
    areas: Sequence[Area],
    left_out: Sequence[LeftOut],
    destination: Path,
    package: str,
    keep: int | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[Path, Manifest]:
    """Copy areas, in their order, to a new folder below the destination; nobody need stop writing.

    Args:
        areas: what is older than it should be is made again by the next run, so what says that things were made comes
            first, and the things last.
        left_out: what is in none of them.
        destination: folder of backups; parts of tables that the last one has are shared with it by hard links.
        package: version of this package.
        keep: so many backups are left in the end, this one among them; None leaves all.
        progress: called with what is copied now.

    Raises:
        BackupError: something is damaged, another backup is being made there, or there is a file.
        OSError: it cannot be written, as on a full disk; nothing is left of it.
    """
    check_folder(destination)
    _check_apart(areas, destination)
    destination.mkdir(parents=True, exist_ok=True)
    with _alone(destination):
        begun = datetime.now(UTC)
        folder = destination / begun.strftime(_NAMED_BY)
        if folder.exists():
            raise BackupError(f"{folder} is there already; make the next backup a second later")
        unfinished = destination / f".{folder.name}{_UNFINISHED}"
        try:
            manifest = _copy(areas, left_out, unfinished, package, begun, _last(destination), progress)
            unfinished.rename(folder)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
        if keep is not None:
            _remove(whole_backups(destination)[:-keep])
    return folder, manifest


def _copy(
    areas: Sequence[Area],
    left_out: Sequence[LeftOut],
    folder: Path,
    package: str,
    begun: datetime,
    earlier: Earlier | None,
    progress: Callable[[str], None],
) -> Manifest:
    folder.mkdir()
    files: list[BackedUpFile] = []
    tables: dict[str, CopiedTable] = {}
    for area in areas:
        contents = contents_of(area)
        progress(area.name)
        for path in contents.files:
            files += _copy_loose(area, path, folder)
        for path in contents.tables:
            name = f"{area.name}/{path}"
            progress(name)
            tables[name] = copy_table(area.place / path, folder / name, name, earlier)
    manifest = Manifest(
        format=FORMAT,
        package=package,
        made_at=begun,
        places={area.name: str(area.place) for area in areas},
        tables={name: table.version for name, table in tables.items()},
        files=(*files, *(file for table in tables.values() for file in table.files)),
        left_out=tuple(Omission(what=each.what, why=each.why) for each in left_out),
        linked=sum(table.linked for table in tables.values()),
    )
    save_manifest(folder, manifest)
    return manifest


def _copy_loose(area: Area, path: str, folder: Path) -> Iterator[BackedUpFile]:
    """A file that is no part of a table; nothing where it was removed meanwhile."""
    source, name = area.place / path, f"{area.name}/{path}"
    try:
        if isinstance(source, Path) and is_database(source):
            yield copy_database(source, folder / name, name)
        else:
            yield copy_file(source, folder / name, name)
    except FileNotFoundError:
        (folder / name).unlink(missing_ok=True)


def _check_apart(areas: Sequence[Area], destination: Path) -> None:
    for area in areas:
        if isinstance(area.place, Path) and destination.resolve().is_relative_to(area.place.resolve()):
            raise BackupError(
                f"{destination} lies in {area.place}, which is to be backed up; name a folder outside, on another disk"
            )


@contextmanager
def _alone(destination: Path) -> Iterator[None]:
    """Around a backup; what killed ones have left is removed first."""
    with held(destination / ".backup.lock", seconds=0) as had:
        if not had:
            raise BackupError(f"another backup is being made in {destination}; wait for its end")
        for left in destination.glob(f".*{_UNFINISHED}"):
            shutil.rmtree(left, ignore_errors=True)
        yield


def _last(destination: Path) -> Earlier | None:
    """The last backup, to share parts with; one whose manifest cannot be read is not shared with."""
    backups = whole_backups(destination)
    if not backups:
        return None
    try:
        manifest = load_manifest(backups[-1])
    except BackupError:
        return None
    return Earlier(backups[-1], {each.path: each for each in manifest.files})


def _remove(backups: Sequence[Path]) -> None:
    """Under another name first: one that is half removed must not be taken for a whole one."""
    for each in backups:
        going = each.with_name(f".{each.name}{_UNFINISHED}")
        each.rename(going)
        shutil.rmtree(going)
