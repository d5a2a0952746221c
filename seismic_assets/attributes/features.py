"""The features of a window, in the one order that training and serving share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seismic_assets.attributes.embedding import Embedder
from seismic_assets.attributes.handcrafted import HANDCRAFTED, handcrafted


def feature_names(num_components: int) -> tuple[str, ...]:
    """Names of the `classic` set: the eight handcrafted attributes, then embedding_0, embedding_1, ..."""
    return HANDCRAFTED + tuple(f"embedding_{index}" for index in range(num_components))


def features_of(windows: NDArray[np.float32], sample_interval_us: int, embedder: Embedder) -> NDArray[np.float32]:
    """The `classic` features of (m, window) float32 windows as (m, 8 + components) float32."""
    return np.concatenate([handcrafted(windows, sample_interval_us), embedder.embed(windows)], axis=1)


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
