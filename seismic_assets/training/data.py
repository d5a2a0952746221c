"""The arrays that a model is fitted and scored on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seismic_assets.training.errors import TrainingError


@dataclass(frozen=True)
class FoldData:
    """Labelled windows of one fold.

    Attributes:
        features: (m, f) float32, not standardised.
        classes: (m,) int32, index into the list of class names.
        blocks: (m,) int32, number of the spatial block that holds the window; None where it is not known.
        positions: (m, 3) int64: number of the area, inline and crossline in trace steps; None where it is not known.
    """

    features: NDArray[np.float32]
    classes: NDArray[np.int32]
    blocks: NDArray[np.int32] | None = None
    positions: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.classes)

    def take(self, indices: NDArray[np.int64]) -> FoldData:
        """The windows at `indices`, with all that is known of each."""
        return FoldData(
            self.features[indices],
            self.classes[indices],
            None if self.blocks is None else self.blocks[indices],
            None if self.positions is None else self.positions[indices],
        )


@dataclass(frozen=True)
class TrainingData:
    """Training and validation windows, and what the features are called."""

    train: FoldData
    validation: FoldData
    feature_names: tuple[str, ...]

    def checked(self) -> TrainingData:
        """Itself, if it can be trained on.

        Raises:
            TrainingError: fewer than two classes, or a feature that is not finite, named.
        """
        present = np.unique(self.train.classes)
        if len(present) == 0:
            raise TrainingError("the training blocks hold no window with features; materialise trace_features")
        if len(present) == 1:
            raise TrainingError("the training blocks hold one class where two are needed; label more of the survey")
        for called, fold in (("training", self.train), ("validation", self.validation)):
            finite = np.isfinite(fold.features).all(axis=0)
            if not finite.all():
                names = ", ".join(
                    name for name, good in zip(self.feature_names, np.atleast_1d(finite), strict=True) if not good
                )
                raise TrainingError(
                    f"the {called} windows have values that are not finite in {names}; check the amplitudes"
                )
        return self


def feature_scale(features: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of each feature in float64; a feature that does not vary gets a deviation of 1."""
    mean = features.mean(axis=0, dtype=np.float64)
    deviation = features.std(axis=0, dtype=np.float64)
    return mean, np.where(deviation > 0, deviation, 1.0)
