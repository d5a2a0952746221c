"""What an operator's Prometheus sees of the service, in one process or over several workers."""

from seismic_assets.serving.metrics.asking import AskMetrics, LanguageOutcome
from seismic_assets.serving.metrics.machine import MachineCollector
from seismic_assets.serving.metrics.monitoring import MonitoringCollector
from seismic_assets.serving.metrics.scrape import exposition, snapshot
from seismic_assets.serving.metrics.service import (
    LookupOutcome,
    RejectionReason,
    ReloadOutcome,
    ServiceMetrics,
    StoringOutcome,
)
from seismic_assets.serving.metrics.workers import MetricsFolderError, forget_dead_workers, new_metrics_folder

__all__ = [
    "AskMetrics",
    "LanguageOutcome",
    "LookupOutcome",
    "MachineCollector",
    "MetricsFolderError",
    "MonitoringCollector",
    "RejectionReason",
    "ReloadOutcome",
    "ServiceMetrics",
    "StoringOutcome",
    "exposition",
    "forget_dead_workers",
    "new_metrics_folder",
    "snapshot",
]
