import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.attributes import autoencoder
from seismic_assets.attributes.autoencoder import AutoEncoder, fit_autoencoder


def wavelets(count, width=24, seed=0, gain=2500.0, offset=300.0):
    """Windows of two numbers: the strength and the place of one wavelet."""
    random = np.random.default_rng(seed)
    place, strength = random.uniform(6, width - 6, (count, 1)), random.uniform(0.5, 1.5, (count, 1))
    return (strength * np.exp(-(((np.arange(width) - place) / 3) ** 2)) * gain + offset).astype(np.float32)


@pytest.fixture(scope="module")
def fitted():
    return fit_autoencoder([wavelets(1500)], 4, seed=1)


def test_it_has_the_face_of_an_embedder(fitted):
    assert isinstance(fitted, AutoEncoder)
    assert (fitted.window_samples, fitted.num_components, fitted.windows) == (24, 4, 1500)
    for count in (0, 1, 5):
        found = fitted.embed(wavelets(count))
        assert (found.dtype, found.shape) == (np.float32, (count, 4))
        assert (np.abs(found) <= 1).all()


def test_a_bottleneck_of_few_units_restores_most_of_simple_windows(fitted):
    assert 0.8 < fitted.restored <= 1
    assert fitted.explained.sum() == pytest.approx(fitted.restored)


def test_an_embedding_tells_new_windows_of_different_places_apart(fitted):
    new = wavelets(400, seed=7)
    embedded = np.c_[fitted.embed(new), np.ones(400)].astype(np.float64)
    place = ((new - 300.0) * np.arange(24)).sum(axis=1) / (new - 300.0).sum(axis=1)
    guessed = embedded @ np.linalg.lstsq(embedded[:200], place[:200], rcond=None)[0]
    assert np.corrcoef(guessed[200:], place[200:])[0, 1] > 0.9


def test_an_embedding_is_that_of_its_formula_in_float64(fitted):
    windows = wavelets(100, seed=3)
    standardised = (windows.astype(np.float64) - fitted.mean) / fitted.scale
    hidden = np.tanh(standardised @ fitted.hidden_weights.astype(float) + fitted.hidden_bias)
    expected = np.tanh(hidden @ fitted.weights.astype(float) + fitted.bias)
    np.testing.assert_allclose(fitted.embed(windows), expected, atol=1e-4)


def test_the_same_windows_and_seed_give_the_same_embedder_and_others_another():
    windows = wavelets(300)
    digests = [fit_autoencoder([part], 3, seed).digest() for part, seed in ((windows, 1), (windows, 1), (windows, 2))]
    digests.append(fit_autoencoder([windows[:-1]], 3, 1).digest())
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


@settings(max_examples=20, deadline=None)
@given(cuts=st.lists(st.integers(0, 500), max_size=6), most=st.sampled_from([40, 499, 500, 900]))
def test_the_draw_does_not_depend_on_the_size_of_the_blocks(cuts, most):
    windows = np.arange(500, dtype=np.float32)[:, None] * np.ones(3, np.float32)
    whole = autoencoder._draw([windows], most, seed=5)
    assert len(np.unique(whole[:, 0])) == len(whole) == min(most, 500)
    assert (autoencoder._draw(np.split(windows, sorted(cuts)), most, seed=5) == whole).all()


def test_every_window_has_the_same_chance_to_be_drawn():
    windows = np.arange(100, dtype=np.float32)[:, None]
    drawn = np.concatenate([autoencoder._draw(np.split(windows, 4), 10, seed)[:, 0] for seed in range(2000)])
    counts = np.bincount(drawn.astype(int), minlength=100)
    assert abs(counts - 200).max() < 5 * np.sqrt(200)


def test_of_many_windows_a_sample_is_fitted_on(monkeypatch):
    monkeypatch.setattr(autoencoder, "MOST_WINDOWS", 60)
    assert fit_autoencoder([wavelets(200)], 3, 0).windows == 60


@pytest.mark.parametrize("count", [1, 2, 10, 50])
@pytest.mark.parametrize("width", [1, 2, 8])
def test_few_and_short_windows_have_an_embedding_too(count, width):
    windows = np.random.default_rng(0).normal(size=(count, width)).astype(np.float32)
    fitted = fit_autoencoder([windows], 4, 0)
    assert fitted.num_components == min(4, width)
    assert np.isfinite(fitted.embed(windows)).all()
    assert 0 <= fitted.restored <= 1


def test_windows_that_never_vary_and_windows_far_from_all_are_embedded_finitely(fitted):
    constant = fit_autoencoder([np.full((60, 8), 7.0, np.float32)], 2, 0)
    assert constant.restored == 0
    for embedder, width in ((constant, 8), (fitted, 24)):
        far = embedder.embed(np.array([[1e15] * width, [-1e15] * width, [0.0] * width], np.float32))
        assert np.isfinite(far).all()


@pytest.mark.parametrize("blocks", [[], [np.zeros((0, 8), np.float32)]])
def test_no_window_is_refused(blocks):
    with pytest.raises(ValueError, match="no training window to fit the embedding on; label more traces"):
        fit_autoencoder(blocks, 4, 0)
