"""A small model of four classes, three of them trained, and traces for it."""

from pathlib import Path

import numpy as np

from seismic_assets.attributes import WindowGrid, feature_names, features_of, fit_embedder
from seismic_assets.registry import Bundle, BundleManifest, reference_statistics, write_bundle
from seismic_assets.training import FoldData, TrainingData, fit_model, to_onnx_bytes

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


def build_bundle(folder: Path, family: str = "hist_gradient_boosting") -> Bundle:
    """Fit a family and write its bundle."""
    traces = make_traces(240)
    windows = WindowGrid(WINDOW, STEP).cut(traces)
    classes = np.repeat(np.array([0, 1, 3], np.int32)[np.arange(len(traces)) % 3], len(windows) // len(traces))
    embedder = fit_embedder([windows], COMPONENTS)
    names = feature_names(COMPONENTS)
    fold = FoldData(features_of(windows, INTERVAL_US, embedder), classes)
    model = fit_model(family, TrainingData(fold, fold, names), 0)
    manifest = BundleManifest(
        classes=CLASSES,
        trained_classes=model.trained_classes,
        window_samples=WINDOW,
        window_step=STEP,
        sample_interval_us=INTERVAL_US,
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
