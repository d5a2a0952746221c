"""Windows that only the course of the waveform tells apart."""

import numpy as np
from scipy.signal import chirp

from seismic_assets.attributes import feature_names, features_of
from seismic_assets.attributes.sample_embedding import SampleEmbedder, fit_sample_embedder
from seismic_assets.training import FoldData, TrainingData

WINDOW, INTERVAL_US = 32, 4000
NAMES = feature_names(WINDOW)
# Small and quick.
SMALL = {"channels": 8, "depth": 2, "kernel": 5, "epochs": 25, "learning_rate": 5e-3}


def sweeps(windows: int, seed: int, classes=(0, 1, 2)):
    """(windows, 32) float32 samples and their classes: a sweep up, down (up in reverse), and up and down again.

    Phase, polarity and amplitude are drawn alike for all classes.
    """
    random = np.random.default_rng(seed)
    kind = random.choice(len(classes), windows)
    time = np.arange(WINDOW) * INTERVAL_US * 1e-6
    half = np.concatenate([np.arange(0, WINDOW, 2), np.arange(WINDOW - 1, 0, -2)]) * INTERVAL_US * 1e-6
    samples = np.zeros((windows, WINDOW))
    for row, phase in enumerate(random.uniform(0, 360, windows)):
        course = (time, time[::-1], half)[kind[row]]
        samples[row] = chirp(course, 5.0, time[-1], 50.0, phi=phase)
    samples = (samples + 0.1 * random.normal(size=samples.shape)) * random.uniform(500, 1500, (windows, 1))
    return samples.astype(np.float32), np.asarray(classes, np.int32)[kind]


def fold(windows: int, seed: int, embedder: SampleEmbedder, classes=(0, 1, 2)) -> FoldData:
    """Sweeps and their features."""
    samples, named = sweeps(windows, seed, classes)
    return FoldData(features_of(samples, INTERVAL_US, embedder), named)


def task(windows: int = 900, classes=(0, 1, 2)) -> TrainingData:
    """Training and validation windows of the same sweeps."""
    embedder = fitted(classes)
    return TrainingData(fold(windows, 1, embedder, classes), fold(windows // 3, 2, embedder, classes), NAMES)


def fitted(classes=(0, 1, 2)) -> SampleEmbedder:
    """The embedder of the training windows."""
    return fit_sample_embedder([sweeps(900, 1, classes)[0]])
