"""An alert from the service's metrics to a webhook, through the real Prometheus and Alertmanager."""

from pathlib import Path

import pytest

from deploy.alert_stack import PROGRAMS, running
from deploy.try_alerts import story
from seismic_assets_tests.deploy.programs import need


@pytest.mark.load
def test_drift_reaches_a_webhook_and_so_does_its_end(tmp_path: Path) -> None:
    need(*PROGRAMS)
    said: list[str] = []
    with running(tmp_path) as stack:
        story(stack, said.append)
        messages = list(stack.messages)

    drift = [each for each in messages if each.name == "SeismicDrift"]
    assert [(each.status, each.severity) for each in drift] == [("firing", "critical"), ("resolved", "critical")]
    assert {each.receiver for each in drift} == {"night"}
    assert ("firing", "SeismicServiceDown") in {(each.status, each.name) for each in messages}
    assert not any(each.name in ("SeismicNoModel", "SeismicExporterDown") for each in messages)
    assert len(said) == 5
