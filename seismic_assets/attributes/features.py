"""The features of a window, in the one order that training and serving share."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from seismic_assets.attributes.extended import extended
from seismic_assets.attributes.feature_set import CLASSIC, FeatureSet
from seismic_assets.attributes.handcrafted import handcrafted
from seismic_assets.attributes.lateral import lateral
from seismic_assets.attributes.traces import Windows


class WindowEmbedder(Protocol):
    """What makes the embedding of a window: principal components, or a trained network."""

    @property
    def window_samples(self) -> int:
        """Samples of the windows it takes."""

    @property
    def num_components(self) -> int:
        """Length of an embedding."""

    def embed(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Embed (m, window) float32 windows as (m, k) float32."""

    def digest(self) -> str:
        """Digest of what determines an embedding."""


def feature_names(num_components: int, feature_set: FeatureSet = CLASSIC) -> tuple[str, ...]:
    """Names of the features of a set, in order."""
    return feature_set.names(num_components)


def attributes_of(windows: Windows, feature_set: FeatureSet = CLASSIC) -> NDArray[np.float32]:
    """The attributes of m windows as (m, a) float32, in the order of `feature_set.attributes`.

    Raises:
        ValueError: the set needs neighbours and the windows have none given.
    """
    parts = [handcrafted(windows.samples, windows.sample_interval_us)]
    if feature_set.name != "classic":
        parts.append(extended(windows.samples, windows.sample_interval_us))
    if feature_set.needs_neighbours:
        if windows.neighbours is None or windows.present is None:
            raise ValueError("lateral attributes need the traces around; give their inline and crossline numbers")
        parts.append(lateral(windows.samples, windows.neighbours, windows.present))
    return np.concatenate(parts, axis=1) if len(parts) > 1 else parts[0]


def window_features(
    windows: Windows, embedder: WindowEmbedder, feature_set: FeatureSet = CLASSIC
) -> NDArray[np.float32]:
    """The features of m windows as (m, f) float32, in the order of `feature_set.names`.

    Raises:
        ValueError: the set needs neighbours or times and the windows have none given.
    """
    attributes = attributes_of(windows, feature_set)
    classic = len(CLASSIC.attributes)
    parts = [attributes[:, :classic], embedder.embed(windows.samples), attributes[:, classic:]]
    if feature_set.time:
        if windows.centre_ms is None:
            raise ValueError("the time of a window is a feature of this model; give the time of the first sample")
        parts.append(windows.centre_ms.astype(np.float32)[:, None])
    return np.concatenate(parts, axis=1)


def features_of(
    windows: NDArray[np.float32],
    sample_interval_us: int,
    embedder: WindowEmbedder,
    feature_set: FeatureSet = CLASSIC,
) -> NDArray[np.float32]:
    """The features of (m, window) float32 windows that stand alone, without time or neighbours, as (m, f) float32."""
    return window_features(Windows(windows, sample_interval_us), embedder, feature_set)


def standardise(
    features: NDArray[np.float32], mean: NDArray[np.float64], scale: NDArray[np.float64]
) -> NDArray[np.float32]:
    """What a model sees: (features - mean) / scale in float64, as float32.

    Args:
        features: (m, f) float32.
        mean: (f,) float64 over the training windows.
        scale: (f,) float64, 1 where a feature does not vary.
    """
    return np.asarray((features.astype(np.float64) - mean) / scale, dtype=np.float32)
