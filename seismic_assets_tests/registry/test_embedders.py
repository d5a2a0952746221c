from dataclasses import fields

import numpy as np
import pytest

from seismic_assets.attributes import fit_embedder
from seismic_assets.attributes.autoencoder import fit_autoencoder
from seismic_assets.attributes.sample_embedding import fit_sample_embedder
from seismic_assets.registry import BundleError, load_embedder, save_embedder

WINDOWS = np.random.default_rng(0).normal(size=(100, 16)).astype(np.float32)
KINDS = {
    "pca": lambda: fit_embedder([WINDOWS], 4),
    "mlp_autoencoder": lambda: fit_autoencoder([WINDOWS], 4, seed=0),
    "samples": lambda: fit_sample_embedder([WINDOWS]),
}


@pytest.fixture
def embedder():
    return KINDS["pca"]()


@pytest.mark.parametrize("kind", KINDS)
def test_an_embedder_of_any_kind_comes_back_to_the_last_bit(tmp_path, kind):
    path, embedder = tmp_path / "new" / "embedder.npz", KINDS[kind]()
    for _ in range(2):
        save_embedder(path, embedder)
    again = load_embedder(path)
    assert type(again) is type(embedder)
    for field in fields(embedder):
        ours, theirs = getattr(again, field.name), getattr(embedder, field.name)
        assert np.asarray(ours).tobytes() == np.asarray(theirs).tobytes()
        assert np.asarray(ours).dtype == np.asarray(theirs).dtype
    assert (again.windows, again.digest()) == (embedder.windows, embedder.digest())
    assert (again.embed(WINDOWS) == embedder.embed(WINDOWS)).all()
    assert [file.name for file in path.parent.iterdir()] == ["embedder.npz"]


def test_a_file_of_before_there_were_kinds_is_one_of_principal_components(tmp_path, embedder):
    path = tmp_path / "embedder.npz"
    names = ("mean", "scale", "components", "explained", "windows")
    np.savez(path, **{name: np.asarray(getattr(embedder, name)) for name in names})
    assert load_embedder(path).digest() == embedder.digest()


def test_a_kind_of_another_version_is_a_sentence(tmp_path, embedder):
    np.savez(tmp_path / "embedder.npz", kind=np.asarray("umap"), mean=embedder.mean)
    with pytest.raises(BundleError, match=r"embedder\.npz is of the kind 'umap'.* knows pca, mlp_autoencoder"):
        load_embedder(tmp_path / "embedder.npz")


@pytest.mark.parametrize("name", ["kind", "mean"])
def test_a_pickle_is_not_loaded(tmp_path, embedder, name):
    content = {"kind": np.asarray("pca"), "mean": embedder.mean, "scale": embedder.scale}
    np.savez(tmp_path / "embedder.npz", **content | {name: np.array([{"a": 1}], dtype=object)})
    with pytest.raises(BundleError, match=r"embedder\.npz cannot be read .*allow_pickle"):
        load_embedder(tmp_path / "embedder.npz")


def test_what_is_no_embedder_is_not_saved(tmp_path):
    with pytest.raises(TypeError, match="type PosixPath cannot be saved"):
        save_embedder(tmp_path / "embedder.npz", tmp_path)
    assert not any(tmp_path.iterdir())


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
