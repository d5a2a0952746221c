"""The whole chain of alerts on one machine: service, exporter, Prometheus, Alertmanager, and a webhook that listens.

Everything listens on free ports of the loopback interface and keeps its files in one folder.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import yaml

from seismic_assets_tests.commands import SEISMIC, environment
from seismic_assets_tests.inference.building import build_bundle

SHIPPED = Path(__file__).parent
PROGRAMS = ("prometheus", "prometheus-alertmanager", "promtool", "amtool")
_SECONDS_TO_END = 30
_PATIENCE = 90.0


def missing_programs() -> list[str]:
    """Names of the programs that are not installed; Debian has them in prometheus and prometheus-alertmanager."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


def wait_until(reached: Callable[[], object], what: str, more: Callable[[], object] = lambda: "") -> None:
    """Until it is so.

    Raises:
        TimeoutError: it is not so after a minute and a half; says `what`, and `more`.
    """
    deadline = time.monotonic() + _PATIENCE
    while not reached():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {_PATIENCE:g} s in vain for {what}: {more()}")
        time.sleep(0.1)


@dataclass(frozen=True)
class Message:
    """An alert as the webhook got it.

    Attributes:
        receiver: that Alertmanager chose.
        name: of the alert.
        severity: of the alert.
        status: firing or resolved.
        summary: what a person reads.
    """

    receiver: str
    name: str
    severity: str
    status: str
    summary: str


@dataclass
class Stack:
    """What runs.

    Attributes:
        root: the storage root of service and exporter.
        messages: what reached the webhook, in order.
        addresses: host and port of `api`, `exporter`, `prometheus`, `alertmanager`.
        processes: the same, as processes.
    """

    root: Path
    addresses: dict[str, str] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def asked(self, name: str, path: str) -> Any:
        """The JSON that one of the programs answers to a GET."""
        return httpx.get(f"http://{self.addresses[name]}{path}", timeout=10, trust_env=False).json()

    def got(self, name: str, status: str, severity: str = "critical", since: int = 0) -> Message | None:
        """The first message of an alert that reached the webhook, after the first `since` messages."""
        wanted = (name, status, severity)
        found = [each for each in self.messages[since:] if (each.name, each.status, each.severity) == wanted]
        return found[0] if found else None

    def targets(self) -> dict[str, str]:
        """Health of each job that Prometheus scrapes: up, down, unknown."""
        active = self.asked("prometheus", "/api/v1/targets")["data"]["activeTargets"]
        return {each["labels"]["job"]: each["health"] for each in active}

    def stop(self, name: str) -> None:
        """End one of the processes."""
        process = self.processes[name]
        process.terminate()
        process.wait(_SECONDS_TO_END)


@contextmanager
def running(folder: Path) -> Iterator[Stack]:
    """Everything up and scraped; it is ended with the block. Logs and configurations lie in the folder."""
    with ExitStack() as stack:
        made = Stack(folder / "storage")
        names = ("api", "exporter", "prometheus", "alertmanager")
        made.addresses.update({name: f"127.0.0.1:{port}" for name, port in zip(names, _free_ports(4), strict=True)})
        hook = stack.enter_context(_webhook(made.messages))
        build_bundle(folder / "bundle")
        write_configurations(folder, made.addresses, hook)
        _check(folder)
        for name, command in _commands(folder, made).items():
            if name == "prometheus":  # what is not up yet when it looks would be an alert
                for watched in list(made.processes):
                    wait_until(partial(_answers, made, watched), f"{watched} to answer")
            made.processes[name] = stack.enter_context(_process(command, folder / f"{name}.log"))
        wait_until(lambda: _answers(made, "prometheus"), "Prometheus to answer")
        wait_until(lambda: set(made.targets().values()) == {"up"}, "all targets to be up", made.targets)
        yield made


