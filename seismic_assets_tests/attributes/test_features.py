from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.attributes import (
    FEATURE_SETS,
    HANDCRAFTED,
    FeatureSet,
    Windows,
    attributes_of,
    extended,
    feature_names,
    features_of,
    fit_embedder,
    handcrafted,
    lateral,
    standardise,
    window_features,
)

WINDOWS = (np.random.default_rng(5).normal(size=(500, 64)).cumsum(axis=1) * 700).astype(np.float32)
AROUND = np.stack([np.roll(WINDOWS, shift, axis=0) for shift in (-4, -3, -2, -1, 1, 2, 3, 4)], axis=1)
PRESENT = np.random.default_rng(6).random((500, 8)) < 0.8
WHOLE = Windows(WINDOWS, 4000, np.arange(500, dtype=np.float32) * 2, AROUND, PRESENT)


@pytest.fixture(scope="module")
def embedder():
    return fit_embedder([WINDOWS], 32)


def test_the_classic_set_is_the_eight_attributes_then_the_32_components(embedder):
    names = feature_names(embedder.num_components)
    assert len(names) == 40
    assert names[:8] == HANDCRAFTED
    assert names[8:] == tuple(f"embedding_{index}" for index in range(32))


def test_features_stand_in_the_order_of_their_names(embedder):
    features = features_of(WINDOWS, 4000, embedder)
    assert (features.dtype, features.shape) == (np.float32, (500, 40))
    assert (features[:, :8] == handcrafted(WINDOWS, 4000)).all()
    assert (features[:, 8:] == embedder.embed(WINDOWS)).all()


@pytest.mark.parametrize("time", [False, True])
@pytest.mark.parametrize("name", FEATURE_SETS)
def test_each_feature_is_the_one_that_its_name_says(embedder, name, time):
    feature_set = FeatureSet(name, time)
    features = window_features(WHOLE, embedder, feature_set)
    parts = [handcrafted(WINDOWS, 4000), embedder.embed(WINDOWS)]
    parts += [extended(WINDOWS, 4000)] if name != "classic" else []
    parts += [lateral(WINDOWS, AROUND, PRESENT)] if name == "lateral" else []
    parts += [WHOLE.centre_ms[:, None]] if time else []
    assert features.dtype == np.float32
    assert features.shape == (500, len(feature_set.names(32)))
    np.testing.assert_array_equal(features, np.concatenate(parts, axis=1))


@pytest.mark.parametrize("name", FEATURE_SETS)
def test_attributes_are_the_features_without_the_embedding(embedder, name):
    feature_set = FeatureSet(name)
    attributes = attributes_of(WHOLE, feature_set)
    names = feature_set.names(32)
    columns = [names.index(each) for each in feature_set.attributes]
    assert attributes.dtype == np.float32
    np.testing.assert_array_equal(attributes, window_features(WHOLE, embedder, feature_set)[:, columns])


def test_a_trace_that_stands_alone_has_the_extended_features_too(embedder):
    feature_set = FeatureSet("extended")
    alone = features_of(WINDOWS, 4000, embedder, feature_set)
    np.testing.assert_array_equal(alone, window_features(WHOLE, embedder, feature_set))


@pytest.mark.parametrize("lost", ["neighbours", "present"])
def test_lateral_features_without_neighbours_are_refused_in_a_sentence(embedder, lost):
    with pytest.raises(ValueError, match=r"lateral attributes need the traces around; give their inline and crossline"):
        window_features(replace(WHOLE, **{lost: None}), embedder, FeatureSet("lateral"))


def test_the_time_as_a_feature_without_a_time_is_refused_in_a_sentence(embedder):
    with pytest.raises(ValueError, match=r"time of a window is a feature of this model; give the time of the first"):
        features_of(WINDOWS, 4000, embedder, FeatureSet("classic", time=True))


@pytest.mark.parametrize("name", FEATURE_SETS)
def test_no_window_has_no_features_and_is_no_error(embedder, name):
    feature_set = FeatureSet(name, time=True)
    nothing = window_features(WHOLE.of(np.arange(0)), embedder, feature_set)
    assert nothing.shape == (0, len(feature_set.names(32)))


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.integers(0, 499), min_size=1, max_size=50), name=st.sampled_from(FEATURE_SETS))
def test_the_features_of_a_window_do_not_depend_on_the_batch(embedder, rows, name):
    feature_set = FeatureSet(name, time=True)
    whole = window_features(WHOLE, embedder, feature_set)
    found = window_features(WHOLE.of(np.array(rows)), embedder, feature_set)
    np.testing.assert_allclose(found, whole[rows], rtol=1e-5, atol=1e-5)


def test_standardised_features_are_centred_and_scaled_in_float64():
    features = np.array([[1e7 + 1, 2], [1e7 - 1, 4]], np.float32)
    found = standardise(features, np.array([1e7, 3]), np.array([2.0, 0.5]))
    assert found.dtype == np.float32
    assert found.tolist() == [[0.5, -2], [-0.5, 2]]
