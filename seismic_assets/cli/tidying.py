"""`seismic tidy`: disk that no table needs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from seismic_assets.cli.render import facts_table, output
from seismic_assets.lake import Lake, LakeError
from seismic_assets.settings import load_settings


def tidy(
    storage_root: Annotated[Path | None, typer.Option(help="Storage root; SEISMIC_STORAGE_ROOT.")] = None,
    hours: Annotated[int, typer.Option(min=0, help="Keep what was in use within this time.")] = 168,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """Remove files of tables that were replaced, and what killed processes left.

    Readers that opened a table longer ago than HOURS would miss them. With 0, nothing else may be at work.

    [bold]Example[/]

      seismic tidy --storage-root store/ --hours 24
    """
    settings = load_settings(storage_root=storage_root)
    lake = Lake(settings.lake_dir)
    if not lake.is_there():
        raise LakeError(f"{settings.storage_root} is no storage root: it has no folder lake; give the one of your runs")
    before = lake.size()
    removed = lake.tidy(hours)
    freed = max(0, before - lake.size())  # tidying is recorded in the log of each table
    if as_json:
        output.print_json(json.dumps({"removed": removed, "freed_bytes": freed}))
    else:
        facts = {table: f"{count:,} files" for table, count in removed.items()}
        output.print(facts_table(f"{freed / 1e6:,.1f} MB freed", facts))
