"""What Dagster's history says of each asset that makes itself. Nothing is written, not even Dagster's caches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import dagster as dg
from dagster._core.definitions.assets.graph.base_asset_graph import BaseAssetGraph, BaseAssetNode
from dagster._core.definitions.data_version import (  # the page's sign "stale"
    CachingStaleStatusResolver,
    StaleCauseCategory,
)
from dagster._core.definitions.freshness import TimeWindowFreshnessPolicy  # what the public policy makes
from dagster._core.loader import LoadingContext  # what the resolver asks for

from seismic_assets.defs.conditions import OR_STALE
from seismic_assets.defs.partitions import SEGY_FILES
from seismic_assets.defs.triggers import triggering_inputs
from seismic_assets.driver.soundness import failed_checks
from seismic_assets.validation import AssetFacts, StalePart

_MADE, _PLANNED = dg.DagsterEventType.ASSET_MATERIALIZATION, dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED
_IN_VAIN = (dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)


class _Once(LoadingContext):
    """What is loaded during one look."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self._instance = instance
        self._loaders: dict[type, tuple] = {}

    @property
    def instance(self) -> dg.DagsterInstance:
        """The history."""
        return self._instance

    @property
    def loaders(self) -> dict[type, tuple]:
        """By what they load."""
        return self._loaders


def asset_facts(definitions: dg.Definitions, instance: dg.DagsterInstance) -> Iterator[AssetFacts]:
    """Facts of each asset that has an automation condition, in topological order; others are made by hand."""
    graph = definitions.resolve_asset_graph()
    resolver = CachingStaleStatusResolver(instance, graph, _Once(instance))
    files = list(instance.get_dynamic_partitions(str(SEGY_FILES.name)))
    for key in graph.toposorted_asset_keys:
        node = graph.get(key)
        if node.is_materializable and node.automation_condition is not None:
            yield _facts_of(node, graph, instance, resolver, files)


def _facts_of(
    node: BaseAssetNode,
    graph: BaseAssetGraph,
    instance: dg.DagsterInstance,
    resolver: CachingStaleStatusResolver,
    files: Sequence[str],
) -> AssetFacts:
    name = node.key.to_user_string()
    made, failed = _attempts(instance, node.key, files if node.is_partitioned else None)
    there = [file for file in (files if node.is_partitioned else [""]) if file in made]
    latest = instance.get_latest_materialization_event(node.key)
    inputs = triggering_inputs(graph, node.key)
    policy = node.freshness_policy
    label = node.automation_condition.get_label() if node.automation_condition is not None else None
    return AssetFacts(
        name=name,
        layer=node.group_name,
        files=len(files) if node.is_partitioned else None,
        missing=tuple(file for file in (files if node.is_partitioned else [""]) if file not in made | failed),
        failed=tuple(sorted(failed)),
        stale=tuple(stale for file in there if (stale := _stale(resolver, node.key, file, inputs)) is not None),
        checks=failed_checks(instance, graph, name),
        made_at=latest.timestamp if latest is not None else None,
        fresh_seconds=(
            policy.fail_window.to_timedelta().total_seconds() if isinstance(policy, TimeWindowFreshnessPolicy) else None
        ),
        remade_when_old=(label or "").endswith(OR_STALE),
    )


def _attempts(instance: dg.DagsterInstance, key: dg.AssetKey, files: Sequence[str] | None) -> tuple[set[str], set[str]]:
    """What was made, and what was tried after that in vain; the empty name stands for an asset without partitions."""
    if files is None:
        latest = instance.get_latest_materialization_event(key)
        made = {""} if latest is not None else set()
        planned = instance.event_log_storage.get_latest_planned_materialization_info(key)
        vain = planned is not None and (latest is None or latest.run_id != planned.run_id)
        return made, {""} if vain and planned is not None and _in_vain(instance, planned.run_id) else set()
    storage = instance.event_log_storage
    ends = storage.get_latest_storage_id_by_partition(key, _MADE)
    begins = storage.get_latest_storage_id_by_partition(key, _PLANNED)
    open_ends = [file for file in files if begins.get(file, -1) > ends.get(file, -1)]
    return set(ends) & set(files), {file for file in open_ends if _failed(instance, key, file)}


def _failed(instance: dg.DagsterInstance, key: dg.AssetKey, file: str) -> bool:
    planned = instance.event_log_storage.get_latest_planned_materialization_info(key, file)
    return planned is not None and _in_vain(instance, planned.run_id)


def _in_vain(instance: dg.DagsterInstance, run_id: str) -> bool:
    run = instance.get_run_by_id(run_id)
    return run is not None and run.status in _IN_VAIN


def _stale(
    resolver: CachingStaleStatusResolver, key: dg.AssetKey, file: str, inputs: frozenset[dg.AssetKey]
) -> StalePart | None:
    """Dagster calls stale whatever any input has changed for; here counts what the asset would be made again for."""
    changed = sorted(
        {
            cause.dependency.asset_key.to_user_string()
            for cause in resolver.get_stale_causes(key, file or None)
            if cause.category == StaleCauseCategory.DATA
            and cause.dependency is not None
            and cause.dependency.asset_key in inputs
        }
    )
    return StalePart(file, f"{', '.join(changed)} changed") if changed else None
