"""Assets: when each was last made, and which of their checks fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import dagster as dg
from dagster import AssetCheckEvaluation, AssetCheckKey, AssetKey
from dagster._core.storage.asset_check_execution_record import (  # of the public `event_log_storage`
    COMPLETED_ASSET_CHECK_EXECUTION_RECORD_STATUSES as COMPLETED,
)
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecord
from prometheus_client.core import GaugeMetricFamily

from seismic_assets.exporter.graph import Graph
from seismic_assets.exporter.history import History
from seismic_assets.exporter.parts import Look

_STATUSES = ("passed", "failed")


class AssetsSource:
    """When each asset of the graph was last made; of one with partitions, any of them."""

    def __init__(self, history: History, graph: Graph) -> None:
        self._history = history
        self._graph = graph

    def look(self) -> Look:
        """The metrics.

        Raises:
            SourceError: the history cannot be read.
        """
        made = GaugeMetricFamily(
            "seismic_pipeline_asset_last_success_timestamp_seconds",
            "When an asset was last made.",
            labels=["asset", "group"],
        )
        with self._history.reading() as instance:
            keys = [AssetKey.from_user_string(asset) for asset in self._graph.groups]
            records = instance.get_asset_records(keys) if keys else ()
            for record in records:
                event = record.asset_entry.last_materialization_record
                if event is not None:
                    asset = record.asset_entry.asset_key.to_user_string()
                    made.add_metric([asset, self._graph.group(asset)], event.timestamp)
        return Look([made])


class ChecksSource:
    """The latest verdict of each check of the graph; one that is being made anew does not hide the one before."""

    def __init__(self, history: History, graph: Graph) -> None:
        self._history = history
        self._keys = [AssetCheckKey(AssetKey.from_user_string(asset), name) for asset, name in graph.checks]

    def look(self) -> Look:
        """The metrics.

        Raises:
            SourceError: the history cannot be read.
        """
        counts: Counter[str] = Counter(dict.fromkeys(_STATUSES, 0))
        failed = GaugeMetricFamily(
            "seismic_pipeline_asset_check_failed",
            "1 for each check that failed at its latest.",
            labels=["asset", "check", "severity"],
        )
        with self._history.reading() as instance:
            for found in self._verdicts(instance):
                counts["passed" if found.passed else "failed"] += 1
                if not found.passed:
                    asset, severity = found.asset_key.to_user_string(), found.severity.value.lower()
                    failed.add_metric([asset, found.check_name, severity], 1)
        total = GaugeMetricFamily("seismic_pipeline_asset_checks", "Checks by their latest verdict.", labels=["status"])
        for status, count in counts.items():
            total.add_metric([status], count)
        return Look([failed, total])

    def _verdicts(self, instance: dg.DagsterInstance) -> Iterator[AssetCheckEvaluation]:
        storage = instance.event_log_storage
        latest = storage.get_latest_asset_check_execution_by_key(self._keys) if self._keys else {}
        for key, newest in latest.items():
            record: AssetCheckExecutionRecord | None = newest
            if newest.status not in COMPLETED:
                earlier = storage.get_asset_check_execution_history(key, limit=1, status=COMPLETED)
                record = earlier[0] if earlier else None
            event = record.event.dagster_event if record is not None and record.event is not None else None
            if event is not None:
                yield event.asset_check_evaluation_data
