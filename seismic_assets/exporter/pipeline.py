"""All metrics of a deployment in one registry."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from seismic_assets.exporter.assets import AssetsSource, ChecksSource
from seismic_assets.exporter.catalogue import CatalogueSource
from seismic_assets.exporter.daemons import DaemonsSource
from seismic_assets.exporter.graph import Graph
from seismic_assets.exporter.history import History
from seismic_assets.exporter.parts import Part, PartsCollector
from seismic_assets.exporter.report import ReportSource
from seismic_assets.exporter.runs import RunsSource
from seismic_assets.exporter.storage import StorageSource
from seismic_assets.exporter.tables import TablesSource
from seismic_assets.serving.metrics import MachineCollector
from seismic_assets.serving.monitoring import LATEST
from seismic_assets.settings import Settings


def pipeline_metrics(settings: Settings, graph: Graph) -> CollectorRegistry:
    """What the exporter shows of a deployment, which need not have run yet. A scrape only reads."""
    history = History(settings.dagster_dir)
    parts = [
        Part("runs", RunsSource(history, graph).look),
        Part("assets", AssetsSource(history, graph).look),
        Part("checks", ChecksSource(history, graph).look),
        Part("daemons", DaemonsSource(history).look),
        Part("tables", TablesSource([settings.lake_dir, settings.serving_dir]).look),
        Part("catalogue", CatalogueSource(settings.lake_dir).look),
        Part("report", ReportSource(settings.local_root / LATEST).look),
        Part("storage", StorageSource(settings.local_root, settings.lake_dir).look),
    ]
    registry = CollectorRegistry()
    registry.register(PartsCollector(parts))
    registry.register(MachineCollector(settings.local_root, None))
    return registry
