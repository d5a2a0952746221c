"""What is said of daemons."""

import time
from pathlib import Path

from dagster._daemon.types import DaemonHeartbeat

from seismic_assets.exporter.daemons import DaemonsSource
from seismic_assets.exporter.history import History
from seismic_assets_tests.exporter.building import instance_of, values


def test_a_daemon_shows_how_long_it_has_been_silent(ran: Path) -> None:
    source = DaemonsSource(History(ran))
    before = values(source.look())
    with instance_of(ran) as instance:
        for name, age in (("SENSOR", 500), ("SCHEDULER", -500)):
            instance.add_daemon_heartbeat(DaemonHeartbeat(time.time() - age, name, "1", []))

    seen = values(source.look())

    assert before == {}
    assert 500 <= seen["seismic_pipeline_daemon_heartbeat_age_seconds{daemon=sensor}"] < 560
    # Of a clock that goes wrong.
    assert seen["seismic_pipeline_daemon_heartbeat_age_seconds{daemon=scheduler}"] == 0
    assert seen["seismic_pipeline_daemon_errors{daemon=sensor}"] == 0
