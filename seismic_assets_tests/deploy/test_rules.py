"""The shipped rules: what Prometheus's own tool says of them, and that they speak of metrics that exist."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from seismic_assets_tests.deploy.programs import DEPLOY, PROMETHEUS, exists, run

RULES = [
    rule
    for path in sorted((PROMETHEUS / "rules").glob("*.yml"))
    for group in yaml.safe_load(path.read_text())["groups"]
    for rule in group["rules"]
]
ALERTS = [rule for rule in RULES if "alert" in rule]
NAMES = sorted({rule["alert"] for rule in ALERTS})
PAGE = DEPLOY.parent / "docs" / "monitoring_stack.md"


def test_promtool_takes_the_configuration() -> None:
    assert "SUCCESS" in run("promtool", "check", "config", "prometheus.yml", folder=PROMETHEUS)


def test_promtool_takes_the_rules() -> None:
    said = run("promtool", "check", "rules", *sorted((PROMETHEUS / "rules").glob("*.yml")))

    assert sum(int(count) for count in re.findall(r"SUCCESS: (\d+) rules found", said)) == len(RULES)


@pytest.mark.parametrize("path", sorted((PROMETHEUS / "tests").glob("*.yml")), ids=lambda path: path.stem)
def test_the_rules_fire_when_they_should(path: Path) -> None:
    assert "SUCCESS" in run("promtool", "test", "rules", path)


def test_promtool_finds_a_rule_that_does_not_fire(tmp_path: Path) -> None:
    broken = (PROMETHEUS / "rules" / "pipeline.yml").read_text().replace('up{job="seismic-pipeline"} == 0', "up == 7")
    (tmp_path / "rules.yml").write_text(broken)
    tests = yaml.safe_load((PROMETHEUS / "tests" / "pipeline.yml").read_text())
    (tmp_path / "tests.yml").write_text(yaml.safe_dump({**tests, "rule_files": ["rules.yml"]}))

    with pytest.raises(AssertionError, match="FAILED"):
        run("promtool", "test", "rules", tmp_path / "tests.yml")


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: f"{rule['alert']}-{rule['labels']['severity']}")
def test_an_alert_has_a_severity_a_time_and_words(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("critical", "warning", "none")
    assert "for" in rule
    assert set(rule["annotations"]) == {"summary", "description", "runbook", "runbook_page"}
    assert rule["annotations"]["runbook"].endswith(".")


@pytest.mark.parametrize("name", NAMES)
def test_an_alert_is_tested_and_documented(name: str) -> None:
    tests = " ".join(path.read_text() for path in (PROMETHEUS / "tests").glob("*.yml"))
    stated = re.findall(r'alertname(?:=|: |=~)"?([^"\n,}]+)', tests)

    assert any(re.fullmatch(pattern.strip('"'), name) for pattern in stated)
    assert f"`{name}`" in PAGE.read_text()


def series() -> Iterator[str]:
    for rule in RULES:
        yield from re.findall(r"(?<![:\w])seismic_\w+", re.sub(r'"[^"]*"', "", rule["expr"]))


@pytest.mark.parametrize("name", sorted(set(series())))
def test_rules_speak_of_metrics_that_exist(name: str, known: set[str]) -> None:
    assert exists(name, known)


def test_every_metric_of_the_exporter_is_documented(known: set[str]) -> None:
    page = PAGE.read_text()

    assert [name for name in sorted(known) if name.startswith("seismic_pipeline") and f"`{name}" not in page] == []


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES if "seismic:" in rule["expr"]], ids=lambda rule: rule["expr"][:40]
)
def test_recorded_figures_that_rules_use_are_recorded(rule: dict[str, Any]) -> None:
    recorded = {each["record"] for each in RULES if "record" in each}

    assert set(re.findall(r"seismic:[\w:]+", rule["expr"])) <= recorded
