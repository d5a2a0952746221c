"""The numbers of the service, of this process or of all its workers, as they are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from seismic_assets.serving.metrics.workers import forget_dead_workers, merged

MODEL_INFO = "seismic_model_info"


class ServiceValues(Collector):
    """What is counted, without versions that answer no more and without the times at which counters were made."""

    def __init__(
        self, kept: CollectorRegistry, shared_folder: Path | None, before: Callable[[], None] = lambda: None
    ) -> None:
        """Prepare.

        Args:
            kept: the metrics of this process.
            shared_folder: where worker processes share their numbers, or None.
            before: called before they are read.
        """
        self._before = before
        self._kept = kept
        self._shared_folder = shared_folder

    def collect(self) -> Iterable[Metric]:
        """The metrics."""
        self._before()
        for metric in self._all():
            # A label once seen stays, and one that was swapped out is at 0.
            metric.samples = [
                sample
                for sample in metric.samples
                if not sample.name.endswith("_created") and (sample.value or sample.name != MODEL_INFO)
            ]
            yield metric

    def _all(self) -> Iterable[Metric]:
        if self._shared_folder is None:
            return self._kept.collect()
        forget_dead_workers(self._shared_folder)
        return merged(self._shared_folder)
