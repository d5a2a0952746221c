"""A Dagster home in which one run has ended; making one takes seconds, copying it does not."""

import shutil
from pathlib import Path

import pytest

from seismic_assets_tests.exporter.building import prepare, run


@pytest.fixture(scope="session")
def _ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = prepare(tmp_path_factory.mktemp("ran") / "home")
    run(home, "catalogue")
    return home


@pytest.fixture
def ran(_ran: Path, tmp_path: Path) -> Path:
    """A home of its own, in which `catalogue` was made once."""
    return Path(shutil.copytree(_ran, tmp_path / "ran"))
