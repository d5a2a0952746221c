"""Small models as bundles, each with the single graph that is made of it."""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnxruntime

from seismic_assets.attributes import FeatureSet, Traces, WindowGrid, Windows, fit_embedder, scaled, window_features
from seismic_assets.inference.single_graph import single_graph
from seismic_assets.registry import Bundle, BundleManifest, write_bundle
from seismic_assets.training import FoldData, TrainingData, fit_model, to_onnx_bytes
from seismic_assets_tests.inference.building import CLASSES, COMPONENTS, INTERVAL_US, STEP, WINDOW, make_traces

FAMILIES = ("hist_gradient_boosting", "random_forest", "logistic_regression", "gradient_boosting", "decision_tree")
SCALE = 250.0


@dataclass(frozen=True)
class Served:
    """A bundle and the graph that is made of it."""

    bundle: Bundle
    graph: bytes

    def answers(self, windows: np.ndarray, **inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        session = onnxruntime.InferenceSession(self.graph, providers=["CPUExecutionProvider"])
        return tuple(session.run(["probabilities", "label"], {"windows": windows, **inputs}))


@cache
def served(
    family: str = "hist_gradient_boosting", normalise: str = "none", time: bool = False, feature_set: str = "classic"
) -> Served:
    """A model of three trained classes of four, on amplitudes as they are or normalised, with time or without."""
    windows = some_windows(240)
    windows = replace(windows, samples=scaled(windows.samples, SCALE if normalise == "robust" else None))
    classes = np.repeat(np.array([0, 1, 3], np.int32)[np.arange(240) % 3], len(windows.samples) // 240)
    features = FeatureSet(feature_set, time)
    embedder = fit_embedder([windows.samples], COMPONENTS)
    names = features.names(COMPONENTS)
    fold = FoldData(window_features(windows, embedder, features), classes)
    model = fit_model(family, TrainingData(fold, fold, names), 0)
    manifest = BundleManifest(
        classes=CLASSES,
        trained_classes=model.trained_classes,
        window_samples=WINDOW,
        window_step=STEP,
        sample_interval_us=INTERVAL_US,
        normalise=normalise,
        feature_set=feature_set,
        time_feature=time,
        feature_names=names,
        family=family,
        dataset_digest="abc",
    )
    with TemporaryDirectory() as folder:
        bundle = write_bundle(
            Path(folder),
            manifest,
            embedder=embedder,
            feature_mean=model.feature_mean,
            feature_scale=model.feature_scale,
            graphs={"model": to_onnx_bytes(model)},
            reference={},
            trained_on={},
        )
    return Served(bundle, single_graph(bundle))


def some_windows(traces: int, seed: int = 1) -> Windows:
    samples = make_traces(traces, seed=seed)
    return Traces(samples, INTERVAL_US, np.full(traces, 100, np.float32)).windows(WindowGrid(WINDOW, STEP))
