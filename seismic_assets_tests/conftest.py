"""Fixtures that every test may use."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

from seismic_assets_tests.commands import settings_in_environment

settings.register_profile("untimed", deadline=None)  # that a machine is busy is no fault
settings.load_profile("untimed")

# Two test processes with two OpenMP threads each would spin on two cores; set before scikit-learn is loaded.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

# Begun in the background of a shell, tests ignore Ctrl-C; Dagster then has SIGTERM ignored too, and the servers that
# are started here would inherit both and never end.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real SEG-Y files and labels; skips without it, fails in CI."""
    named = os.environ.get("SEISMIC_REAL_DATA")
    if named and (Path(named) / "segy").is_dir():
        return Path(named).resolve()
    if os.environ.get("CI"):
        pytest.fail("SEISMIC_REAL_DATA does not name a folder with segy/ in it; CI must run the tests on real files")
    pytest.skip("needs real SEG-Y files: set SEISMIC_REAL_DATA to a folder with segy/ and labelled/ in it")


def _forget_settings() -> None:
    for name in settings_in_environment():
        del os.environ[name]


@pytest.fixture(autouse=True, scope="module")
def _clean_module() -> None:
    """No setting of the machine reaches a fixture of a module; MLflow itself sets MLFLOW_TRACKING_URI in a process."""
    _forget_settings()


@pytest.fixture(autouse=True)
def _clean_environment() -> Iterator[None]:
    """No setting of the machine, or of the test before, reaches a test; nor do logs that a command set up in it."""
    _forget_settings()
    yield
    structlog.reset_defaults()
    _forget_settings()  # a fixture of the session is made before any of the next module's


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first: the last file is then a short one, and no worker waits minutes for the other."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
