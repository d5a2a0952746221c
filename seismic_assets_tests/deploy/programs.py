"""Prometheus's programs as the tests run them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[2] / "deploy"
_ENDINGS = ("", "_total", "_bucket", "_sum", "_count")
PROMETHEUS, ALERTMANAGER = DEPLOY / "prometheus", DEPLOY / "alertmanager"


def need(*names: str) -> None:
    """Skip the test where a program is not installed; in CI that is a failure."""
    missing = [name for name in names if shutil.which(name) is None]
    if not missing:
        return
    needed = f"needs {', '.join(missing)}: apt-get install prometheus prometheus-alertmanager"
    if os.environ.get("CI"):
        pytest.fail(f"{needed}; CI must run the tests of the alerts")
    pytest.skip(needed)


def run(*command: str | Path, folder: Path = DEPLOY) -> str:
    """What a program prints; the test fails with it where the program does."""
    need(str(command[0]))
    done = subprocess.run(list(map(str, command)), cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def exists(series: str, known: set[str]) -> bool:
    """Whether a series belongs to one of some metrics: it gets an ending from the metric's type."""
    return any(series == f"{metric}{ending}" for metric in known for ending in _ENDINGS)
