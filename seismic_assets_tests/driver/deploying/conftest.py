"""A deployment that deploys are tried on."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from seismic_assets.deployment import registry_of
from seismic_assets.driver.deploying.deploy import journal_of
from seismic_assets_tests.driver.deploying.small import of, run
from seismic_assets_tests.surveys import add_labelled


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A deployment with two versions: the second, of another seed, in staging alone."""
    folder = tmp_path_factory.mktemp("deployed")
    for seed in (1, 2):
        add_labelled(folder / "landing", seed)
    run(of(folder))
    another = of(folder, seed=7, model_families=("logistic_regression",))
    run(another)
    registry = registry_of(another)
    if registry.version_of() == "2":
        registry.promote("1", by="a test")
    registry.stage("1", by="a test")
    return folder


@pytest.fixture
def deployment(made: Path) -> Iterator[Path]:
    """The deployment; aliases and files are put back afterwards, the databases stay as they are."""
    yield made
    registry = registry_of(of(made))
    if registry.version_of() != "1":
        registry.promote("1", by="a test")
    registry.stage("1", by="a test")
    shutil.rmtree(journal_of(of(made)).folder, ignore_errors=True)
