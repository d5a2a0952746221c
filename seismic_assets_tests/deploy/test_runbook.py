"""The runbook has a section for each alert, says the same four things of each, and names commands that there are."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from seismic_assets.cli.main import app
from seismic_assets.settings import Settings
from seismic_assets_tests.commands import settings_in_environment

ROOT = Path(__file__).parents[2]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
SECTIONS = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", RUNBOOK, re.DOTALL | re.MULTILINE))
RULES = [
    rule
    for path in sorted((ROOT / "deploy" / "prometheus" / "rules").glob("*.yml"))
    for group in yaml.safe_load(path.read_text())["groups"]
    for rule in group["rules"]
    if "alert" in rule
]
SQL = yaml.safe_load((ROOT / "seismic_assets" / "monitoring" / "alerts.yaml").read_text())


def test_every_alert_has_a_section_and_every_section_an_alert() -> None:
    assert SECTIONS.keys() == {rule["alert"] for rule in RULES} | {alert["name"] for alert in SQL}
    assert len(re.findall(r"^### ", RUNBOOK, re.MULTILINE)) == len(SECTIONS)


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_says_what_it_means_where_to_look_what_to_do_and_when_it_is_harmless(name: str) -> None:
    assert re.findall(r"^- \*\*(\w+)\*\*: \S", SECTIONS[name], re.MULTILINE) == ["Means", "Look", "Do", "Harmless"]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule['alert']}-{rule['labels']['severity']}")
def test_an_alert_of_prometheus_leads_to_its_section(rule: dict) -> None:
    assert rule["annotations"]["runbook_page"] == f"docs/runbook.md#{rule['alert'].lower()}"


def test_the_commands_are_there_with_their_options() -> None:
    spans = re.findall(r"`(seismic [^`]+)`|^(seismic [^#\n]+)", RUNBOOK, re.MULTILINE)
    commands = [first or second for first, second in spans]
    assert len(commands) > 10
    for command in commands:
        found, rest = _found(command.split()[1:])
        assert found is not None, command
        options = {option for parameter in found.params for option in parameter.opts}
        assert {word for word in rest if word.startswith("--")} <= options, command


def test_the_settings_are_there() -> None:
    known = {f"SEISMIC_{name.upper()}" for name in Settings.model_fields}
    assert settings_in_environment() == []
    assert set(re.findall(r"SEISMIC_[A-Z_]+", RUNBOOK)) <= known


def _found(words: list[str]) -> tuple[Any, list[str]]:
    """The command that words name, None where there is none, and what follows its name."""
    command: Any = typer.main.get_command(app)
    while hasattr(command, "commands") and words:
        command, words = command.commands.get(words[0]), words[1:]
    return (None if hasattr(command, "commands") else command), words
