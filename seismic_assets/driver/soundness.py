"""Whether what was made can be built upon."""

from __future__ import annotations

import dagster as dg
from dagster._core.definitions.assets.graph.base_asset_graph import BaseAssetGraph

from seismic_assets.validation import FailedCheck

# Its warnings say that there is nothing to train on.
_STRICT = "dataset_split"


def unsound(instance: dg.DagsterInstance, graph: BaseAssetGraph, asset: str) -> bool:
    """Whether a check of an asset failed at its latest: an error, or anything for the split that training rests on."""
    return any(check.severity == "error" for check in failed_checks(instance, graph, asset))


def failed_checks(instance: dg.DagsterInstance, graph: BaseAssetGraph, asset: str) -> tuple[FailedCheck, ...]:
    """Checks of an asset that failed at their latest; all of the split that training rests on count as errors."""
    keys = sorted(graph.get(dg.AssetKey(asset)).check_keys)
    latest = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys) if keys else {}
    failed = []
    for key, record in latest.items():
        event = record.event.dagster_event if record.event is not None else None
        if event is None or event.event_type != dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            continue
        found = event.asset_check_evaluation_data
        if not found.passed:
            strict = found.severity == dg.AssetCheckSeverity.ERROR or asset == _STRICT
            sentence = found.description or f"the check {key.name} failed"
            failed.append(FailedCheck(key.name, "error" if strict else "warning", sentence))
    return tuple(failed)
