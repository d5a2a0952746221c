"""A classification task that can be learnt, in the shape of the pipeline's."""

import numpy as np

from seismic_assets.training import FoldData, TrainingData

FEATURES = 6
NAMES = tuple(f"feature_{index}" for index in range(FEATURES))


def fold(windows: int, seed: int, classes=(0, 1, 2), noise: float = 0.7) -> FoldData:
    """Classes that stand apart in two of six features of very different scale; the border between them is curved."""
    random = np.random.default_rng(seed)
    drawn = random.choice(len(classes), windows)
    features = random.normal(size=(windows, FEATURES))
    features[:, 0] += np.array([-2.5, 0.0, 2.5])[drawn]
    features[:, 1] = features[:, 0] ** 2 + noise * features[:, 1]
    features = features * [1e3, 1, 1e7, 1e-2, 5, 1] + [0, 1e4, 0, 0, 0, 0]
    return FoldData(features.astype(np.float32), np.asarray(classes, np.int32)[drawn])


def task(windows: int = 900, classes=(0, 1, 2), validation_classes=None) -> TrainingData:
    """Training and validation windows of the same task."""
    return TrainingData(fold(windows, 1, classes), fold(windows // 3, 2, validation_classes or classes), NAMES)
