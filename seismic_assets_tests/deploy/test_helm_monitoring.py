"""What watches a release: who is scraped under which name, and the rules of the folder."""

from pathlib import Path

import pytest
import yaml

from seismic_assets_tests.deploy.charts import OPERATORS, one, release
from seismic_assets_tests.deploy.programs import PROMETHEUS, run


@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_prometheus_scrapes_what_the_rules_know(environment: str) -> None:
    configured = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())["scrape_configs"]
    jobs = {each["job_name"]: each.get("metrics_path", "/metrics") for each in configured}
    for component, job in (("api", "seismic-api"), ("exporter", "seismic-pipeline")):
        monitor = one(environment, "ServiceMonitor", component)
        (endpoint,) = monitor["spec"]["endpoints"]
        service = one(environment, "Service", component)

        assert endpoint["relabelings"] == [{"targetLabel": "job", "replacement": job}]
        assert endpoint["path"] == jobs[job]
        assert endpoint["port"] in [port["name"] for port in service["spec"]["ports"]]
        assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()


def test_the_rules_are_those_of_the_folder(tmp_path: Path) -> None:
    shipped = [
        group
        for path in sorted((PROMETHEUS / "rules").glob("*.yml"))
        for group in yaml.safe_load(path.read_text())["groups"]
    ]
    rules = one("prod", "PrometheusRule", "rules")["spec"]

    assert rules["groups"] == shipped
    (tmp_path / "rules.yml").write_text(yaml.safe_dump(rules))
    assert "SUCCESS" in run("promtool", "check", "rules", tmp_path / "rules.yml")


def test_development_asks_for_no_operator_of_prometheus() -> None:
    assert not [each for each in release("dev") if each["kind"] in OPERATORS]
