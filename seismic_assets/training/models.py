"""The model families and their fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seismic_assets.attributes import standardise
from seismic_assets.training.data import FoldData, TrainingData, feature_scale

# Two partial sums give the same total in either order, three do not: with more threads a fit would differ from run to
# run in its last digits.
_THREADS = 2


def _hist_gradient_boosting(seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        learning_rate=0.1,
        max_iter=200,
        max_leaf_nodes=31,
        l2_regularization=1.0,
        class_weight="balanced",
        early_stopping=True,
        n_iter_no_change=12,
        random_state=seed,
    )


def _logistic_regression(seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=1.0, class_weight="balanced", max_iter=200, tol=1e-3, random_state=seed)


MODEL_FAMILIES: dict[str, Callable[[int], Any]] = {
    "hist_gradient_boosting": _hist_gradient_boosting,
    "logistic_regression": _logistic_regression,
}


@dataclass(frozen=True)
class FittedModel:
    """A fitted classifier with the standardisation that its input needs.

    Attributes:
        family: key of `MODEL_FAMILIES`.
        estimator: the fitted scikit-learn estimator.
        feature_mean, feature_scale: (f,) float64 over the training windows.
        parameters: what the estimator was made with.
    """

    family: str
    estimator: Any
    feature_mean: NDArray[np.float64]
    feature_scale: NDArray[np.float64]
    parameters: dict[str, Any]

    @property
    def trained_classes(self) -> tuple[int, ...]:
        """Class indices that it can predict, in the order of its probabilities."""
        return tuple(int(index) for index in self.estimator.classes_)

    def probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """(m, trained classes) probabilities for (m, f) features that are not standardised."""
        return np.asarray(self.estimator.predict_proba(standardise(features, self.feature_mean, self.feature_scale)))


def fit_model(family: str, data: TrainingData, seed: int) -> FittedModel:
    """Fit a family of models on the training windows; the validation windows stop the boosting, nothing else.

    The same data and seed give the same model to the last digit.

    Raises:
        TrainingError: the data cannot be trained on.
    """
    from threadpoolctl import threadpool_limits

    data = data.checked()
    mean, scale = feature_scale(data.train.features)
    estimator = MODEL_FAMILIES[family](seed)
    parameters = estimator.get_params()
    with threadpool_limits(limits=_threads()):
        if family == "hist_gradient_boosting":
            _fit_with_early_stopping(estimator, data, mean, scale)
        else:
            estimator.fit(standardise(data.train.features, mean, scale), data.train.classes)
    return FittedModel(family, estimator, mean, scale, parameters)


def fit_shuffled_control(family: str, data: TrainingData, seed: int) -> FittedModel:
    """The same fit on labels in random order: what its score exceeds is owed to the evaluation, not to the data."""
    random = np.random.default_rng(seed)

    def shuffled(fold: FoldData) -> FoldData:
        return FoldData(fold.features, random.permutation(fold.classes))

    return fit_model(family, TrainingData(shuffled(data.train), shuffled(data.validation), data.feature_names), seed)


def _threads() -> int:
    """Never more threads than the environment allows (OMP_NUM_THREADS)."""
    import sklearn.utils._openmp_helpers  # noqa: F401  (loads the OpenMP runtime, so that it can be asked)
    from threadpoolctl import threadpool_info

    allowed = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "openmp"]
    return min([_THREADS, *allowed])


def _fit_with_early_stopping(
    estimator: Any, data: TrainingData, mean: NDArray[np.float64], scale: NDArray[np.float64]
) -> None:
    # Only classes that the training windows hold: the estimator refuses others in its validation set.
    known = np.isin(data.validation.classes, np.unique(data.train.classes))
    if not known.any():
        estimator.set_params(early_stopping=False, max_iter=100)
        estimator.fit(standardise(data.train.features, mean, scale), data.train.classes)
        return
    estimator.fit(
        standardise(data.train.features, mean, scale),
        data.train.classes,
        X_val=standardise(data.validation.features[known], mean, scale),
        y_val=data.validation.classes[known],
    )
