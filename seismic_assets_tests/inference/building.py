"""A small model of four classes, three of them trained, and traces for it."""

from pathlib import Path
from typing import Literal

import numpy as np

from seismic_assets.attributes import FeatureSet, Surroundings, Traces, WindowGrid, fit_embedder, window_features
from seismic_assets.registry import Bundle, BundleManifest, reference_statistics, write_bundle
from seismic_assets.training import FoldData, TrainingData, fit_model, to_onnx_bytes

CROSSLINES, START_MS, SCALE = 20, 40.0, 150.0
CLASSES = ("quiet", "loud", "unseen", "fast")
WINDOW, STEP, INTERVAL_US, COMPONENTS = 32, 16, 4000, 6


def make_traces(count: int, num_samples: int = 100, seed: int = 1) -> np.ndarray:
    """(count, num_samples) float32: low and weak, low and strong, high and weak in turn, with noise."""
    random = np.random.default_rng(seed)
    kind = np.arange(count) % 3
    frequency = np.where(kind == 2, 60.0, 12.0)[:, None]
    time = np.arange(num_samples) * INTERVAL_US * 1e-6
    wave = np.sin(2 * np.pi * (frequency * time + random.random((count, 1))))
    amplitude = np.where(kind == 1, 1000.0, 100.0)[:, None]
    return (amplitude * (wave + 0.3 * random.normal(size=wave.shape))).astype(np.float32)


def places(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Inline and crossline numbers of traces that lie line by line, 20 to an inline, with steps of 2."""
    place = np.arange(count, dtype=np.int32)
    return 100 + place // CROSSLINES, 300 + 2 * (place % CROSSLINES)


def placed(samples: np.ndarray) -> Traces:
    """Traces with all that a feature may follow from: times and the traces around."""
    count = len(samples)
    neighbours = Surroundings.of_array(*places(count), samples).around(np.arange(count))
    return Traces(samples, INTERVAL_US, np.full(count, START_MS, np.float32), neighbours)


def build_bundle(
    folder: Path,
    family: str = "hist_gradient_boosting",
    feature_set: FeatureSet | None = None,
    normalise: Literal["none", "robust"] = "none",
) -> Bundle:
    """Fit a family on the features of a set and write its bundle."""
    feature_set = feature_set or FeatureSet()
    traces = placed(make_traces(240)).over(None if normalise == "none" else SCALE)
    windows = traces.windows(WindowGrid(WINDOW, STEP))
    count = len(traces.samples)
    classes = np.repeat(np.array([0, 1, 3], np.int32)[np.arange(count) % 3], len(windows.samples) // count)
    embedder = fit_embedder([windows.samples], COMPONENTS)
    names = feature_set.names(COMPONENTS)
    fold = FoldData(window_features(windows, embedder, feature_set), classes)
    model = fit_model(family, TrainingData(fold, fold, names), 0)
    manifest = BundleManifest(
        classes=CLASSES,
        trained_classes=model.trained_classes,
        window_samples=WINDOW,
        window_step=STEP,
        sample_interval_us=INTERVAL_US,
        normalise=normalise,
        feature_set=feature_set.name,
        time_feature=feature_set.time,
        feature_names=names,
        family=model.family,
        dataset_digest="abc",
    )
    return write_bundle(
        folder,
        manifest,
        embedder=embedder,
        feature_mean=model.feature_mean,
        feature_scale=model.feature_scale,
        graphs={"model": to_onnx_bytes(model)},
        reference=reference_statistics(fold.features, classes, names, CLASSES),
        trained_on={},
    )
