"""The exporter's answers."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.testclient import TestClient

from seismic_assets.exporter import exporter_app


class Counting(Collector):
    """Says how often it was asked."""

    times = 0

    def collect(self) -> Iterable[Metric]:
        self.times += 1
        yield GaugeMetricFamily("times", "Asked.", self.times)


def client(seconds: float) -> TestClient:
    registry = CollectorRegistry()
    registry.register(Counting())
    return TestClient(exporter_app(registry, seconds))


def test_scrapes_within_some_seconds_cost_one_look() -> None:
    asked = client(3600)

    assert {asked.get("/metrics").text for _ in range(5)} == {"# HELP times Asked.\n# TYPE times gauge\ntimes 1.0\n"}


def test_a_later_scrape_looks_again() -> None:
    asked = client(0)

    assert [asked.get("/metrics").text.split()[-1] for _ in range(3)] == ["1.0", "2.0", "3.0"]


def test_prometheus_is_told_its_format_and_other_paths_and_methods_are_refused() -> None:
    asked = client(0)

    assert asked.get("/metrics").headers["content-type"].startswith("text/plain; version=")
    assert asked.get("/health").text == "ok\n"
    assert "/metrics" in asked.get("/").text
    assert asked.get("/etc/passwd").status_code == 404
    assert asked.post("/metrics").status_code == 405
