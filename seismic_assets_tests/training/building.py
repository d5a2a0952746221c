"""A classification task that can be learnt, in the shape of the pipeline's."""

import numpy as np

from seismic_assets.training import MODEL_FAMILIES, FoldData, TrainingData

FEATURES = 6
NAMES = tuple(f"feature_{index}" for index in range(FEATURES))
BLOCK = 8
# The network reads the samples of a window, which are not among these features: it has tests of its own.
FAMILIES = sorted(set(MODEL_FAMILIES) - {"deep_cnn"})


def fold(windows: int, seed: int, classes=(0, 1, 2), noise: float = 0.7, blocks: int = 12) -> FoldData:
    """Classes that stand apart in two of six features of very different scale; the border between them is curved.

    The windows lie along a line of `blocks` spatial blocks, each of `BLOCK` traces.
    """
    random = np.random.default_rng(seed)
    drawn = random.choice(len(classes), windows)
    features = random.normal(size=(windows, FEATURES))
    features[:, 0] += np.array([-2.5, 0.0, 2.5])[drawn]
    features[:, 1] = features[:, 0] ** 2 + noise * features[:, 1]
    features = features * [1e3, 1, 1e7, 1e-2, 5, 1] + [0, 1e4, 0, 0, 0, 0]
    trace = random.integers(0, blocks * BLOCK, windows)
    return FoldData(
        features.astype(np.float32),
        np.asarray(classes, np.int32)[drawn],
        (trace // BLOCK).astype(np.int32),
        np.stack([np.zeros(windows, np.int64), np.zeros(windows, np.int64), trace], axis=1),
    )


def task(windows: int = 900, classes=(0, 1, 2), validation_classes=None, noise: float = 0.7) -> TrainingData:
    """Training and validation windows of the same task."""
    return TrainingData(
        fold(windows, 1, classes, noise), fold(windows // 3, 2, validation_classes or classes, noise), NAMES
    )
