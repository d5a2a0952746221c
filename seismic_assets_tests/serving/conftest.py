"""Services of a small model."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from seismic_assets.registry import Bundle, RegistryError
from seismic_assets.serving.app import create_app
from seismic_assets_tests.inference.model_fixtures import bundle, bundle_folder, lateral, lateral_bundle, predictor
from seismic_assets_tests.small_disk import small_disk as mounted

__all__ = ["bundle", "bundle_folder", "lateral", "lateral_bundle", "predictor"]

NOW = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB."""
    with mounted(tmp_path / "disk", 4) as disk:
        yield disk


@pytest.fixture
def lateral_client(lateral_bundle: Bundle) -> Iterator[TestClient]:
    """A service of a model that needs the traces around and the time."""
    with TestClient(create_app(lambda: ("8", lateral_bundle), clock=lambda: NOW)) as client:
        yield client


@pytest.fixture
def client(bundle: Bundle) -> Iterator[TestClient]:
    """A service of version 7 at noon of 1 March 2025."""
    with TestClient(create_app(lambda: ("7", bundle), clock=lambda: NOW)) as client:
        yield client


@pytest.fixture
def client_without_model() -> Iterator[TestClient]:
    def load() -> tuple[str, Bundle]:
        raise RegistryError("no version of SeismicClassifier is in production; train one")

    with TestClient(create_app(load, clock=lambda: NOW)) as client:
        yield client
