"""A backup put back: aside first, then in its place by a few renames, so that a killed restore is no deployment."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from seismic_assets.backups.areas import STAGING, Area
from seismic_assets.backups.checking import check_backup
from seismic_assets.backups.copying import copy_file
from seismic_assets.backups.errors import BackupError
from seismic_assets.backups.manifest import Manifest
from seismic_assets.backups.relocating import relocate_artifacts
from seismic_assets.objects import Place
from seismic_assets.objects.files import is_folder

_NOTHING = {STAGING, "lost+found", "storage_root.txt"}  # the last is written by who looks at an object store first


def restore_backup(
    source: Path,
    areas: Sequence[Area],
    registry: Path | None,
    progress: Callable[[str], None] = lambda _: None,
    backups: Path | None = None,
) -> Manifest:
    """Put a backup where the areas of the same names are now; MLflow's artifacts are looked for there afterwards.

    Args:
        source: folder of a backup.
        areas: in the order in which they become visible.
        registry: MLflow's database, where it is a file below one of them.
        progress: called with what is copied now.
        backups: folder of backups that it was found in; nothing is put there, nor into the backup itself.

    Raises:
        BackupError: the backup is damaged or of a newer version, what is to be written is there already, or an area of
            the backup has no place, or lies where backups are.
        OSError: it cannot be written, as on a full disk; nothing is left of it.
    """
    for folder in dict.fromkeys((backups or source, source)):
        _check_apart(areas, folder)
    manifest = check_backup(source)
    targets = _targets(manifest, areas)
    _check_empty(targets, manifest)
    roots = _roots(targets)
    try:
        for root in roots:
            _clear(root)
        _copy(source, manifest, targets, roots, progress)
        if registry is not None and "artifacts" in targets:
            _relocate(_staged(registry, roots), manifest.places["artifacts"], targets["artifacts"].place)
    except BaseException:
        for root in roots:
            shutil.rmtree(root / STAGING, ignore_errors=True)
        raise
    _show(roots, areas)
    return manifest


def _check_apart(areas: Sequence[Area], backups: Path) -> None:
    for area in areas:
        if isinstance(area.place, Path) and area.place.resolve().is_relative_to(backups.resolve()):
            raise BackupError(f"{area.place} lies in {backups}, where backups are; restore to a folder outside")


def _targets(manifest: Manifest, areas: Sequence[Area]) -> dict[str, Area]:
    """Areas that the backup has files of, by name."""
    known = {area.name: area for area in areas}
    wanted = {each.path.partition("/")[0] for each in manifest.files} | {"state"}
    missing = sorted(wanted - known.keys())
    if missing:
        raise BackupError(
            f"the backup holds {', '.join(missing)}, for which the settings name a server and no folder; unset "
            "SEISMIC_MLFLOW_TRACKING_URI or SEISMIC_TUNING_STORAGE, or restore to another deployment"
        )
    return {area.name: area for area in areas if area.name in wanted}


def _check_empty(targets: dict[str, Area], manifest: Manifest) -> None:
    for area in targets.values():
        there = _there(area, manifest)
        if there is not None:
            raise BackupError(f"{there} is there already; restore to a storage root that is empty")


def _there(area: Area, manifest: Manifest) -> Place | None:
    """What a restore would write over."""
    place = area.place
    if not isinstance(place, Path):
        return place if is_folder(place) else None
    if area.only:
        names = (each.path.removeprefix(f"{area.name}/") for each in manifest.files)
        return next((place / name for name in names if area.holds(name) and (place / name).exists()), None)
    if not place.exists():
        return None
    if not place.is_dir():
        return place
    return next((each for each in sorted(place.iterdir()) if each.name not in _NOTHING), None)


def _roots(targets: dict[str, Area]) -> list[Path]:
    """Folders of this machine that hold all areas of this machine, none below another."""
    places = [area.place for area in targets.values() if isinstance(area.place, Path)]
    return [each for each in dict.fromkeys(places) if not any(each != up and each.is_relative_to(up) for up in places)]


def _staged(place: Path, roots: Sequence[Path]) -> Path:
    root = next(root for root in roots if place.is_relative_to(root))
    return root / STAGING / place.relative_to(root)


def _clear(root: Path) -> None:
    """Room for what is restored; of a restore that was killed nothing is left."""
    shutil.rmtree(root / STAGING, ignore_errors=True)
    (root / STAGING).mkdir(parents=True)


def _copy(
    source: Path,
    manifest: Manifest,
    targets: dict[str, Area],
    roots: Sequence[Path],
    progress: Callable[[str], None],
) -> None:
    # In an object store, a table is there when its log is: parts first.
    for each in sorted(manifest.files, key=lambda file: ("/_delta_log/" in file.path, file.path)):
        name, _, path = each.path.partition("/")
        place = targets[name].place
        progress(each.path)
        target = (_staged(place, roots) if isinstance(place, Path) else place) / path
        if copy_file(source / each.path, target, each.path) != each:
            raise BackupError(f"{source / each.path} changed while it was restored; restore again")


def _relocate(registry: Path, before: str, after: Place) -> None:
    if registry.is_file() and before != str(after):
        relocate_artifacts(registry, before, str(after))


def _show(roots: Sequence[Path], areas: Sequence[Area]) -> None:
    """What was put aside becomes the deployment; the history, by which a run knows what is made, comes last."""
    last = {area.place for area in areas if area.name == "dagster"}
    for root in sorted(roots, key=lambda root: root in last):
        staging = root / STAGING
        for child in sorted(staging.iterdir(), key=lambda child: (root / child.name in last, child.name)):
            child.rename(root / child.name)
        staging.rmdir()
