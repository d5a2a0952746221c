import numpy as np
import pytest

from seismic_assets.attributes.sample_embedding import SampleEmbedder, fit_sample_embedder
from seismic_assets.registry import load_embedder, save_embedder


@pytest.fixture
def embedder():
    windows = np.random.default_rng(0).normal(300, 2500, size=(100, 16))
    return fit_sample_embedder([windows.astype(np.float32)])


def test_an_embedder_of_samples_comes_back_to_the_last_bit(tmp_path, embedder):
    save_embedder(tmp_path / "embedder.npz", embedder)
    again = load_embedder(tmp_path / "embedder.npz")
    assert isinstance(again, SampleEmbedder)
    assert again == embedder
    assert again.digest() == embedder.digest()