def write_configurations(folder: Path, addresses: dict[str, str], hook: str) -> None:
    """The shipped configurations with what a trial needs: other addresses, seconds for minutes, one webhook for all.

    The rules are those that are shipped, but fire at once (`for: 0s`).
    """
    prometheus = yaml.safe_load((SHIPPED / "prometheus" / "prometheus.yml").read_text())
    prometheus["global"] = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    places = {"seismic-api": "api", "seismic-pipeline": "exporter"}
    for job in prometheus["scrape_configs"]:
        job["static_configs"] = [{"targets": [addresses[places.get(job["job_name"], job["job_name"])]]}]
    prometheus["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": [addresses["alertmanager"]]}]}]}
    _write(folder / "prometheus.yml", prometheus)
    for path in (SHIPPED / "prometheus" / "rules").glob("*.yml"):
        rules = yaml.safe_load(path.read_text())
        for rule in (rule for group in rules["groups"] for rule in group["rules"] if "alert" in rule):
            rule["for"] = "0s"
        _write(folder / "rules" / path.name, rules)
    _write(folder / "alertmanager.yml", _alertmanager(hook))


def _alertmanager(hook: str) -> dict[str, Any]:
    """Routes and inhibition as shipped; every receiver is the webhook, at a path of its name."""
    configuration: dict[str, Any] = yaml.safe_load((SHIPPED / "alertmanager" / "alertmanager.yml").read_text())
    configuration["global"] = {"resolve_timeout": "1m"}
    for route in (configuration["route"], *configuration["route"]["routes"]):
        route.update({"group_wait": "1s", "group_interval": "1s"})
    configuration["receivers"] = [
        {"name": each["name"], "webhook_configs": [{"url": f"{hook}/{each['name']}", "send_resolved": True}]}
        for each in configuration["receivers"]
    ]
    return configuration


def _write(path: Path, configuration: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(configuration, sort_keys=False, width=200))


def _check(folder: Path) -> None:
    """A mistake in a configuration is said by the tools that know it, before anything starts."""
    for command in (
        ["promtool", "check", "config", str(folder / "prometheus.yml")],
        ["amtool", "check-config", str(folder / "alertmanager.yml")],
    ):
        checked = subprocess.run(command, capture_output=True, text=True, check=False)
        if checked.returncode:
            raise RuntimeError(f"{' '.join(command)}: {checked.stdout}{checked.stderr}")


def _commands(folder: Path, made: Stack) -> dict[str, Sequence[str]]:
    def port(name: str) -> str:
        return made.addresses[name].rpartition(":")[2]

    seismic, root = str(SEISMIC), str(made.root)
    return {
        "api": [seismic, "serve", "--storage-root", root, "--model", str(folder / "bundle"), "--port", port("api")],
        "exporter": [seismic, "exporter", "--storage-root", root, "--port", port("exporter")],
        "alertmanager": [
            "prometheus-alertmanager",
            f"--config.file={folder / 'alertmanager.yml'}",
            f"--storage.path={folder / 'alertmanager'}",
            f"--web.listen-address={made.addresses['alertmanager']}",
            "--cluster.listen-address=",
        ],
        "prometheus": [
            "prometheus",
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'prometheus'}",
            f"--web.listen-address={made.addresses['prometheus']}",
        ],
    }


@contextmanager
def _process(command: Sequence[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, stdout=file, stderr=file, env={**environment(env="staging"), "OMP_NUM_THREADS": "1"}
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(_SECONDS_TO_END)


@contextmanager
def _webhook(messages: list[Message]) -> Iterator[str]:
    """The address of a webhook that keeps what reaches it."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            for alert in body["alerts"]:
                labels, words = alert["labels"], alert["annotations"]
                messages.append(
                    Message(
                        body["receiver"], labels["alertname"], labels["severity"], alert["status"], words["summary"]
                    )
                )
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _answers(made: Stack, name: str) -> bool:
    process = made.processes[name]
    if process.poll() is not None:
        raise RuntimeError(f"{name} ended with status {process.returncode}; see {name}.log")
    path = "/api/v1/targets" if name == "prometheus" else "/"
    try:
        return httpx.get(f"http://{made.addresses[name]}{path}", timeout=10, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def _free_ports(count: int) -> list[int]:
    """Ports that nobody listens at; held together, so that none is given twice."""
    with ExitStack() as stack:
        held = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in held:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in held]
