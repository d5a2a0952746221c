"""The shipped routes: who hears of what, and that no secret is among them."""

import re
from pathlib import Path

import pytest
import yaml

from seismic_assets_tests.deploy.programs import ALERTMANAGER, DEPLOY, PROMETHEUS, run

CONFIGURATION = ALERTMANAGER / "alertmanager.yml"


def test_amtool_takes_the_configuration() -> None:
    assert "SUCCESS" in run("amtool", "check-config", CONFIGURATION)


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        ({"alertname": "SeismicDrift", "severity": "critical"}, "night"),
        ({"alertname": "SeismicDrift", "severity": "warning"}, "day"),
        ({"alertname": "SomethingElse"}, "day"),
        ({"alertname": "SeismicWatchdog", "severity": "none"}, "switch"),
    ],
)
def test_severity_decides_who_hears(labels: dict[str, str], receiver: str) -> None:
    stated = [f"{name}={value}" for name, value in labels.items()]

    said = run("amtool", "config", "routes", "test", f"--config.file={CONFIGURATION}", *stated)

    assert said.splitlines()[0] == receiver


def test_what_is_silenced_is_an_alert_that_exists() -> None:
    rules = " ".join(path.read_text() for path in (PROMETHEUS / "rules").glob("*.yml"))
    alerts = set(re.findall(r"alert: (\w+)", rules))
    matchers = re.findall(r'alertname (=~?) "([^"]+)"', CONFIGURATION.read_text())

    assert len(matchers) > 4
    for kind, pattern in matchers:
        prefix, _, choices = pattern.partition("(")
        names = {prefix + name for name in choices.rstrip(")").split("|")} if kind == "=~" else {pattern}
        assert names <= alerts


def test_receivers_know_a_webhook_slack_and_mail_and_are_told_of_the_end() -> None:
    receivers = {each["name"]: each for each in yaml.safe_load(CONFIGURATION.read_text())["receivers"]}

    assert set(receivers["night"]) == {"name", "webhook_configs", "slack_configs", "email_configs"}
    assert set(receivers["day"]) == {"name", "webhook_configs", "slack_configs"}
    kinds = [each for receiver in receivers.values() for key, each in receiver.items() if key != "name"]
    assert all(one["send_resolved"] for kind in kinds for one in kind)


@pytest.mark.parametrize("path", sorted(DEPLOY.rglob("*.yml")), ids=lambda path: path.name)
def test_secrets_come_from_files(path: Path) -> None:
    # `{file: ...}` is how a compose file names the file of a secret.
    secret = re.compile(
        r"^\s*-?\s*\w*(password|api_url|credentials|token|bearer_token|secret)\s*:(?! \{file: )", re.MULTILINE
    )

    assert secret.findall(path.read_text()) == []
