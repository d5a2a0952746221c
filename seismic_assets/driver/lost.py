"""Tables that the history says were written and that are not there any more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import dagster as dg
from dagster._core.definitions.assets.graph.base_asset_graph import BaseAssetGraph

from seismic_assets.defs.partitions import SEGY_FILES
from seismic_assets.lake import Lake

_TABLE, _ROWS = "dagster/table_name", "dagster/row_count"


@dataclass(frozen=True)
class LostTable:
    """A table that is gone.

    Attributes:
        table: its name.
        layer: of its asset.
        assets: those that are made together with it.
        files: partitions that had rows; one None for an asset without partitions.
    """

    table: str
    layer: str
    assets: tuple[str, ...]
    files: tuple[str | None, ...]


def lost_tables(lake: Lake, graph: BaseAssetGraph, instance: dg.DagsterInstance) -> Iterator[LostTable]:
    """Each table of an asset that makes itself, whose latest materialisations had rows, and that is not in the lake.

    Raises:
        LakeError: the lake cannot be listed.
    """
    there = lake.tables()
    for key in graph.toposorted_asset_keys:
        node = graph.get(key)
        table = node.metadata.get(_TABLE)
        if table is None or str(table) in there or node.automation_condition is None:
            continue
        parts = list(instance.get_dynamic_partitions(str(SEGY_FILES.name))) if node.is_partitioned else [None]
        if files := tuple(_written(instance, key, parts)):
            together = sorted(each.to_user_string() for each in node.execution_set_asset_keys)
            yield LostTable(str(table), node.group_name, tuple(together), files)


def _written(instance: dg.DagsterInstance, key: dg.AssetKey, parts: Sequence[str | None]) -> Iterator[str | None]:
    for part in parts:
        wanted = dg.AssetRecordsFilter(key, asset_partitions=None if part is None else [part])
        made = [each.asset_materialization for each in instance.fetch_materializations(wanted, limit=1).records]
        rows = [each.metadata[_ROWS].value for each in made if each is not None and _ROWS in each.metadata]
        if rows and isinstance(rows[0], int) and rows[0] > 0:
            yield part
