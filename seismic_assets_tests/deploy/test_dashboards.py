"""Grafana's dashboards: that they are as they are described, and speak of metrics that exist."""

import json
import re
from collections.abc import Iterator

import pytest
import yaml

from deploy.grafana.make_dashboards import FOLDER, written
from seismic_assets_tests.deploy.programs import DEPLOY, PROMETHEUS, exists, run

DASHBOARDS = {path.name: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}
QUERIES = sorted(
    {target["expr"] for each in DASHBOARDS.values() for panel in each["panels"] for target in panel["targets"]}
)


def series() -> Iterator[str]:
    for query in QUERIES:
        yield from re.findall(r"(?<![:\w])seismic_\w+", re.sub(r'"[^"]*"', "", query))


def test_the_files_are_as_the_panels_are_described() -> None:
    assert {path: path.read_text() for path in written()} == written()
    assert {path.name for path in written()} == set(DASHBOARDS)


@pytest.mark.parametrize("name", sorted(set(series())))
def test_a_dashboard_speaks_of_metrics_that_exist(name: str, known: set[str]) -> None:
    assert exists(name, known)


def test_recorded_figures_of_a_dashboard_are_recorded() -> None:
    rules = yaml.safe_load((PROMETHEUS / "rules" / "recording.yml").read_text())
    recorded = {rule["record"] for group in rules["groups"] for rule in group["rules"]}
    named = {each for query in QUERIES for each in re.findall(r"seismic:[\w:]+", query)}

    assert len(named) > 3
    assert named <= recorded


@pytest.mark.parametrize("query", QUERIES)
def test_prometheus_understands_a_query(query: str, tmp_path: object) -> None:
    # A rule that only records the query: promtool parses it as the server does.
    path = f"{tmp_path}/rules.yml"
    with open(path, "w") as file:  # noqa: PTH123
        yaml.safe_dump({"groups": [{"name": "g", "rules": [{"record": "seismic:tried", "expr": query}]}]}, file)

    assert "SUCCESS: 1 rules found" in run("promtool", "check", "rules", path)


@pytest.mark.parametrize("name", sorted(DASHBOARDS))
def test_panels_do_not_lie_on_one_another_and_show_the_provisioned_source(name: str) -> None:
    source = yaml.safe_load((DEPLOY / "grafana/provisioning/datasources/prometheus.yml").read_text())
    squares = [
        (x, y)
        for panel in DASHBOARDS[name]["panels"]
        for place in [panel["gridPos"]]
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]

    assert len(squares) == len(set(squares))
    assert {panel["datasource"]["uid"] for panel in DASHBOARDS[name]["panels"]} == {source["datasources"][0]["uid"]}
