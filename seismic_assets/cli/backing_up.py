"""`seismic backup` and `seismic restore`."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

from seismic_assets.backups.errors import BackupError
from seismic_assets.cli.backed_up import areas_of, left_out_of, registry_file
from seismic_assets.cli.folders import StorageRoot, check_storage_root
from seismic_assets.cli.render import errors, facts_table, output
from seismic_assets.cli.writing import writing_to
from seismic_assets.objects.address import is_like_address
from seismic_assets.settings import Settings, load_settings

_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")]


def backup(
    destination: Annotated[str, typer.Argument(metavar="FOLDER", help="Of backups; each gets a folder in it.")],
    check: Annotated[bool, typer.Option("--check", help="Read a backup again instead, and compare digests.")] = False,
    keep: Annotated[int | None, typer.Option(min=1, help="Remove all but so many backups afterwards.")] = None,
    state_only: Annotated[
        bool, typer.Option("--state-only", help="Without tables and MLflow's artifacts, as of an object store.")
    ] = False,
    storage_root: StorageRoot = None,
    as_json: _Json = False,
) -> None:
    """Copy a deployment while it works: tables, models, searches, history, keys, reports.

    Parts of tables that the last backup in FOLDER has are shared with it. A backup that was killed leaves none.

    [bold]Examples[/]

      seismic backup /mnt/backups --keep 7

      seismic backup --check /mnt/backups
    """
    from seismic_assets.backups import check_backup, found_backup, make_backup

    backups = _here(destination)
    if check:
        folder = found_backup(backups)
        with errors.status("reading"):
            manifest = check_backup(folder)
        _print("every file is as it was written", {"backup": str(folder), **_facts(manifest)}, as_json)
        return
    settings = load_settings(storage_root=storage_root)
    check_storage_root(settings.local_root)
    _reach(settings)
    with errors.status("copying") as status, writing_to(backups):
        folder, manifest = make_backup(
            areas_of(settings, state_only),
            left_out_of(settings, state_only),
            backups,
            version("seismic-assets"),
            keep,
            lambda what: status.update(f"copying {what}"),
        )
    _print("backed up", {"backup": str(folder), **_facts(manifest)}, as_json)


def restore(
    source: Annotated[
        str, typer.Argument(metavar="FOLDER", help="A backup, or a folder of backups, whose last is taken.")
    ],
    storage_root: StorageRoot = None,
    as_json: _Json = False,
) -> None:
    """Put a backup into an empty storage root, here or elsewhere.

    The backup is read and compared with its digests first. Nothing may be at work on the storage root.

    [bold]Example[/]

      seismic restore /mnt/backups --storage-root /srv/seismic/storage
    """
    from seismic_assets.backups import found_backup, restore_backup

    given = _here(source)
    settings = load_settings(storage_root=storage_root)
    folder = found_backup(given)
    _reach(settings)
    with errors.status("restoring") as status, writing_to(settings.local_root):
        manifest = restore_backup(
            folder, areas_of(settings), registry_file(settings), lambda what: status.update(f"restoring {what}"), given
        )
    facts = {"backup": str(folder), "restored_to": str(settings.storage_root), **_facts(manifest)}
    _print("restored", facts, as_json)


def _here(given: str) -> Path:
    """The folder that a text names; an address would become a folder of that name."""
    if is_like_address(given):
        raise BackupError(f"{given} is an address; give a folder of this machine, and copy backups on from there")
    return Path(given)


def _reach(settings: Settings) -> None:
    """See that the object store can be used before anything is begun."""
    from seismic_assets.deployment import check_object_stores

    check_object_stores(settings)


def _facts(manifest: Any) -> dict[str, Any]:
    return {
        "made_at": f"{manifest.made_at:%Y-%m-%d %H:%M:%S} UTC",
        "package": manifest.package,
        "files": len(manifest.files),
        "bytes": manifest.size,
        "linked": manifest.linked,
        "tables": manifest.tables,
        "left_out": {each.what: each.why for each in manifest.left_out},
    }


def _print(title: str, facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        output.print_json(json.dumps(facts))
        return
    left_out = facts.pop("left_out")
    tables = facts.pop("tables")
    facts |= {"tables": len(tables), "files": f"{facts['files']:,}", "bytes": f"{facts['bytes']:,}"}
    output.print(facts_table(title, {name.replace("_", " "): value for name, value in facts.items()}))
    output.print(facts_table("Not in it", left_out))
