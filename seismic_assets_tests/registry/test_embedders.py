import numpy as np
import pytest

from seismic_assets.attributes import fit_embedder
from seismic_assets.registry import BundleError, load_embedder, save_embedder


@pytest.fixture
def embedder():
    return fit_embedder([np.random.default_rng(0).normal(size=(100, 16)).astype(np.float32)], 4)


def test_an_embedder_comes_back_to_the_last_bit(tmp_path, embedder):
    path = tmp_path / "new" / "embedder.npz"
    for _ in range(2):
        save_embedder(path, embedder)
    again = load_embedder(path)
    for name in ("mean", "scale", "components", "explained"):
        assert getattr(again, name).tobytes() == getattr(embedder, name).tobytes()
    assert (again.windows, again.digest()) == (embedder.windows, embedder.digest())
    assert [file.name for file in path.parent.iterdir()] == ["embedder.npz"]


def test_a_missing_embedder_is_a_sentence(tmp_path):
    with pytest.raises(BundleError, match=r"embedder\.npz cannot be read .*materialise the asset embedder again"):
        load_embedder(tmp_path / "embedder.npz")


@pytest.mark.parametrize("share", [0, 0.3, 0.6, 0.99])
def test_a_damaged_embedder_is_a_sentence(tmp_path, embedder, share):
    path = tmp_path / "embedder.npz"
    save_embedder(path, embedder)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(BundleError, match=r"embedder\.npz cannot be read"):
        load_embedder(path)


def test_an_embedder_with_an_altered_byte_is_a_sentence(tmp_path, embedder):
    path = tmp_path / "embedder.npz"
    save_embedder(path, embedder)
    content = bytearray(path.read_bytes())
    content[content.index(embedder.mean.tobytes())] ^= 1
    path.write_bytes(content)
    with pytest.raises(BundleError, match=r"embedder\.npz cannot be read"):
        load_embedder(path)


def test_an_embedder_that_lacks_an_array_is_a_sentence(tmp_path, embedder):
    np.savez(tmp_path / "embedder.npz", mean=embedder.mean)
    with pytest.raises(BundleError, match=r"embedder\.npz cannot be read"):
        load_embedder(tmp_path / "embedder.npz")
