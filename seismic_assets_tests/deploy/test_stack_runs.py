"""One command brings the whole stack up as processes; a file that is dropped comes out as predictions."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from sqlalchemy import create_engine, text

from deploy.stack.compose import REPOSITORY
from deploy.stack.supervisor import processes_of
from seismic_assets.lake import Lake, predictions_table
from seismic_assets_tests.deploy.programs import need
from seismic_assets_tests.ordinary_user import open_folder
from seismic_assets_tests.postgres import programs_of_postgres
from seismic_assets_tests.surveys import add_labelled, add_unlabelled

pytestmark = [pytest.mark.load, pytest.mark.timeout(2700)]
_PATIENCE = 900
# What a person would put into settings.env; a search takes minutes.
_SETTINGS = """
SEISMIC_TUNING_TRIALS=2
SEISMIC_FEATURE_STORE=false
SEISMIC_KNOWLEDGE=false
SEISMIC_SENSOR_INTERVAL_S=5
SEISMIC_SETTLE_SECONDS=1
SEISMIC_SPLIT_BLOCK=4
SEISMIC_SPLIT_BUFFER=1
"""
_DAEMONS = "{ instance { daemonHealth { allDaemonStatuses { daemonType healthy required } } } }"
_PERMISSIONS = "{ permissions { permission value } }"
_SERVICES = {"postgres", "mlflow", "code", "daemon", "page", "viewers", "api", "exporter", "prometheus", "alertmanager"}


def stack(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """`python -m deploy.stack`, as a person runs it."""
    return subprocess.run(
        [sys.executable, "-m", "deploy.stack", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
        env={**os.environ, **variables},
        timeout=900,
    )


def wait_for(holds: Callable[[], Any], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not holds():
        assert time.monotonic() < deadline, f"waited {_PATIENCE} s in vain for {what}"
        time.sleep(1)


@dataclass
class Stack:
    """What runs: its folder, and what `up` said of each service."""

    work: Path
    services: dict[str, dict[str, Any]]

    def address(self, name: str) -> str:
        return f"http://{self.services[name]['address']}"

    def secret(self, name: str) -> str:
        return (self.work / "secrets" / name).read_text()

    def get(self, name: str, path: str) -> Any:
        """The JSON that a service answers; None while it does not."""
        try:
            answer = httpx.get(f"{self.address(name)}{path}", timeout=10, trust_env=False, headers=self.key)
        except httpx.HTTPError:
            return None
        return answer.json() if answer.is_success else None

    def ask(self, name: str, query: str) -> Any:
        """What a page of Dagster answers to a query of GraphQL."""
        body = {"query": query}
        return httpx.post(f"{self.address(name)}/graphql", json=body, timeout=30, trust_env=False).json()["data"]

    @property
    def key(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret('seismic_api_key')}"}

    def value(self, query: str) -> float:
        """What Prometheus answers to a query of one figure; 0 where it knows none."""
        told = self.get("prometheus", f"/api/v1/query?query={query}")["data"]["result"]
        return float(told[0]["value"][1]) if told else 0.0

    def now(self) -> dict[str, dict[str, Any]]:
        """What `status` says."""
        return dict(json.loads(stack("status", "--work", self.work, "--json").stdout))


@pytest.fixture(scope="module")
def running() -> Iterator[Stack]:
    need("prometheus", "prometheus-alertmanager", "promtool", "amtool")
    programs_of_postgres()
    with open_folder() as folder:
        settings, work = folder / "settings.env", folder / "stack"
        settings.write_text(_SETTINGS)
        done = stack("up", "--work", work, "--free-ports", "--settings", settings, "--json")
        try:
            assert done.returncode == 0, done.stderr
            yield Stack(work, json.loads(done.stdout))
        finally:
            if processes_of(work):
                stack("stop", "--work", work)


def test_every_service_of_the_compose_file_is_healthy_on_the_loopback_interface(running: Stack) -> None:
    assert set(running.services) >= _SERVICES
    assert {each["state"] for each in running.services.values()} == {"healthy"}
    ours = {process.pid for process in processes_of(running.work)}
    listening = {
        each.laddr.ip.removeprefix("::ffff:")
        for each in psutil.net_connections("inet")
        if each.status == psutil.CONN_LISTEN and each.pid in ours
    }
    assert listening == {"127.0.0.1"}


def test_a_file_that_is_dropped_comes_out_as_predictions_and_prometheus_shows_it(running: Stack) -> None:
    landing = running.work / "volumes" / "landing"
    for seed in (1, 2):
        add_labelled(landing, seed)
    wait_for(lambda: _runs(running), "a run")
    killed = running.now()["daemon"]["process"]
    os.kill(killed, signal.SIGKILL)

    wait_for(lambda: (told := running.get("api", "/v1/health")) and told["ready"], "a model that is served")
    add_unlabelled(landing, 11)
    wait_for(lambda: _predicted(running) == 3, "predictions of three files")
    daemon = running.now()["daemon"]
    assert daemon["process"] not in (None, killed)
    wait_for(lambda: running.now()["daemon"]["state"] == "healthy", "the daemon that was started again")

    body = {"traces": [[float(sample % 7) for sample in range(160)]]}
    answer = httpx.post(
        f"{running.address('api')}/v1/predict", json=body, timeout=30, trust_env=False, headers=running.key
    ).json()
    assert answer["model_version"] == "1"
    assert len(answer["predictions"]) == 1

    rows = sum(Lake(_storage(running) / "lake").row_counts(predictions_table(())).values())
    query = 'seismic_pipeline_table_rows{table="predictions"}'
    wait_for(lambda: running.value(query) == rows, "Prometheus to show the rows of the predictions")
    wait_for(
        lambda: running.value('sum(seismic_requests_total{endpoint="/v1/predict"})') == 1,
        "Prometheus to show the request",
    )
    assert running.value("seismic_pipeline_files_admitted") == 3
    assert running.value("up == 0") == 0
    # The histories are where the stack says: Dagster's and the registry's in PostgreSQL, behind MLflow's server.
    assert not list(_storage(running).rglob("*.db"))
    found = httpx.get(
        f"{running.address('mlflow')}/api/2.0/mlflow/registered-models/alias",
        params={"name": "SeismicClassifier", "alias": "production"},
        timeout=10,
        trust_env=False,
    ).json()
    assert found["model_version"]["version"] == "1"


def test_every_daemon_is_healthy_and_viewers_can_start_nothing(running: Stack) -> None:
    def healthy() -> bool:
        told = running.ask("page", _DAEMONS)["instance"]["daemonHealth"]["allDaemonStatuses"]
        return all(each["healthy"] for each in told if each["required"])

    wait_for(healthy, "all daemons to be healthy")
    allowed, seen = _permissions(running, "page"), _permissions(running, "viewers")
    assert {"launch_pipeline_execution", "delete_pipeline_run"} < allowed
    assert not [each for each in seen if each.startswith(("launch_", "delete_"))]


def test_a_stack_that_is_up_is_not_started_twice(running: Stack) -> None:
    again = stack("up", "--work", running.work, "--free-ports")

    assert again.returncode == 2
    assert "is up in" in again.stderr
    assert {each["state"] for each in running.now().values()} == {"healthy"}


def test_stop_leaves_no_process(running: Stack) -> None:
    done = stack("stop", "--work", running.work)

    assert (done.returncode, done.stdout.strip()) == (0, "stopped")
    assert processes_of(running.work) == []
    assert stack("status", "--work", running.work).returncode == 2


def _permissions(running: Stack, page: str) -> set[str]:
    return {each["permission"] for each in running.ask(page, _PERMISSIONS)["permissions"] if each["value"]}


def _storage(running: Stack) -> Path:
    return running.work / "volumes" / "storage"


def _runs(running: Stack) -> int:
    engine = create_engine(running.secret("seismic_dagster_database"))
    with engine.connect() as connection:
        found = int(connection.execute(text("SELECT count(*) FROM runs")).scalar_one())
    engine.dispose()
    return found


def _predicted(running: Stack) -> int:
    return len(Lake(_storage(running) / "lake").row_counts(predictions_table(())))
