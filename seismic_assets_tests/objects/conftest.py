from collections.abc import Iterator

import pytest

from seismic_assets.objects import ObjectAccess
from seismic_assets_tests.object_store import object_store, reached


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Iterator[ObjectAccess]:
    with object_store(tmp_path_factory.mktemp("object_store")) as access:
        yield access


@pytest.fixture
def access(store) -> Iterator[ObjectAccess]:
    """A store that this process reaches."""
    with reached(store):
        yield store
