import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.attributes import (
    HANDCRAFTED,
    feature_names,
    features_of,
    fit_embedder,
    handcrafted,
    standardise,
)

WINDOWS = (np.random.default_rng(5).normal(size=(500, 64)).cumsum(axis=1) * 700).astype(np.float32)


@pytest.fixture(scope="module")
def embedder():
    return fit_embedder([WINDOWS], 32)


def test_the_classic_set_is_the_eight_attributes_then_the_32_components(embedder):
    names = feature_names(embedder.num_components)
    assert len(names) == 40
    assert names[:8] == HANDCRAFTED
    assert names[8:] == tuple(f"embedding_{index}" for index in range(32))
    assert names[:8] == (
        "mean_amplitude",
        "std_amplitude",
        "min_amplitude",
        "max_amplitude",
        "rms_amplitude",
        "energy",
        "zero_crossings",
        "dominant_frequency",
    )


def test_features_stand_in_the_order_of_their_names(embedder):
    features = features_of(WINDOWS, 4000, embedder)
    assert (features.dtype, features.shape) == (np.float32, (500, 40))
    assert (features[:, :8] == handcrafted(WINDOWS, 4000)).all()
    assert (features[:, 8:] == embedder.embed(WINDOWS)).all()


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.integers(0, 499), min_size=1, max_size=50))
def test_the_features_of_a_window_do_not_depend_on_the_batch(embedder, rows):
    whole = features_of(WINDOWS, 4000, embedder)
    np.testing.assert_allclose(features_of(WINDOWS[rows], 4000, embedder), whole[rows], rtol=1e-5, atol=1e-5)


def test_standardised_features_are_centred_and_scaled_in_float64():
    features = np.array([[1e7 + 1, 2], [1e7 - 1, 4]], np.float32)
    found = standardise(features, np.array([1e7, 3]), np.array([2.0, 0.5]))
    assert found.dtype == np.float32
    assert found.tolist() == [[0.5, -2], [-0.5, 2]]
