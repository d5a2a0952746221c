"""One MLflow store and one bundle for the tests of versions; making a store takes seconds."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from seismic_assets.registry import ModelRegistry
from seismic_assets_tests.registry.building import add_version, build_bundle

_names = (f"Model{number}" for number in itertools.count())


@pytest.fixture(scope="session")
def store_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a bundle in `bundle`, and the place of a store."""
    root = tmp_path_factory.mktemp("shared_store")
    build_bundle(root / "bundle")
    return root


@pytest.fixture
def open_registry(store_root: Path) -> Callable[[], ModelRegistry]:
    """Opens a registry of a model of this test's own, each time anew."""
    name = next(_names)
    return lambda: ModelRegistry(
        f"sqlite:///{store_root / 'mlflow.db'}", store_root / "artifacts", "seismic experiment", name
    )


@pytest.fixture
def lifecycle(open_registry: Callable[[], ModelRegistry], store_root: Path) -> ModelRegistry:
    """A registry with the versions 1, 2 and 3, none of them moved."""
    made = open_registry()
    for score in (0.5, 0.6, 0.7):
        add_version(made, store_root / "bundle", score)
    return made
