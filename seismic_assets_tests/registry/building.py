"""A small model and its bundle."""

from pathlib import Path

import mlflow
import numpy as np

from seismic_assets.attributes import feature_names, features_of, fit_embedder
from seismic_assets.registry import (
    Answers,
    Bundle,
    BundleManifest,
    ModelRegistry,
    reference_statistics,
    write_bundle,
)
from seismic_assets.training import FoldData, TrainingData, fit_model, to_onnx_bytes

WINDOW, COMPONENTS, CLASSES = 32, 4, ("quiet", "loud")


def windows(count: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """(count, 32) windows of two classes that differ in amplitude, and their classes."""
    random = np.random.default_rng(count)
    classes = random.integers(0, 2, count).astype(np.int32)
    return (random.normal(size=(count, WINDOW)) * (1 + 9 * classes[:, None])).astype(np.float32), classes


def build_bundle(folder: Path, answers: Answers | None = None, **changes) -> Bundle:
    """Train a logistic regression and write its bundle, with what is changed in its manifest."""
    samples, classes = windows()
    embedder = fit_embedder([samples], COMPONENTS)
    names = feature_names(COMPONENTS)
    features = features_of(samples, 4000, embedder)
    fold = FoldData(features, classes)
    model = fit_model("logistic_regression", TrainingData(fold, fold, names), 0)
    manifest = BundleManifest(
        classes=CLASSES,
        trained_classes=model.trained_classes,
        window_samples=WINDOW,
        window_step=16,
        sample_interval_us=4000,
        feature_names=names,
        family=model.family,
        dataset_digest="abc",
        table_versions={"dataset_split": 3},
    )
    return write_bundle(
        folder,
        manifest.model_copy(update=changes),
        embedder=embedder,
        feature_mean=model.feature_mean,
        feature_scale=model.feature_scale,
        graphs={"model": to_onnx_bytes(model), "baseline": b"another graph"},
        reference=reference_statistics(features, classes, names, CLASSES),
        trained_on={"line 1.sgy-ab": np.array([True, False, True]), "b.sgy": np.zeros(0, bool)},
        answers=answers,
    )


def add_version(registry: ModelRegistry, folder: Path, score: float | None = None) -> str:
    """Register the bundle in `folder` as a version, without the ONNX model beside that takes a second to log."""
    with registry.run("a fit", {}) as run_id:
        registry.log(run_id, params={"model_type": "logistic_regression"})
        registry.log_folder(run_id, folder, "bundle")
        if score is not None:
            registry.log(run_id, metrics={"test_f1_macro": score})
    client = mlflow.MlflowClient(registry.uri)
    if not client.search_registered_models(f"name = '{registry.model_name}'"):
        client.create_registered_model(registry.model_name)
    made = client.create_model_version(
        registry.model_name, f"runs:/{run_id}/bundle", run_id, tags={"dataset_digest": "abc"}
    )
    return str(made.version)
