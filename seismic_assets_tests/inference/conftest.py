"""One model for all tests of inference."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from seismic_assets.attributes import FeatureSet
from seismic_assets.inference import Predictor
from seismic_assets.inference.app import create_app
from seismic_assets.registry import Bundle, RegistryError, load_bundle
from seismic_assets_tests.inference.building import build_bundle

NOW = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def bundle_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served") / "bundle"
    build_bundle(folder)
    return folder


@pytest.fixture(scope="session")
def bundle(bundle_folder: Path) -> Bundle:
    return load_bundle(bundle_folder)


@pytest.fixture(scope="session")
def predictor(bundle: Bundle) -> Predictor:
    return Predictor(bundle)


@pytest.fixture(scope="session")
def lateral_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Of a model that needs the traces around and the time."""
    return build_bundle(tmp_path_factory.mktemp("lateral") / "bundle", feature_set=FeatureSet("lateral", time=True))


@pytest.fixture(scope="session")
def lateral(lateral_bundle: Bundle) -> Predictor:
    return Predictor(lateral_bundle)


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
