"""Whether what was made can be built upon."""

from __future__ import annotations

import dagster as dg
from dagster._core.definitions.assets.graph.base_asset_graph import BaseAssetGraph

# Its warnings say that there is nothing to train on.
_STRICT = "dataset_split"


def unsound(instance: dg.DagsterInstance, graph: BaseAssetGraph, asset: str) -> bool:
    """Whether a check of an asset failed at its latest: an error, or anything for the split that training rests on."""
    keys = sorted(graph.get(dg.AssetKey(asset)).check_keys)
    latest = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys) if keys else {}
    for record in latest.values():
        event = record.event.dagster_event if record.event is not None else None
        if event is None or event.event_type != dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            continue
        found = event.asset_check_evaluation_data
        if not found.passed and (found.severity == dg.AssetCheckSeverity.ERROR or asset == _STRICT):
            return True
    return False
