"""A classifier with the standardisation of its input, and its fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seismic_assets.attributes import standardise
from seismic_assets.training.calibration import apply_temperature
from seismic_assets.training.data import FoldData, TrainingData, feature_scale
from seismic_assets.training.families import make_estimator
from seismic_assets.training.fitting import Windows, allowed_threads, fit_estimator


@dataclass(frozen=True)
class FittedModel:
    """A fitted classifier with the standardisation that its input needs.

    Attributes:
        family: key of `MODEL_FAMILIES`.
        estimator: the fitted scikit-learn estimator.
        feature_mean, feature_scale: (f,) float64 over the training windows.
        parameters: what the estimator was made with.
        temperature: what the logarithms of the estimator's probabilities are divided by; 1 changes nothing.
    """

    family: str
    estimator: Any
    feature_mean: NDArray[np.float64]
    feature_scale: NDArray[np.float64]
    parameters: dict[str, Any]
    temperature: float = 1.0

    @property
    def trained_classes(self) -> tuple[int, ...]:
        """Class indices that it can predict, in the order of its probabilities."""
        return tuple(int(index) for index in self.estimator.classes_)

    def probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """(m, trained classes) probabilities for (m, f) features that are not standardised."""
        standardised = standardise(features, self.feature_mean, self.feature_scale)
        return apply_temperature(np.asarray(self.estimator.predict_proba(standardised)), self.temperature)


def fit_model(family: str, data: TrainingData, seed: int, parameters: Mapping[str, Any] | None = None) -> FittedModel:
    """Fit a family of models on the training windows; the validation windows stop the boosting, nothing else.

    The same data, seed and parameters give the same model to the last digit.

    Args:
        family: key of `MODEL_FAMILIES`.
        data: what to fit on.
        seed: of all that is random in the fit.
        parameters: by the names of `SEARCH_SPACES[family]`; they override `DEFAULT_PARAMETERS[family]`.

    Raises:
        TrainingError: the data cannot be trained on, there is no such family or parameter, or its package is missing.
    """
    data = data.checked()
    estimator = make_estimator(family, seed, parameters)
    made_with = estimator.get_params()
    mean, scale = feature_scale(data.train.features)
    # Only classes that the training windows hold: estimators refuse others in a validation set.
    known = np.isin(data.validation.classes, np.unique(data.train.classes))
    windows = Windows(
        features=standardise(data.train.features, mean, scale),
        classes=data.train.classes,
        stop_features=standardise(data.validation.features[known], mean, scale),
        stop_classes=data.validation.classes[known],
        threads=allowed_threads(),
        names=data.feature_names,
    )
    fit_estimator(family, estimator, windows)
    return FittedModel(family, estimator, mean, scale, made_with)


def fit_shuffled_control(
    family: str, data: TrainingData, seed: int, parameters: Mapping[str, Any] | None = None
) -> FittedModel:
    """The same fit on labels in random order: what its score exceeds is owed to the evaluation, not to the data."""
    random = np.random.default_rng(seed)

    def shuffled(fold: FoldData) -> FoldData:
        return replace(fold, classes=random.permutation(fold.classes))

    shuffled_data = TrainingData(shuffled(data.train), shuffled(data.validation), data.feature_names)
    return fit_model(family, shuffled_data, seed, parameters)
