"""One trained model for the tests of monitoring; training it takes seconds."""

from pathlib import Path

import pytest

from seismic_assets_tests.defs.monitoring.building import Place, copy_of, train


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A deployment with version 1 in production; do not change it."""
    return train(tmp_path_factory.mktemp("trained") / "place")


@pytest.fixture
def place(trained: Place, tmp_path: Path) -> Place:
    """A deployment of the test's own."""
    return copy_of(trained, tmp_path / "place")
