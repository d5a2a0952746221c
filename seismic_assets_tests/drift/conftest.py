"""The reference that samples are compared with."""

import pytest

from seismic_assets.drift import DriftReference, build_reference
from seismic_assets_tests.drift.building import NAMES, survey


@pytest.fixture(scope="session")
def reference() -> DriftReference:
    return build_reference(survey(1, 96, 96, dead=0.004), NAMES)
