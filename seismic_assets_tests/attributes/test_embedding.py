import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from seismic_assets.attributes import fit_embedder


def correlated(count, width, seed=0, offset=300.0, scale=2500.0):
    """Windows whose components stand apart, with an amplitude and an offset as traces have them."""
    random = np.random.default_rng(seed)
    mixing = random.normal(size=(width, width)) * 1.3 ** -np.arange(width)[:, None]
    return (random.normal(size=(count, width)) @ mixing * scale + offset).astype(np.float32)


@pytest.mark.parametrize(("count", "width", "components"), [(3000, 64, 32), (500, 20, 8), (50, 64, 32), (400, 16, 32)])
def test_an_embedding_is_scikit_learn_s_up_to_sign(count, width, components):
    windows = correlated(count, width)
    embedder = fit_embedder([windows], components)
    kept = min(components, width)
    standardised = StandardScaler().fit_transform(windows.astype(np.float64))
    pca = PCA(kept, svd_solver="full").fit(standardised)
    assert (embedder.num_components, embedder.window_samples, embedder.windows) == (kept, width, count)
    distinct = pca.explained_variance_ratio_ > 1e-9
    signs = np.sign((embedder.components * pca.components_).sum(axis=1))[distinct]
    np.testing.assert_allclose(embedder.components[distinct], signs[:, None] * pca.components_[distinct], atol=1e-6)
    np.testing.assert_allclose(embedder.explained, pca.explained_variance_ratio_, atol=1e-9)
    expected = pca.transform(standardised)[:, distinct] * signs
    np.testing.assert_allclose(embedder.embed(windows)[:, distinct], expected, atol=2e-5)


def exact_embedding(embedder, windows):
    """In float64, and the length of each standardised window."""
    standardised = (windows.astype(np.float64) - embedder.mean) / embedder.scale
    return standardised @ embedder.components.T, np.linalg.norm(standardised, axis=1)


@settings(max_examples=40, deadline=None)
@given(
    width=st.integers(2, 200),
    components=st.integers(1, 40),
    gain=st.sampled_from([1e-6, 1.0, 2500.0, 1e9]),
    offset=st.floats(-1, 1),
    seed=st.integers(0, 99),
)
def test_an_embedding_agrees_with_float64_to_1e_5_of_the_standardised_window(width, components, gain, offset, seed):
    windows = np.random.default_rng(seed).normal(size=(200, width)).cumsum(axis=1)
    windows = ((windows + offset * windows.std()) * gain).astype(np.float32)
    embedder = fit_embedder([windows[:150]], components)  # the other windows are new to it
    expected, length = exact_embedding(embedder, windows)
    assert (np.abs(embedder.embed(windows) - expected).max(axis=1) < 1e-5 * length).all()


@settings(max_examples=30, deadline=None)
@given(cuts=st.lists(st.integers(0, 300), max_size=8), width=st.sampled_from([16, 64, 101]))
def test_an_embedding_does_not_depend_on_the_windows_beside_it(cuts, width):
    windows = correlated(300, width)
    embedder = fit_embedder([windows], 8)
    whole = embedder.embed(windows)
    alone = np.concatenate([embedder.embed(part) for part in np.split(windows, sorted(cuts))])
    _, length = exact_embedding(embedder, windows)
    assert (np.abs(whole - alone).max(axis=1) <= 1e-5 * length).all()


def test_an_embedding_is_float32_and_of_no_window_empty():
    embedder = fit_embedder([correlated(50, 16)], 8)
    for count in (0, 1, 5):
        found = embedder.embed(correlated(count, 16))
        assert (found.dtype, found.shape) == (np.float32, (count, 8))


@settings(max_examples=30, deadline=None)
@given(cuts=st.lists(st.integers(0, 400), max_size=8), seed=st.integers(0, 50))
def test_a_fit_does_not_depend_on_the_size_of_the_blocks(cuts, seed):
    windows = correlated(400, 12, seed)
    whole = fit_embedder([windows], 6)
    blocks = fit_embedder(np.split(windows, sorted(cuts)), 6)
    for name in ("mean", "scale", "components", "explained"):
        ours, theirs = getattr(blocks, name), getattr(whole, name)
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9, err_msg=name)
    assert blocks.windows == whole.windows == 400


def test_the_same_blocks_give_the_same_digest_and_others_another():
    windows = correlated(300, 16)
    digests = [fit_embedder([part], 8).digest() for part in (windows, windows.copy(), windows[:-1])]
    assert digests[0] == digests[1] != digests[2]


@settings(max_examples=40, deadline=None)
@given(count=st.integers(1, 40), width=st.integers(2, 24), components=st.integers(1, 32), seed=st.integers(0, 9))
def test_components_are_orthonormal_by_falling_variance_with_a_positive_largest_entry(count, width, components, seed):
    embedder = fit_embedder([correlated(count, width, seed)], components)
    kept = embedder.num_components
    assert kept == min(components, width)
    np.testing.assert_allclose(embedder.components @ embedder.components.T, np.eye(kept), atol=1e-9)
    assert (np.diff(embedder.explained) <= 1e-12).all()
    assert 0 <= embedder.explained.sum() <= 1 + 1e-9
    largest = np.abs(embedder.components).argmax(axis=1)
    assert (embedder.components[np.arange(kept), largest] > 0).all()


def test_all_components_keep_all_of_the_variance():
    windows = correlated(200, 10)
    embedder = fit_embedder([windows], 10)
    assert embedder.explained.sum() == pytest.approx(1)
    standardised = (windows - embedder.mean) / embedder.scale
    np.testing.assert_allclose(embedder.embed(windows) @ embedder.components, standardised, atol=1e-4)


@pytest.mark.parametrize("constant", [0.0, 1000.1, -7777.7, 123456.7])
def test_a_sample_that_never_varies_is_centred_and_not_blown_up(constant):
    for count in range(50, 1000, 37):  # the rounding of the sums is zero for most counts
        windows = correlated(count, 10)
        windows[:, 3] = constant
        embedder = fit_embedder(np.array_split(windows, 5), 10)
        assert embedder.scale[3] == 1
        assert embedder.mean[3] == pytest.approx(constant)


def test_windows_that_do_not_vary_at_all_explain_nothing():
    embedder = fit_embedder([np.full((5, 8), 7, np.float32)], 4)
    assert embedder.explained.tolist() == [0] * 4
    assert (embedder.embed(np.full((2, 8), 7, np.float32)) == 0).all()


@pytest.mark.parametrize("blocks", [[], [np.zeros((0, 8), np.float32)]])
def test_no_window_is_refused(blocks):
    with pytest.raises(ValueError, match="no training window to fit the embedding on; label more traces"):
        fit_embedder(blocks, 8)
