"""Early stopping of scikit-learn's gradient boosting on windows of our choice."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from seismic_assets.training.trees import initial_scores

_LEAST_GAIN = 1e-7


class StopOnValidation:
    """A monitor for `GradientBoostingClassifier.fit`: true once the validation loss has not fallen for some stages.

    The estimator's own early stopping holds out windows at random, next to those it is fitted on; windows of spatial
    blocks of their own stop it where it stops to generalise.
    """

    def __init__(self, features: NDArray[np.float32], classes: NDArray[np.int32], patience: int) -> None:
        """Take (m, f) standardised features, (m,) classes that the fit knows, and stages to wait."""
        self._features = np.ascontiguousarray(features, dtype=np.float32)
        self._classes = classes
        self._patience = patience
        self._scores = np.zeros((0, 0))
        self._best = np.inf
        self._stages_without_gain = 0

    def __call__(self, stage: int, estimator: Any, state: dict[str, Any]) -> bool:
        """Take in the trees of a stage and say whether to stop. `state` is what scikit-learn passes; it is not used."""
        if stage == 0:
            self._scores = np.tile(initial_scores(estimator), (len(self._classes), 1))
        for column, tree in enumerate(estimator.estimators_[stage]):
            self._scores[:, column] += estimator.learning_rate * tree.predict(self._features, check_input=False)
        loss = self._loss(np.searchsorted(estimator.classes_, self._classes))
        if loss < self._best - _LEAST_GAIN:
            self._best, self._stages_without_gain = loss, 0
        else:
            self._stages_without_gain += 1
        return self._stages_without_gain >= self._patience

    def _loss(self, columns: NDArray[np.int64]) -> float:
        """Log loss in which every class has the same weight, as in the fit."""
        scores = self._scores
        if scores.shape[1] == 1:
            scores = np.concatenate([np.zeros_like(scores), scores], axis=1)
        losses = logsumexp(scores, axis=1) - scores[np.arange(len(columns)), columns]
        counts = np.bincount(columns)
        return float((np.bincount(columns, losses)[counts > 0] / counts[counts > 0]).mean())
