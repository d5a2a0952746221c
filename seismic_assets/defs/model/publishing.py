"""Fit the classifier with its baselines, and publish them as one bundle."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from seismic_assets.attributes import Embedder, feature_names, standardise
from seismic_assets.defs.features.identity import dataset_digest
from seismic_assets.frames import traces_seen, training_data
from seismic_assets.lake import (
    BRONZE_TRACES,
    DATASET_SPLIT,
    TRACE_LABELS,
    Lake,
    trace_features_table,
)
from seismic_assets.registry import Bundle, BundleManifest, ModelRegistry, reference_statistics, write_bundle
from seismic_assets.settings import Settings
from seismic_assets.training import FittedModel, TrainingData, fit_model, fit_shuffled_control, to_onnx_bytes

FAMILY, BASELINE = "hist_gradient_boosting", "logistic_regression"
_EXAMPLE_ROWS = 5
# The baselines say what a score is worth; that needs fewer windows than the best possible fit.
_MOST_FOR_BASELINES = 40_000


@dataclass(frozen=True)
class Fitted:
    """The classifier, its baselines and what they were fitted on.

    Attributes:
        models: by the name of their graph in the bundle: `model`, `logistic`, `shuffled`.
        data: training and validation windows.
        split: rows of `dataset_split`.
        embedder: that the features were made with.
    """

    models: dict[str, FittedModel]
    data: TrainingData
    split: pl.DataFrame
    embedder: Embedder


def fit_all(lake: Lake, embedder: Embedder, settings: Settings) -> Fitted:
    """Fit the classifier, the logistic baseline and the shuffled-label control on the same windows."""
    split = lake.read(DATASET_SPLIT)
    names = feature_names(embedder.num_components)
    features = lake.read(trace_features_table(names), split["file_id"].unique().to_list())
    data = training_data(split, features, names, most=settings.max_training_windows, seed=settings.seed)
    fewer = training_data(split, features, names, most=_MOST_FOR_BASELINES, seed=settings.seed)
    models = {
        "model": fit_model(FAMILY, data, settings.seed),
        "logistic": fit_model(BASELINE, fewer, settings.seed),
        "shuffled": fit_shuffled_control(FAMILY, fewer, settings.seed),
    }
    return Fitted(models, data, split, embedder)


def publish(
    registry: ModelRegistry,
    lake: Lake,
    settings: Settings,
    fitted: Fitted,
    classes: tuple[str, ...],
    sample_interval_us: int,
    run_ids: tuple[str, str],
) -> tuple[str, Bundle]:
    """Log parameters, write the bundle and register it within the current MLflow run; returns version and bundle."""
    mlflow_run_id, dagster_run_id = run_ids
    model, data = fitted.models["model"], fitted.data
    manifest = BundleManifest(
        classes=classes,
        trained_classes=model.trained_classes,
        window_samples=fitted.embedder.window_samples,
        window_step=settings.window_step,
        sample_interval_us=sample_interval_us,
        normalise=settings.normalise,
        feature_names=data.feature_names,
        family=model.family,
        dataset_digest=dataset_digest(lake, fitted.split),
        mlflow_run_id=mlflow_run_id,
        dagster_run_id=dagster_run_id,
        table_versions={table.name: lake.version(table) for table in (BRONZE_TRACES, TRACE_LABELS, DATASET_SPLIT)},
    )
    registry.log(mlflow_run_id, params=_params(manifest, fitted))
    with tempfile.TemporaryDirectory() as folder:
        bundle = write_bundle(
            Path(folder),
            manifest,
            embedder=fitted.embedder,
            feature_mean=model.feature_mean,
            feature_scale=model.feature_scale,
            graphs={name: to_onnx_bytes(each) for name, each in fitted.models.items()},
            reference=reference_statistics(data.train.features, data.train.classes, data.feature_names, classes),
            trained_on=traces_seen(fitted.split),
        )
        example = standardise(data.train.features[:_EXAMPLE_ROWS], model.feature_mean, model.feature_scale)
        tags = {"dataset_digest": manifest.dataset_digest, "dagster_run_id": dagster_run_id}
        return registry.register(Path(folder), np.asarray(example), tags), bundle


def _params(manifest: BundleManifest, fitted: Fitted) -> dict[str, object]:
    model = fitted.models["model"]
    versions = {f"delta_version_{name}": version for name, version in manifest.table_versions.items()}
    return {
        "model_type": manifest.family,
        "num_features": len(manifest.feature_names),
        "num_handcrafted_features": len(manifest.feature_names) - fitted.embedder.num_components,
        "num_embedding_features": fitted.embedder.num_components,
        "num_samples": len(fitted.data.train),
        "num_classes": len(manifest.trained_classes),
        "hyperparameters_source": "default",
        "window_samples": manifest.window_samples,
        "window_step": manifest.window_step,
        "dataset_digest": manifest.dataset_digest,
        "dagster_run_id": manifest.dagster_run_id,
        **versions,
        **{f"hp_{name}": value for name, value in model.parameters.items()},
    }
