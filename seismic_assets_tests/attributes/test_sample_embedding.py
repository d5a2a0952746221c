import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.attributes.sample_embedding import fit_sample_embedder


def windows_of(count, width=16, seed=0, offset=300.0, gain=2500.0):
    return (np.random.default_rng(seed).normal(size=(count, width)) * gain + offset).astype(np.float32)


def test_an_embedding_is_the_window_centred_and_over_one_scale():
    windows = windows_of(500)
    embedder = fit_sample_embedder([windows])
    assert (embedder.window_samples, embedder.num_components, embedder.windows) == (16, 16, 500)
    expected = (windows.astype(np.float64) - windows.mean(dtype=np.float64)) / windows.std(dtype=np.float64)
    np.testing.assert_allclose(embedder.embed(windows), expected, atol=1e-5)


def test_positions_that_differ_in_strength_keep_that_difference():
    windows = windows_of(500, offset=0.0) * np.linspace(0.1, 3, 16, dtype=np.float32)
    embedded = fit_sample_embedder([windows]).embed(windows)
    np.testing.assert_allclose(embedded.std(axis=0) / embedded.std(), windows.std(axis=0) / windows.std(), rtol=1e-4)


@settings(max_examples=40, deadline=None)
@given(
    cuts=st.lists(st.integers(0, 300), max_size=8),
    offset=st.sampled_from([0.0, 1e3, -1e6]),
    gain=st.sampled_from([1e-6, 1.0, 1e9]),
)
def test_a_fit_does_not_depend_on_the_size_of_the_blocks(cuts, offset, gain):
    windows = windows_of(300, offset=offset * gain, gain=gain)
    embedder = fit_sample_embedder(np.split(windows, sorted(cuts)))
    exact = windows.astype(np.float64)
    assert embedder.mean == pytest.approx(exact.mean(), rel=1e-9, abs=1e-9 * gain)
    assert embedder.scale == pytest.approx(exact.std(), rel=1e-6)
    assert embedder.windows == 300


def test_an_embedding_is_float32_and_of_no_window_empty():
    embedder = fit_sample_embedder([windows_of(50)])
    for count in (0, 1, 5):
        found = embedder.embed(windows_of(count))
        assert (found.dtype, found.shape) == (np.float32, (count, 16))


@pytest.mark.parametrize("constant", [0.0, 7.0, 123456.7])
def test_samples_that_never_vary_are_centred_and_not_blown_up(constant):
    windows = np.full((7, 8), constant, np.float32)
    embedder = fit_sample_embedder([windows[:3], windows[3:]])
    assert embedder.scale == 1
    np.testing.assert_allclose(embedder.embed(windows), 0, atol=1e-6)


def test_the_same_windows_give_the_same_digest_and_others_another():
    windows = windows_of(300)
    digests = [fit_sample_embedder([part]).digest() for part in (windows, windows.copy(), windows[:-1], windows[:, :8])]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


def test_the_components_keep_all_of_the_variance():
    embedder = fit_sample_embedder([windows_of(30)])
    assert embedder.explained.shape == (16,)
    assert embedder.explained.sum() == pytest.approx(1)


@pytest.mark.parametrize("blocks", [[], [np.zeros((0, 8), np.float32)]])
def test_no_window_is_refused(blocks):
    with pytest.raises(ValueError, match="no training window to fit the embedding on; label more traces"):
        fit_sample_embedder(blocks)
