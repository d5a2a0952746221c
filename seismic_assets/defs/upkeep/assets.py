"""Disk and history kept bounded: asked for by the schedule or by hand, and by nothing else."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg
import polars as pl

from seismic_assets.defs.metadata import OWNERS, markdown_table
from seismic_assets.defs.upkeep.history import remove_old_runs
from seismic_assets.defs.upkeep.pages import remove_old_evaluations
from seismic_assets.lake import Lake
from seismic_assets.lake.upkeep import TableUpkeep, damaged_tables, keep_up
from seismic_assets.registry import ModelRegistry
from seismic_assets.settings import Settings

GROUP = "upkeep"


@dg.asset(
    group_name=GROUP,
    kinds={"deltalake"},
    owners=OWNERS,
    check_specs=[
        dg.AssetCheckSpec(
            "tables_whole", asset="lake_upkeep", description="After upkeep every table opens and has all its parts."
        )
    ],
)
def lake_upkeep(
    settings: dg.ResourceParam[Settings], lake: dg.ResourceParam[Lake]
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Small parts of tables merged in the order of their rows, long logs cut short, parts out of use removed."""
    done = keep_up(lake, settings.keep_hours)
    yield dg.MaterializeResult(
        metadata={
            "bytes_freed": sum(each.freed for each in done),
            "parts_removed": sum(each.removed for each in done),
            "parts_merged": sum(max(0, each.parts_before - each.parts_after) for each in done),
            "tables": markdown_table(_frame(done)),
        }
    )
    damaged = damaged_tables(lake)
    yield dg.AssetCheckResult(
        check_name="tables_whole",
        passed=not damaged,
        description="; ".join(damaged),
        metadata={"tables": len(done)},
    )


@dg.asset(group_name=GROUP, kinds={"python"}, owners=OWNERS)
def history_upkeep(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings], registry: dg.ResourceParam[ModelRegistry]
) -> dg.MaterializeResult:
    """Old runs and their logs removed from Dagster's history, but for those that made what is there; old pages too."""
    removed = 0
    if settings.keep_runs_days is not None:
        before = datetime.now(UTC) - timedelta(days=settings.keep_runs_days)
        removed = remove_old_runs(context.instance, before, settings.dagster_dir)
    pages = remove_old_evaluations(settings, registry)
    return dg.MaterializeResult(metadata={"runs_removed": removed, "pages_removed": ", ".join(pages) or "none"})


def _frame(done: list[TableUpkeep]) -> pl.DataFrame:
    rows = [(each.table, each.parts_before, each.parts_after, each.removed, each.freed, each.skipped) for each in done]
    names = ["table", "parts_before", "parts_after", "parts_removed", "bytes_freed", "left_for_next_time"]
    return pl.DataFrame(rows, schema=names, orient="row")
