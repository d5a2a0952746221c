"""Metrics of the pipeline itself for Prometheus: what ran, how old the tables are, whether the watchers live."""

from seismic_assets.exporter.app import exporter_app
from seismic_assets.exporter.graph import Graph
from seismic_assets.exporter.pipeline import pipeline_metrics

__all__ = ["Graph", "exporter_app", "pipeline_metrics"]
