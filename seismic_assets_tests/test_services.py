"""A deployment as services: Dagster's processes one by one, API and exporter, over PostgreSQL and an MLflow server."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from seismic_assets.lake import Lake, predictions_table
from seismic_assets_tests.commands import SEISMIC, environment
from seismic_assets_tests.databases import databases
from seismic_assets_tests.ports import free_port
from seismic_assets_tests.surveys import add_labelled, add_unlabelled

pytestmark = [pytest.mark.load, pytest.mark.timeout(1200)]
_PATIENCE = 600
_DAEMONS = "{ instance { daemonHealth { allDaemonStatuses { daemonType healthy required } } } }"
_PERMISSIONS = "{ permissions { permission value } }"
_QUICK = {"sensor_interval_s": "5", "settle_seconds": "1", "split_block": "4", "split_buffer": "1"}


def wait_for(holds: Callable[[], Any], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not holds():
        assert time.monotonic() < deadline, f"waited {_PATIENCE} s in vain for {what}"
        time.sleep(1)


@dataclass
class Services:
    """What runs: folders, ports by name, and the logs."""

    landing: Path
    logs: Path
    ports: dict[str, int]

    def get(self, name: str, path: str) -> httpx.Response | None:
        """What a service answers; None while it does not."""
        try:
            return httpx.get(f"http://127.0.0.1:{self.ports[name]}{path}", timeout=10, trust_env=False)
        except httpx.HTTPError:
            return None

    def ask(self, name: str, query: str) -> Any:
        """What a Dagster page answers to a query of GraphQL."""
        address = f"http://127.0.0.1:{self.ports[name]}/graphql"
        return httpx.post(address, json={"query": query}, timeout=30, trust_env=False).json()


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    folder = tmp_path_factory.mktemp("services")
    names = ("code", "page", "viewers", "api", "exporter")
    made = Services(folder / "landing", folder, {name: free_port() for name in names})
    made.landing.mkdir()
    code = ["--code", f"127.0.0.1:{made.ports['code']}"]
    commands = {
        "code": ["dagster", "code", "--port", made.ports["code"]],
        "daemon": ["dagster", "daemon", *code],
        "page": ["dagster", "page", *code, "--port", made.ports["page"]],
        "viewers": ["dagster", "page", *code, "--port", made.ports["viewers"], "--read-only"],
        "api": ["serve", "--port", made.ports["api"]],
        "exporter": ["exporter", "--port", made.ports["exporter"]],
    }
    with ExitStack() as stack:
        settings = stack.enter_context(databases(folder))
        settings |= {**_QUICK, "landing_dir": str(made.landing), "storage_root": str(folder / "storage")}
        for name, command in commands.items():
            stack.enter_context(_process(command, folder / f"{name}.log", environment(**settings)))
        yield made


@contextmanager
def _process(command: list[Any], log: Path, variables: dict[str, str]) -> Iterator[None]:
    with log.open("w") as output:
        process = subprocess.Popen(
            [SEISMIC, *map(str, command)], env=variables, stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield
        assert process.poll() is None, log.read_text()[-3000:]
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=90)


def test_a_file_that_is_dropped_is_predicted_and_the_model_served(services: Services) -> None:
    wait_for(lambda: services.get("page", "/server_info"), "the page")
    for seed in (1, 2):
        add_labelled(services.landing, seed)

    wait_for(lambda: (told := services.get("api", "/v1/health")) and told.json()["ready"], "a model that is served")

    body = {"traces": [[float(sample % 7) for sample in range(160)]]}
    answer = httpx.post(
        f"http://127.0.0.1:{services.ports['api']}/v1/predict", json=body, timeout=30, trust_env=False
    ).json()
    assert answer["model_version"] == "1"
    assert len(answer["predictions"]) == 1

    add_unlabelled(services.landing, 11)
    wait_for(lambda: _predicted(services) == 3, "predictions of three files")


def test_every_daemon_is_healthy_and_viewers_can_start_nothing(services: Services) -> None:
    wait_for(lambda: services.get("viewers", "/server_info"), "the page for viewers")

    def healthy() -> bool:
        told = services.ask("page", _DAEMONS)["data"]["instance"]["daemonHealth"]["allDaemonStatuses"]
        return all(each["healthy"] for each in told if each["required"])

    wait_for(healthy, "all daemons to be healthy")
    allowed, seen = _permissions(services, "page"), _permissions(services, "viewers")
    assert {"launch_pipeline_execution", "delete_pipeline_run"} < allowed
    assert not [each for each in seen if each.startswith(("launch_", "delete_"))]


def _permissions(services: Services, page: str) -> set[str]:
    told = services.ask(page, _PERMISSIONS)["data"]["permissions"]
    return {each["permission"] for each in told if each["value"]}


def _predicted(services: Services) -> int:
    return len(Lake(services.logs / "storage" / "lake").row_counts(predictions_table(())))
