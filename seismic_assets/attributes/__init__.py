"""Windows, their attributes and embeddings: one definition of the features for training and serving."""

from seismic_assets.attributes.autoencoder import AutoEncoder, fit_autoencoder
from seismic_assets.attributes.embedding import Embedder, fit_embedder
from seismic_assets.attributes.extended import EXTENDED, extended
from seismic_assets.attributes.feature_set import CENTRE_TIME, CLASSIC, FEATURE_SETS, FeatureSet, FeatureSetName
from seismic_assets.attributes.features import (
    WindowEmbedder,
    attributes_of,
    feature_names,
    features_of,
    standardise,
    window_features,
)
from seismic_assets.attributes.handcrafted import HANDCRAFTED, handcrafted
from seismic_assets.attributes.lateral import LATERAL, lateral, neighbour_rows
from seismic_assets.attributes.sample_embedding import SampleEmbedder, fit_sample_embedder
from seismic_assets.attributes.scaling import scaled
from seismic_assets.attributes.surroundings import HeldChunks, Surroundings
from seismic_assets.attributes.traces import Neighbours, Traces, Windows
from seismic_assets.attributes.windows import LARGEST_AMPLITUDE, WindowGrid, cut_windows, usable_traces, window_starts

__all__ = [
    "CENTRE_TIME",
    "CLASSIC",
    "EXTENDED",
    "FEATURE_SETS",
    "HANDCRAFTED",
    "LARGEST_AMPLITUDE",
    "LATERAL",
    "AutoEncoder",
    "Embedder",
    "FeatureSet",
    "FeatureSetName",
    "HeldChunks",
    "Neighbours",
    "SampleEmbedder",
    "Surroundings",
    "Traces",
    "WindowEmbedder",
    "WindowGrid",
    "Windows",
    "attributes_of",
    "cut_windows",
    "extended",
    "feature_names",
    "features_of",
    "fit_autoencoder",
    "fit_embedder",
    "fit_sample_embedder",
    "handcrafted",
    "lateral",
    "neighbour_rows",
    "scaled",
    "standardise",
    "usable_traces",
    "window_features",
    "window_starts",
]
