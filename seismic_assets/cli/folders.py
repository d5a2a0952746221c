"""Whether the folders and object stores that a command reads are there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from seismic_assets.objects import ObjectAddress, Place
from seismic_assets.settings import Settings, SettingsError, load_settings

# Texts: a Path would make one slash of the two of an address, and what is wrong with it could no longer be told.
StorageRoot = Annotated[str | None, typer.Option(metavar="PATH", help="Storage root; SEISMIC_STORAGE_ROOT.")]
LandingDir = Annotated[str | None, typer.Option(metavar="PATH", help="Folder of SEG-Y files; SEISMIC_LANDING_DIR.")]


def check_storage_root(folder: Place) -> None:
    """Go on where there is a storage root to read; one in an object store is looked at when it is read.

    Raises:
        SettingsError: there is no such folder; says how to name the right one.
    """
    _check(folder, "storage root", "give the one of your runs with --storage-root or SEISMIC_STORAGE_ROOT")


def check_landing_folder(folder: Place) -> None:
    """The same for a landing folder that was asked for."""
    _check(folder, "landing folder", "give the folder of your SEG-Y files with --landing-dir or SEISMIC_LANDING_DIR")


def settings_for_reading(**options: Any) -> Settings:
    """The settings, as of `load_settings`, where the object store that they may name as storage root answers.

    Raises:
        SettingsError: as of `load_settings`, or the state folder is that of another storage root.
        ObjectStoreError: as of `check_store`.
    """
    settings = load_settings(**options)
    if isinstance(settings.storage_root, ObjectAddress):
        from seismic_assets.deployment import check_state_folder

        check_store(settings.storage_root)
        check_state_folder(settings)
    return settings


def check_store(place: Place) -> None:
    """Go on where an object store answers and lets what lies there be listed; nothing is written, as commands that read
    need no right to. A folder is not looked at.

    Raises:
        ObjectStoreError: it cannot be used; says why and what to do.
    """
    if isinstance(place, ObjectAddress):
        from seismic_assets.objects.checking import check_reading

        check_reading(place)


def _check(folder: Place, what: str, remedy: str) -> None:
    if isinstance(folder, Path) and not folder.is_dir():
        raise SettingsError(f"the {what} {folder} {'is no folder' if folder.exists() else 'does not exist'}; {remedy}.")
