"""Fit the classifier with its baselines, and publish them as one bundle."""

import tempfile
from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seismic_assets.attributes import HANDCRAFTED, WindowEmbedder, feature_names, standardise
from seismic_assets.defs.features.identity import dataset_digest
from seismic_assets.defs.model.choice import Choice
from seismic_assets.defs.model.source import feature_source
from seismic_assets.defs.monitoring.references import drift_references
from seismic_assets.frames import FeatureMaker, traces_seen, training_data
from seismic_assets.lake import (
    BRONZE_TRACES,
    DATASET_SPLIT,
    TRACE_LABELS,
    Lake,
)
from seismic_assets.registry import Answers, Bundle, BundleManifest, ModelRegistry, reference_statistics, write_bundle
from seismic_assets.settings import Settings
from seismic_assets.training import (
    DEFAULT_PARAMETERS,
    SLOW_FAMILIES,
    FittedModel,
    FoldData,
    TrainingData,
    calibrated,
    fit_model,
    fit_shuffled_control,
    sample_by_block,
    to_onnx_bytes,
)

BASELINE, CONTROL = "logistic_regression", "hist_gradient_boosting"
CONTENT_TAG = "content_digest"
PACKAGES = ("seismic-assets", "numpy", "scikit-learn", "onnx", "onnxruntime", "optuna", "mlflow")
_EXAMPLE_ROWS = 5
_ANSWERED = 2_000
# The baselines say what a score is worth; that needs fewer windows than the best possible fit. Families that take
# minutes for as many make do with them too.
_MOST_FOR_BASELINES = 40_000


@dataclass(frozen=True)
class Fitted:
    """The classifier, its baselines and what they were fitted on.

    Attributes:
        models: by the name of their graph in the bundle: `model`, `logistic`, `shuffled`.
        data: training and validation windows.
        split: rows of `dataset_split`.
        embedder: that the features were made with.
        choice: where family and hyperparameters come from.
    """

    models: dict[str, FittedModel]
    data: TrainingData
    split: pl.DataFrame
    embedder: WindowEmbedder
    choice: Choice


def fit_all(lake: Lake, embedder: WindowEmbedder, settings: Settings, choice: Choice) -> Fitted:
    """Fit and calibrate the chosen model, and beside it a logistic regression and a boosting on shuffled labels."""
    split = lake.read(DATASET_SPLIT)
    names = feature_names(embedder.num_components, settings.features)
    data = training_data(
        feature_source(lake, settings), split, names, most=settings.max_training_windows, seed=settings.seed
    )
    fewer = _fewer(data, settings.seed)
    if choice.family in SLOW_FAMILIES:
        data = fewer
    model = fit_model(choice.family, data, settings.seed, choice.parameters)
    models = {
        "model": calibrated(model, data.validation),
        "logistic": fit_model(BASELINE, fewer, settings.seed),
        "shuffled": fit_shuffled_control(CONTROL, fewer, settings.seed),
    }
    return Fitted(models, data, split, embedder, choice)


def _fewer(data: TrainingData, seed: int) -> TrainingData:
    def some(fold: FoldData) -> FoldData:
        blocks = fold.blocks if fold.blocks is not None else np.zeros(len(fold), np.int32)
        return fold.take(sample_by_block(fold.classes, blocks, _MOST_FOR_BASELINES, seed))

    return TrainingData(some(data.train), some(data.validation), data.feature_names)


def _answers(model: FittedModel, data: TrainingData, seed: int) -> Answers:
    """What the estimator says of some validation windows: the graph, wherever it is loaded, must say the same."""
    random = np.random.default_rng(seed)
    fold = data.validation if len(data.validation) else data.train
    chosen = np.sort(random.permutation(len(fold))[:_ANSWERED])
    features = fold.features[chosen]
    return Answers(standardise(features, model.feature_mean, model.feature_scale), model.probabilities(features))


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
        feature_set=settings.feature_set,
        time_feature=settings.time_feature,
        feature_names=data.feature_names,
        family=model.family,
        hyperparameters={
            **DEFAULT_PARAMETERS[model.family],
            **fitted.choice.parameters,
            "temperature": model.temperature,
        },
        hyperparameters_source=fitted.choice.source,
        cv_f1_macro=fitted.choice.score,
        training_windows=len(data.train),
        seed=settings.seed,
        dataset_digest=dataset_digest(lake, fitted.split),
        mlflow_run_id=mlflow_run_id,
        dagster_run_id=dagster_run_id,
        table_versions={table.name: lake.version(table) for table in (BRONZE_TRACES, TRACE_LABELS, DATASET_SPLIT)},
    )
    make = FeatureMaker(manifest.window, fitted.embedder, manifest.features, manifest.normalise)
    registry.log(mlflow_run_id, params=_params(manifest, fitted), metrics=_search_scores(fitted.choice))
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
            answers=_answers(model, data, settings.seed),
            drift=drift_references(
                lake, fitted.split, make, classes, lambda features: _probabilities(model, features, classes)
            ),
        )
        example = standardise(data.train.features[:_EXAMPLE_ROWS], model.feature_mean, model.feature_scale)
        tags = {
            "dataset_digest": manifest.dataset_digest,
            "dagster_run_id": dagster_run_id,
            CONTENT_TAG: bundle.content_digest(),
        }
        return registry.register(Path(folder), np.asarray(example), tags), bundle


def _probabilities(model: FittedModel, features: NDArray[np.float32], classes: tuple[str, ...]) -> NDArray[np.float32]:
    """(m, classes) float32 for (m, f) features that are not standardised; 0 for a class it was not trained on."""
    result = np.zeros((len(features), len(classes)), np.float32)
    result[:, list(model.trained_classes)] = model.probabilities(features)
    return result


def _search_scores(choice: Choice) -> dict[str, float]:
    scores = {"cv_f1_macro": choice.score, "cv_f1_weighted": choice.score_weighted}
    return {name: value for name, value in scores.items() if value is not None}


def _params(manifest: BundleManifest, fitted: Fitted) -> dict[str, object]:
    model = fitted.models["model"]
    versions = {f"delta_version_{name}": version for name, version in manifest.table_versions.items()}
    return {
        "model_type": manifest.family,
        "num_features": len(manifest.feature_names),
        "num_handcrafted_features": len(HANDCRAFTED),
        "num_embedding_features": fitted.embedder.num_components,
        "num_further_features": len(manifest.features.further) + manifest.time_feature,
        "num_samples": len(fitted.data.train),
        "num_classes": len(manifest.trained_classes),
        "hyperparameters_source": fitted.choice.source,
        "tuning_study": fitted.choice.study,
        "temperature": model.temperature,
        "feature_set": manifest.feature_set,
        "seed": manifest.seed,
        "window_samples": manifest.window_samples,
        "window_step": manifest.window_step,
        "dataset_digest": manifest.dataset_digest,
        "dagster_run_id": manifest.dagster_run_id,
        **versions,
        **{f"package_{name}": installed(name) for name in PACKAGES},
        **{f"hp_{name}": value for name, value in model.parameters.items()},
    }
