"""Tables that the history says were written and that are not there any more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import dagster as dg
from dagster._core.definitions.assets.graph.base_asset_graph import BaseAssetGraph

from seismic_assets.defs.partitions import SEGY_FILES
from seismic_assets.lake import Lake

_TABLE, _ROWS = "dagster/table_name", "dagster/row_count"
_AT_ONCE = 500


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
        known = list(instance.get_dynamic_partitions(str(SEGY_FILES.name))) if node.is_partitioned else None
        if files := tuple(_written(instance, key, known)):
            together = sorted(each.to_user_string() for each in node.execution_set_asset_keys)
            yield LostTable(str(table), node.group_name, tuple(together), files)


def _written(instance: dg.DagsterInstance, key: dg.AssetKey, files: Sequence[str] | None) -> Iterator[str | None]:
    """The partitions whose latest materialisation had rows, in a query for each five hundred of them."""
    if files is None:
        latest = instance.fetch_materializations(dg.AssetRecordsFilter(key), limit=1).records
        yield from (None for record in latest if _rows_of(record) > 0)
        return
    made = instance.event_log_storage.get_latest_storage_id_by_partition(key, dg.DagsterEventType.ASSET_MATERIALIZATION)
    ids = [made[file] for file in files if file in made]
    for first in range(0, len(ids), _AT_ONCE):
        wanted = dg.AssetRecordsFilter(key, storage_ids=ids[first : first + _AT_ONCE])
        for record in instance.fetch_materializations(wanted, limit=_AT_ONCE).records:
            if _rows_of(record) > 0:
                yield record.partition_key


def _rows_of(record: dg.EventLogRecord) -> int:
    made = record.asset_materialization
    rows = None if made is None or _ROWS not in made.metadata else made.metadata[_ROWS].value
    return rows if isinstance(rows, int) else 0
