"""Two models to serve, of windows of 64 samples and of whole traces: real in size, fitted on synthetic surveys."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.synthetic_windows import COMPONENTS, GRID, labelled_survey, make_task
from seismic_assets.attributes import (
    FeatureSet,
    Traces,
    WindowEmbedder,
    WindowGrid,
    features_of,
    fit_embedder,
    window_features,
)
from seismic_assets.registry import Bundle, BundleManifest, reference_statistics, write_bundle
from seismic_assets.survey.geology import CLASS_NAMES
from seismic_assets.survey.spec import SurveySpec
from seismic_assets.training import FoldData, TrainingData, fit_model, to_onnx_bytes

INTERVAL_US, SAMPLES = 4000, 462
_FAMILY = "hist_gradient_boosting"
_SEED = 0


def windowed_model(folder: Path) -> Bundle:
    """Windows of 64 samples every 32 with the classes of the geology: 13 a trace."""
    task = make_task(_SEED, FeatureSet("classic"), train_windows=20_000, test_windows=3_000)
    return _written(folder, task.data, task.embedder, GRID)


def whole_trace_model(folder: Path) -> Bundle:
    """Whole traces, in thirds by how much of one is not `normal`: a task of the right size, of no use to anyone."""
    folds = []
    embedder = None
    for seed in (_SEED, _SEED + 1):
        survey = labelled_survey(SurveySpec(seed=seed, samples=SAMPLES))
        share = (survey.classes.reshape(len(survey.index), -1) > 0).mean(axis=1)
        classes = np.digitize(share, np.quantile(share, (1 / 3, 2 / 3))).astype(np.int32)
        embedder = embedder or fit_embedder([survey.traces.samples], COMPONENTS)
        folds.append(FoldData(features_of(survey.traces.samples, INTERVAL_US, embedder), classes))
    assert embedder is not None
    data = TrainingData(*folds, FeatureSet("classic").names(COMPONENTS))
    return _written(folder, data, embedder, WindowGrid(SAMPLES, SAMPLES))


def example(bundle: Bundle, traces: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the graph of a model is given for some traces: (n * k, f) float32, standardised."""
    windows = Traces(traces, INTERVAL_US).windows(bundle.manifest.window)
    features = window_features(windows, bundle.embedder, bundle.manifest.features)
    return ((features - bundle.feature_mean) / bundle.feature_scale).astype(np.float32)


def _written(folder: Path, data: TrainingData, embedder: WindowEmbedder, grid: WindowGrid) -> Bundle:
    model = fit_model(_FAMILY, data, _SEED)
    manifest = BundleManifest(
        classes=CLASS_NAMES,
        trained_classes=model.trained_classes,
        window_samples=grid.samples or SAMPLES,
        window_step=grid.step,
        sample_interval_us=INTERVAL_US,
        normalise="none",
        feature_names=data.feature_names,
        family=model.family,
        dataset_digest="benchmark",
    )
    return write_bundle(
        folder,
        manifest,
        embedder=embedder,
        feature_mean=model.feature_mean,
        feature_scale=model.feature_scale,
        graphs={"model": to_onnx_bytes(model)},
        reference=reference_statistics(data.train.features, data.train.classes, data.feature_names, CLASS_NAMES),
        trained_on={},
    )
