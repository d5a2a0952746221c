"""A network from its fit over the bundle to predictions of traces."""

import subprocess
import sys

import numpy as np
import pytest

from seismic_assets.attributes import Traces, WindowGrid, features_of, standardise
from seismic_assets.attributes.sample_embedding import fit_sample_embedder
from seismic_assets.inference import Predictor
from seismic_assets.registry import BundleManifest, load_bundle, reference_statistics, write_bundle
from seismic_assets.training import FoldData, TrainingData, calibrated, fit_model, to_onnx_bytes
from seismic_assets_tests.extras import require_torch
from seismic_assets_tests.training.waveforms import INTERVAL_US, NAMES, SMALL, WINDOW, sweeps

CLASSES = ("up", "unseen", "down", "both")
TRAINED = (0, 2, 3)


def make_traces(count, seed):
    """(count, 96) float32, each of three sweeps of one kind; and the kinds."""
    samples, classes = sweeps(3 * count, seed, TRAINED)
    order = np.argsort(classes, kind="stable").reshape(-1, 3)
    alike = order[(classes[order] == classes[order[:, :1]]).all(axis=1)]
    return samples[alike].reshape(len(alike), 3 * WINDOW), classes[alike[:, 0]]


def fold_of(traces, classes, embedder):
    windows = WindowGrid(WINDOW, WINDOW).cut(traces)
    blocks = np.repeat(np.arange(len(traces), dtype=np.int32) // 10, 3)
    return FoldData(features_of(windows, INTERVAL_US, embedder), np.repeat(classes, 3), blocks)


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """The folder of a bundle, and the model that it was written from."""
    require_torch()
    folder = tmp_path_factory.mktemp("served") / "bundle"
    traces, classes = make_traces(300, 1)
    embedder = fit_sample_embedder([WindowGrid(WINDOW, WINDOW).cut(traces)])
    train, validation = fold_of(traces, classes, embedder), fold_of(*make_traces(100, 2), embedder)
    model = calibrated(fit_model("deep_cnn", TrainingData(train, validation, NAMES), 0, SMALL), validation)
    manifest = BundleManifest(
        classes=CLASSES,
        trained_classes=model.trained_classes,
        window_samples=embedder.window_samples,
        window_step=WINDOW,
        sample_interval_us=INTERVAL_US,
        feature_names=NAMES,
        family=model.family,
        hyperparameters=model.parameters,
        dataset_digest="abc",
    )
    write_bundle(
        folder,
        manifest,
        embedder=embedder,
        feature_mean=model.feature_mean,
        feature_scale=model.feature_scale,
        graphs={"model": to_onnx_bytes(model)},
        reference=reference_statistics(train.features, train.classes, NAMES, CLASSES),
        trained_on={},
    )
    return folder, model


def test_a_served_network_recognises_traces_it_never_saw(story):
    traces, classes = make_traces(90, 3)
    probabilities = Predictor(load_bundle(story[0])).predict(traces, INTERVAL_US).probabilities
    assert probabilities.shape == (len(traces), 3, len(CLASSES))
    assert (probabilities.argmax(axis=2) == classes[:, None]).mean() > 0.9
    assert (probabilities[..., CLASSES.index("unseen")] == 0).all()


def test_it_answers_as_the_model_it_was_written_from(story):
    folder, model = story
    predictor = Predictor(load_bundle(folder))
    features = predictor.features(Traces(make_traces(60, 4)[0], INTERVAL_US))
    served = predictor.trained_probabilities(standardise(features, model.feature_mean, model.feature_scale))
    expected = model.probabilities(features)
    np.testing.assert_allclose(served, expected, atol=1e-5)
    assert (served.argmax(axis=1) == expected.argmax(axis=1)).all()


def test_serving_needs_no_pytorch(story, tmp_path):
    np.save(tmp_path / "traces.npy", make_traces(6, 5)[0])
    script = """
import sys
from pathlib import Path
import numpy as np
from seismic_assets.inference import Predictor
from seismic_assets.registry import load_bundle
found = Predictor(load_bundle(Path(sys.argv[1]))).predict(np.load(sys.argv[2]), int(sys.argv[3]))
print(found.usable.all(), "torch" in sys.modules)
"""
    arguments = [str(story[0]), str(tmp_path / "traces.npy"), str(INTERVAL_US)]
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]
