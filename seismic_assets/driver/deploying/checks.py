"""What must be right before anything is begun. Nothing is written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from seismic_assets.deployment import check_object_stores, fetch_landed, registry_of
from seismic_assets.driver.home import check_database
from seismic_assets.lake import Lake
from seismic_assets.objects import ObjectStoreError
from seismic_assets.registry import RegistryError
from seismic_assets.releasing import OldTable, old_tables
from seismic_assets.segy import LandingFolderError, list_segy_files
from seismic_assets.serving.keys import KeyStore
from seismic_assets.settings import Settings, SettingsError, variable_of

_POSTGRESQL = "postgresql"  # a driver may follow it


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: what.
        sentence: what was found.
        right: whether a deploy may begin with it.
    """

    name: str
    sentence: str
    right: bool = True


def checks_of(settings: Settings, target: str, *, training: bool, migrating: bool) -> list[Check]:
    """Everything that is looked at before a deploy.

    Args:
        settings: of the deployment, with the profile of the target.
        target: `staging` or `production`.
        training: whether a run is part of it.
        migrating: whether tables of an older version are to be migrated.
    """
    return [
        *_secrets(settings),
        _room(settings, training=training),
        _writable(settings),
        *_database(settings),
        registry_check(settings),
        *_searches(settings),
        *([_files(settings)] if training else []),
        *_tables(settings, target, training=training, migrating=migrating),
    ]


def _secrets(settings: Settings) -> Iterator[Check]:
    """The service of this profile would start; what is wrong with a secret's form was refused when it was read."""
    key = None if settings.api_key is None else settings.api_key.get_secret_value()
    known = KeyStore(settings.serving_dir / "keys.json", key).any()
    if settings.api_key_required and not known:
        remedy = "make one with `seismic key create --name NAME --role admin`, or set SEISMIC_API_KEY"
        yield Check("secrets", f"the profile {settings.env} asks for an API key, and there is none; {remedy}", False)
    else:
        yield Check("secrets", "an API key is there" if known else f"the profile {settings.env} asks for no API key")


def _room(settings: Settings, *, training: bool) -> Check:
    """A run may write each table once more before the old parts go: as much as the lake holds, or the files do."""
    place = _nearest(settings.local_root)
    free = shutil.disk_usage(place).free
    if not training:
        return Check("disk", f"{free / 1e9:.1f} GB are free on the disk of {place}", free > 0)
    lake = settings.lake_dir
    needed = max(_size(lake) if isinstance(lake, Path) else 0, _size(settings.landing_folder))
    sentence = f"{free / 1e9:.1f} GB are free on the disk of {place}, a run may need {needed / 1e9:.1f} GB"
    return Check(
        "disk", sentence if free >= needed else f"{sentence}; free some, or give --skip-training", free >= needed
    )


def _writable(settings: Settings) -> Check:
    try:
        check_object_stores(settings)
    except ObjectStoreError as error:
        return Check("storage", str(error), False)
    place = _nearest(settings.local_root)
    if os.access(place, os.W_OK):
        return Check("storage", f"{settings.storage_root} can be written to")
    return Check("storage", f"{place} may not be written to; change its rights or SEISMIC_STORAGE_ROOT", False)


def _database(settings: Settings) -> Iterator[Check]:
    if settings.dagster_database is None:
        where = "below the storage root: one machine alone can use it"
        yield Check("database", f"Dagster's history is {where}" if settings.env == "prod" else f"history {where}")
        return
    try:
        check_database(settings.dagster_database.get_secret_value())
    except SettingsError as error:
        yield Check("database", str(error), False)
    else:
        yield Check("database", "the database of the history answers")


def registry_check(settings: Settings) -> Check:
    """Whether the model registry answers."""
    try:
        version = registry_of(settings).version_of()
    except RegistryError as error:
        return Check("registry", str(error), False)
    return Check("registry", f"version {version} is in production" if version else "no version is in production yet")


def _searches(settings: Settings) -> Iterator[Check]:
    """A file of searches is made where it is missing; a database must be there."""
    if not settings.studies_uri.startswith(_POSTGRESQL):
        return
    try:
        check_database(settings.studies_uri, variable_of("tuning_storage"))
    except SettingsError as error:
        yield Check("searches", str(error), False)
    else:
        yield Check("searches", "the database of the searches answers")


def _files(settings: Settings) -> Check:
    try:
        fetch_landed(settings)
        files = len(list_segy_files(settings.landing_folder))
    except LandingFolderError as error:
        return Check("files", str(error), False)
    if files:
        return Check("files", f"{files} SEG-Y files in {settings.landing_dir}")
    return Check(
        "files", f"{settings.landing_dir} holds no SEG-Y file; copy some there, or give --skip-training", False
    )


def _tables(settings: Settings, target: str, *, training: bool, migrating: bool) -> Iterator[Check]:
    old = old_tables(Lake(settings.lake_dir))
    if not old:
        yield Check("tables", "every table is of this version")
    for each in old:
        yield Check("tables", *_verdict(each, target, training=training, migrating=migrating))


def _verdict(old: OldTable, target: str, *, training: bool, migrating: bool) -> tuple[str, bool]:
    if old.remedy == "none":
        return old.because, False
    if not migrating:
        return f"{old.because}; run `seismic deploy --env {target} --migrate-tables`, so that it is {old.remedy}", False
    if old.remedy == "made anew" and not training:
        return (
            f"{old.because}; it is made anew by the run that --skip-training leaves out; leave that option out",
            False,
        )
    return f"{old.because}; it is {old.remedy}", True


def _nearest(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(path for path in (folder, *folder.parents) if path.is_dir())


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else 0
