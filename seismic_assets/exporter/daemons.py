"""Dagster's daemons: whether they still beat."""

from __future__ import annotations

import time

from prometheus_client.core import GaugeMetricFamily

from seismic_assets.exporter.history import History
from seismic_assets.exporter.parts import Look


class DaemonsSource:
    """Heartbeats of the daemons that ever ran on a home; `seismic run` alone has none."""

    def __init__(self, history: History) -> None:
        self._history = history

    def look(self) -> Look:
        """The metrics.

        Raises:
            SourceError: the history cannot be read.
        """
        ages = GaugeMetricFamily(
            "seismic_pipeline_daemon_heartbeat_age_seconds", "Since a daemon last gave a sign.", labels=["daemon"]
        )
        errors = GaugeMetricFamily(
            "seismic_pipeline_daemon_errors", "Errors that a daemon's last sign told of.", labels=["daemon"]
        )
        with self._history.reading() as instance:
            for name, heartbeat in sorted(instance.get_daemon_heartbeats().items()):
                ages.add_metric([name.lower()], max(0.0, time.time() - heartbeat.timestamp))
                errors.add_metric([name.lower()], len(heartbeat.errors or ()))
        return Look([ages, errors])
