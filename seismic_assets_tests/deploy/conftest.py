"""What the tests of rules and of dashboards share."""

import json

import pytest
from prometheus_client import CollectorRegistry

from seismic_assets.exporter import Graph, pipeline_metrics
from seismic_assets.lake import Lake
from seismic_assets.serving.metrics import ServiceMetrics
from seismic_assets.settings import Settings
from seismic_assets_tests.exporter.building import prepare
from seismic_assets_tests.exporter.building import run as run_assets
from seismic_assets_tests.exporter.test_catalogue import write


def metrics_of(registry: CollectorRegistry) -> set[str]:
    return {family.name for family in registry.collect()}


@pytest.fixture(scope="session")
def known(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of all metrics of a service and of an exporter that has everything to show."""
    root = tmp_path_factory.mktemp("storage")
    settings = Settings(storage_root=root)
    run_assets(prepare(settings.dagster_dir), "catalogue", "traces")
    write(Lake(settings.lake_dir), True, False)
    report = root / "reports" / "monitoring" / "latest.json"
    report.parent.mkdir(parents=True)
    figures = {
        "feature_drift": {"drift_ratio": 0.1, "features_drifted": 4},
        "performance": {"accuracy": 0.9, "f1_weighted": 0.8},
    }
    report.write_text(json.dumps({"timestamp": "2025-01-01T00:00:00Z", **figures}))
    pipeline = metrics_of(pipeline_metrics(settings, Graph({"catalogue": "raw"})))
    service = ServiceMetrics(["/v1/predict"], ["/v1/predict"], root)
    service.serves("1", "family")
    return pipeline | metrics_of(service.scraped)
