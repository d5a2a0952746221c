"""A Ray cluster of several machines on one: a process tree for each, in the same network or each in one of its own."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from benchmarks.ports import free_port
from seismic_assets.cluster.ray_pool import DEFAULTS

_SECONDS = 300
_STORE_BYTES = 200_000_000  # of objects a machine holds in shared memory: the tables go by the disk
_BRIDGE, _NETWORK = "seismic-ray", "10.231.77"
# One for all clusters of this process: Ray keeps the first that it finds.
_TOKEN = secrets.token_hex(16)
_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "token",
    # A machine that is cut off is to be missed after a quarter of a minute.
    "RAY_health_check_period_ms": "1000",
    "RAY_health_check_timeout_ms": "2000",
    "RAY_health_check_failure_threshold": "8",
}


@dataclass
class Nodes:
    """A running cluster.

    Attributes:
        address: of its head, which computes nothing.
        token: that all who talk to it show.
        jobs: where it takes jobs, `http://HOST:PORT`; None where it was not asked to.
        workers: the machines that compute, one core each, in the order they were added.
    """

    address: str
    token: str
    folder: Path
    namespaces: bool
    jobs: str | None = None
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def add(self) -> None:
        """Start one more machine with one core, and wait until the cluster knows it."""
        number = len(self.workers) + 1
        inside, ip = _namespace(number) if self.namespaces else ([], _own_ip())
        agent = f"--dashboard-agent-listen-port={free_port()}"  # the default is one for all of a machine
        options = [f"--address={self.address}", f"--node-ip-address={ip}", "--num-cpus=1", agent]
        self.workers.append(_started([*inside, *_RAY, *options], self.folder / f"node{number}.log", self.token))
        self._wait(len([worker for worker in self.workers if worker.poll() is None]))

    def kill(self, number: int) -> None:
        """Kill all processes of a machine at once, as a power cut does."""
        _kill(self.workers[number])

    def cut_off(self, number: int) -> None:
        """Take a machine's network away; its processes go on."""
        subprocess.run(["ip", "link", "set", f"{_BRIDGE}{number + 1}", "down"], check=True)

    def _wait(self, cores: int) -> None:
        """Until the cluster has so many cores; this process is its driver from then on."""
        import ray

        deadline = time.monotonic() + _SECONDS
        while True:
            try:
                if not ray.is_initialized():
                    ray.init(address=self.address, log_to_driver=False, logging_level=logging.ERROR)
                if int(ray.cluster_resources().get("CPU", 0)) == cores:
                    return
                why = f"it has {ray.cluster_resources()}"
            except (ConnectionError, RuntimeError) as error:
                why = str(error)
            if time.monotonic() > deadline:
                raise RuntimeError(f"the cluster does not come to {cores} cores: {why}")
            time.sleep(1)


@contextmanager
def ray_nodes(count: int, *, namespaces: bool = False, jobs: bool = False) -> Iterator[Nodes]:
    """A cluster of a head and so many machines with one core each, until the block ends.

    Args:
        count: of machines beside the head.
        namespaces: each machine in a network namespace of its own, joined by a bridge; needs root and `ip`.
        jobs: whether it takes jobs, which its dashboard does.
    """
    # Before Ray is asked anything.
    os.environ.update({**DEFAULTS, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": _TOKEN})
    import ray

    folder = Path(tempfile.mkdtemp(prefix="ray-"))  # short: Ray makes sockets in it, whose names may have 107 bytes
    ip = _make_bridge() if namespaces else _own_ip()
    address = f"{ip}:{free_port()}"
    head = [*_RAY, "--head", f"--port={address.split(':')[1]}", f"--node-ip-address={ip}", "--num-cpus=0"]
    head.append(f"--dashboard-agent-listen-port={free_port()}")
    dashboard = free_port()
    nodes = Nodes(address, _TOKEN, folder, namespaces, f"http://127.0.0.1:{dashboard}" if jobs else None)
    page = ["--include-dashboard=true", f"--dashboard-port={dashboard}"] if jobs else ["--include-dashboard=false"]
    started = _started([*head, *page, f"--temp-dir={folder}"], folder / "head.log", nodes.token)
    try:
        nodes._wait(0)
        for _ in range(count):
            nodes.add()
        if nodes.jobs is not None:
            _wait_for_jobs(nodes.jobs)
        yield nodes
    finally:
        ray.shutdown()
        for process in (*nodes.workers, started):
            _kill(process)
        if namespaces:
            _remove_network(len(nodes.workers))
        shutil.rmtree(folder, ignore_errors=True)


_RAY = [
    str(Path(sys.executable).with_name("ray")),
    "start",
    "--block",
    f"--object-store-memory={_STORE_BYTES}",
    "--disable-usage-stats",
]


def _wait_for_jobs(address: str) -> None:
    """Until it takes one: its agents come up after the machines."""
    from ray.job_submission import JobSubmissionClient

    deadline = time.monotonic() + _SECONDS
    while True:
        try:
            JobSubmissionClient(address).submit_job(entrypoint="true")
            return
        except (ConnectionError, RuntimeError) as error:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the cluster takes no jobs: {error}") from error
        time.sleep(1)


def _own_ip() -> str:
    """Of this machine: Ray takes no loopback address for a machine of a cluster."""
    import ray

    return str(ray.util.get_node_ip_address())


def _env(token: str) -> dict[str, str]:
    paths = os.pathsep.join(path for path in sys.path if path)
    return {**os.environ, **_ENVIRONMENT, "RAY_AUTH_TOKEN": token, "PYTHONPATH": paths}


def _started(command: list[str], log: Path, token: str) -> subprocess.Popen[bytes]:
    with log.open("wb") as file:
        return subprocess.Popen(command, stdout=file, stderr=file, env=_env(token), start_new_session=True)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(psutil.NoSuchProcess):
        root = psutil.Process(process.pid)
        for each in [root, *root.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                each.kill()
    process.wait()


def _make_bridge() -> str:
    _remove_network(8)
    ip = f"{_NETWORK}.1"
    for command in (
        f"ip link add {_BRIDGE} type bridge",
        f"ip addr add {ip}/24 dev {_BRIDGE}",
        f"ip link set {_BRIDGE} up",
    ):
        subprocess.run(command.split(), check=True)
    return ip


def _namespace(number: int) -> tuple[list[str], str]:
    """What a command begins with to be run in a network of its own, and the address there."""
    name, ip = f"{_BRIDGE}-{number}", f"{_NETWORK}.{number + 1}"
    for command in (
        f"ip netns add {name}",
        f"ip link add {_BRIDGE}{number} type veth peer name eth0 netns {name}",
        f"ip link set {_BRIDGE}{number} master {_BRIDGE} up",
        f"ip -n {name} addr add {ip}/24 dev eth0",
        f"ip -n {name} link set eth0 up",
        f"ip -n {name} link set lo up",
    ):
        subprocess.run(command.split(), check=True)
    return ["ip", "netns", "exec", name], ip


def _remove_network(machines: int) -> None:
    for number in range(1, machines + 1):
        subprocess.run(["ip", "netns", "del", f"{_BRIDGE}-{number}"], check=False, capture_output=True)
    subprocess.run(["ip", "link", "del", _BRIDGE], check=False, capture_output=True)
