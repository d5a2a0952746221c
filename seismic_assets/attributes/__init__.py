"""Windows, the eight handcrafted attributes and the embedding: one definition for training and serving."""

from seismic_assets.attributes.embedding import Embedder, fit_embedder
from seismic_assets.attributes.features import feature_names, features_of, standardise
from seismic_assets.attributes.handcrafted import HANDCRAFTED, handcrafted
from seismic_assets.attributes.scaling import scaled
from seismic_assets.attributes.windows import LARGEST_AMPLITUDE, WindowGrid, cut_windows, usable_traces, window_starts

__all__ = [
    "HANDCRAFTED",
    "LARGEST_AMPLITUDE",
    "Embedder",
    "WindowGrid",
    "cut_windows",
    "feature_names",
    "features_of",
    "fit_embedder",
    "handcrafted",
    "scaled",
    "standardise",
    "usable_traces",
    "window_starts",
]
