"""Temperature scaling: probabilities that mean what they say, without a change of any decision.

Guo et al. 2017, On Calibration of Modern Neural Networks: one number divides the logarithms of all probabilities.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from seismic_assets.training.data import FoldData
    from seismic_assets.training.models import FittedModel

SMALLEST_PROBABILITY = 1e-7
_LOWEST, _HIGHEST = 0.05, 20.0


def apply_temperature(probabilities: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """(m, classes) probabilities at a temperature: above 1 less sure, below 1 surer; 1 gives them back as they are.

    Probabilities below 1e-7 count as 1e-7. The most probable class stays the most probable one.
    """
    if temperature == 1.0:
        return probabilities
    logarithms = _logarithms(probabilities) / temperature
    powers = np.exp(logarithms - logarithms.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def fit_temperature(probabilities: NDArray[np.float64], classes: NDArray[np.integer]) -> float:
    """The temperature, from 0.05 to 20, at which the log loss is least.

    Args:
        probabilities: (m, classes), of windows that the model was not fitted on; at least one.
        classes: (m,) column of the true class.
    """
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(
        lambda exponent: _log_loss(probabilities, classes, float(np.exp(exponent))),
        bounds=(np.log(_LOWEST), np.log(_HIGHEST)),
        method="bounded",
    )
    return float(np.exp(found.x))


def temperature_helps(
    probabilities: NDArray[np.float64], classes: NDArray[np.integer], blocks: NDArray[np.integer]
) -> bool:
    """Whether a temperature fitted on half of the spatial blocks lowers the log loss on the other half, both ways.

    Args:
        probabilities: (m, classes).
        classes: (m,) column of the true class.
        blocks: (m,) spatial block of each window. Fewer than two blocks show nothing.
    """
    numbers, counts = np.unique(blocks, return_counts=True)
    if len(numbers) < 2:
        return False
    # Every other one of the blocks ordered by size: two halves of about as many windows.
    first = np.isin(blocks, numbers[np.argsort(-counts, kind="stable")][::2])

    def gains(fitted: NDArray[np.bool_], tested: NDArray[np.bool_]) -> bool:
        temperature = fit_temperature(probabilities[fitted], classes[fitted])
        held_out = probabilities[tested], classes[tested]
        return _log_loss(*held_out, temperature) < _log_loss(*held_out, 1.0)

    return gains(first, ~first) and gains(~first, first)


def calibrated(model: FittedModel, validation: FoldData) -> FittedModel:
    """The model at the temperature that the validation windows want, where that helps on blocks it was not fitted on.

    Windows of classes that the model does not know take no part. Without blocks nothing can be shown, and the model
    comes back as it is.
    """
    uncalibrated = replace(model, temperature=1.0)
    trained = np.array(model.trained_classes)
    known = np.flatnonzero(np.isin(validation.classes, trained))
    if validation.blocks is None or not len(known):
        return uncalibrated
    windows = validation.take(known)
    columns = np.searchsorted(trained, windows.classes)
    probabilities = uncalibrated.probabilities(windows.features)
    if not temperature_helps(probabilities, columns, validation.blocks[known]):
        return uncalibrated
    return replace(model, temperature=fit_temperature(probabilities, columns))


def _logarithms(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.log(np.clip(probabilities, SMALLEST_PROBABILITY, 1.0), dtype=np.float64))


def _log_loss(probabilities: NDArray[np.float64], classes: NDArray[np.integer], temperature: float) -> float:
    from scipy.special import logsumexp

    logarithms = _logarithms(probabilities) / temperature
    return float((logsumexp(logarithms, axis=1) - logarithms[np.arange(len(classes)), classes]).mean())
