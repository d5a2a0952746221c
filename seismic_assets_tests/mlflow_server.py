"""A real MLflow server on a free port, with its runs in PostgreSQL and its artifacts in a folder."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from seismic_assets_tests.ports import free_port

_SECONDS = 120


@contextmanager
def mlflow_server(database: str, folder: Path) -> Iterator[str]:
    """Its address until the block ends; `database` is one of PostgreSQL, whose tables are made."""
    address = f"http://127.0.0.1:{(port := free_port())}"
    command = [Path(sys.executable).with_name("mlflow"), "server", "--backend-store-uri", database, "--serve-artifacts"]
    command += ["--artifacts-destination", folder / "artifacts", "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "mlflow.log").open("w") as log:
        # A session of its own, so that its workers end with it.
        server = subprocess.Popen([*command, "--workers", "1"], stdout=log, stderr=log, start_new_session=True)
    try:
        _wait(address, folder / "mlflow.log")
        yield address
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=_SECONDS)


def _wait(address: str, log: Path) -> None:
    deadline = time.monotonic() + _SECONDS
    while not _is_healthy(address):
        if time.monotonic() > deadline:
            pytest.fail(f"the MLflow server did not come up: {log.read_text()}")
        time.sleep(0.5)


def _is_healthy(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health", timeout=5, trust_env=False).is_success
    except httpx.HTTPError:
        return False
