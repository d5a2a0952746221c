"""One small deployment for the tests of the tools; not to be changed."""

import pytest

from seismic_assets.settings import Settings
from seismic_assets.tools.toolbox import Toolbox
from seismic_assets_tests.tools.building import deployment


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return deployment(tmp_path_factory.mktemp("deployment"))


@pytest.fixture(scope="session")
def toolbox(made: Settings) -> Toolbox:
    return Toolbox(made)
