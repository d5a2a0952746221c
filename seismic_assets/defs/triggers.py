"""Which inputs of an asset its condition looks at: another content of the rest does not make it due."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg
from dagster._core.definitions.assets.graph.base_asset_graph import BaseAssetGraph
from dagster._core.definitions.declarative_automation.operators import (  # what the public builders make
    DepsAutomationCondition,
    SinceCondition,
)


def triggering_inputs(graph: BaseAssetGraph, asset: dg.AssetKey) -> frozenset[dg.AssetKey]:
    """The inputs of an asset whose change makes it due by its condition; none of one without a condition."""
    node = graph.get(asset)
    if node.automation_condition is None:
        return frozenset()
    chosen: set[dg.AssetKey] = set()
    for condition in _on_inputs(node.automation_condition, within_trigger=False):
        allowed, ignored = condition.allow_selection, condition.ignore_selection
        keys = set(node.parent_keys) if allowed is None else allowed.resolve(graph) & set(node.parent_keys)
        chosen |= keys - (ignored.resolve(graph) if ignored is not None else set())
    return frozenset(chosen)


def _on_inputs(condition: dg.AutomationCondition, *, within_trigger: bool) -> Iterator[DepsAutomationCondition]:
    """Conditions on inputs within what is remembered until it is handled, which is what makes an asset due."""
    if within_trigger and isinstance(condition, DepsAutomationCondition):
        yield condition
        return
    for child in condition.children:
        yield from _on_inputs(child, within_trigger=within_trigger or isinstance(condition, SinceCondition))
