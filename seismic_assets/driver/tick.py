"""One evaluation of the automation conditions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import dagster as dg
from dagster._core.definitions.asset_daemon_cursor import AssetDaemonCursor  # the type of the public function's cursor


def evaluate(
    definitions: dg.Definitions, instance: dg.DagsterInstance, cursor: AssetDaemonCursor | None
) -> dg.EvaluateAutomationConditionsResult:
    """What the conditions ask for now, and the cursor for the next time."""
    with _partitions_read_once(instance):
        return dg.evaluate_automation_conditions(definitions, instance, cursor=cursor)


@contextmanager
def _partitions_read_once(instance: dg.DagsterInstance) -> Iterator[None]:
    """Dagster asks for the partition keys hundreds of times an evaluation, and SQLite opens the file each time.

    The keys cannot change meanwhile: one process evaluates, and it evaluates one thing at a time.
    """
    read = instance.get_dynamic_partitions
    known: dict[str, Sequence[str]] = {}

    def remembered(partitions_def_name: str) -> Sequence[str]:
        if partitions_def_name not in known:
            known[partitions_def_name] = read(partitions_def_name)
        return known[partitions_def_name]

    instance.get_dynamic_partitions = remembered  # type: ignore[method-assign]
    try:
        yield
    finally:
        del instance.get_dynamic_partitions
