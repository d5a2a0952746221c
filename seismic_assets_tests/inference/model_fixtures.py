"""One model for all tests of inference and of the service; a conftest imports what it takes of it."""

from pathlib import Path

import pytest

from seismic_assets.attributes import FeatureSet
from seismic_assets.inference import Predictor
from seismic_assets.registry import Bundle, load_bundle
from seismic_assets_tests.inference.building import build_bundle

__all__ = ["bundle", "bundle_folder", "lateral", "lateral_bundle", "predictor"]


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
