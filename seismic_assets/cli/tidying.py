"""`seismic tidy`: disk that no table needs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from seismic_assets.cli.folders import StorageRoot, settings_for_reading
from seismic_assets.cli.render import facts_table, output
from seismic_assets.lake import Lake, LakeError
from seismic_assets.lake.upkeep import TableUpkeep, keep_up


def tidy(
    storage_root: StorageRoot = None,
    hours: Annotated[
        int | None, typer.Option(min=1, help="Keep what was in use within this time; SEISMIC_KEEP_HOURS.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """Merge small parts of tables, remove files of tables that were replaced, and what killed processes left.

    The daemon does it every night. Readers that opened a table longer ago than HOURS would miss what is removed. With
    0, nothing else may be at work.

    [bold]Example[/]

      seismic tidy --storage-root store/ --hours 24
    """
    settings = settings_for_reading(storage_root=storage_root)
    lake = Lake(settings.lake_dir)
    if not lake.is_there():
        raise LakeError(f"{settings.storage_root} is no storage root: it has no folder lake; give the one of your runs")
    done = keep_up(lake, settings.keep_hours if hours is None else hours)
    freed = sum(each.freed for each in done)
    if as_json:
        removed = {each.table: each.removed for each in done}
        tables = [asdict(each) for each in done]
        output.print_json(json.dumps({"removed": removed, "freed_bytes": freed, "tables": tables}))
    else:
        output.print(facts_table(f"{freed / 1e6:,.1f} MB freed", {each.table: _said(each) for each in done}))


def _said(done: TableUpkeep) -> str:
    merged = f", {done.parts_before} parts merged to {done.parts_after}" if done.parts_after < done.parts_before else ""
    return f"{done.removed:,} files{merged}{f'; {done.skipped}' if done.skipped else ''}"
