"""The chart's probes against the real processes, started by the chart's own command lines."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import httpx
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from seismic_assets_tests.commands import environment
from seismic_assets_tests.deploy.charts import container_of, one
from seismic_assets_tests.ports import free_port

pytestmark = [pytest.mark.slow]
_SECONDS = 120


def words_of(component: str, port: int, code: int) -> list[str]:
    """The command line of a part, on this machine and another port."""
    words = [str(each) for each in container_of(one("prod", "Deployment", component))["args"]]
    there = {"--host": "127.0.0.1", "--port": str(port), "--code": f"127.0.0.1:{code}"}
    return [there.get(before, word) for before, word in zip([None, *words], words, strict=False)]


@contextmanager
def started(component: str, root: Path, port: int, code: int = 4000) -> Iterator[None]:
    """The process of a part until the block ends."""
    settings = environment(storage_root=str(root), landing_dir=str(root.parent / "landing"))
    with (root.parent / f"{component}.log").open("w") as log:
        command = [sys.executable, "-m", "seismic_assets.cli", *words_of(component, port, code)]
        process = subprocess.Popen(command, env=settings, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


def wait(look: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + _SECONDS
    while not look():
        if time.monotonic() > deadline:
            pytest.fail(f"no answer: {log.read_text()}")
        time.sleep(0.5)


def serves(port: int, service: str) -> bool:
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        try:
            asked = health_pb2.HealthCheckRequest(service=service)
            answer = health_pb2_grpc.HealthStub(channel).Check(asked, timeout=5)
        except grpc.RpcError:
            return False
        return answer.status == health_pb2.HealthCheckResponse.SERVING


def answers(port: int, path: str) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}{path}", timeout=10, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def probe_of(component: str) -> dict[str, dict[str, str]]:
    return container_of(one("prod", "Deployment", component))["livenessProbe"]


def test_the_code_location_its_page_and_its_daemon_answer_their_probes(tmp_path: Path) -> None:
    root, code, page = tmp_path / "storage", free_port(), free_port()
    root.mkdir()
    with started("code", root, code):
        wait(lambda: serves(code, probe_of("code")["grpc"]["service"]), tmp_path / "code.log")
        with started("viewers", root, page, code), started("daemon", root, 0, code):
            wait(lambda: answers(page, probe_of("viewers")["httpGet"]["path"]), tmp_path / "viewers.log")
            wait(lambda: lives(root), tmp_path / "daemon.log")


def lives(root: Path) -> bool:
    """What the daemon's probe says, run as Kubernetes runs it: with the variables of the container."""
    command = [sys.executable, *probe_of("daemon")["exec"]["command"][1:]]
    variables = {**os.environ, "DAGSTER_HOME": str(root / "dagster")}
    return subprocess.run(command, env=variables, capture_output=True, check=False).returncode == 0


def test_the_exporter_answers_its_probe(tmp_path: Path) -> None:
    root, port = tmp_path / "storage", free_port()
    root.mkdir()
    with started("exporter", root, port):
        wait(lambda: answers(port, probe_of("exporter")["httpGet"]["path"]), tmp_path / "exporter.log")
