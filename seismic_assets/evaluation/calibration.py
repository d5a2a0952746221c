"""Whether a probability of 0.8 is right eight times of ten."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seismic_assets.evaluation.errors import EvaluationError

_BINS = 15
_SMALLEST = 1e-15  # of a probability under a logarithm, as in scikit-learn for float64


@dataclass(frozen=True)
class Calibration:
    """How far probabilities can be taken at their word.

    Attributes:
        windows: how many were looked at.
        expected_error: expected calibration error, a share of 1: 0 is perfect.
        brier: multi-class Brier score, 0 (perfect) to 2.
        log_loss: mean negative logarithm of the true class's probability, nats.
    """

    windows: int
    expected_error: float
    brier: float
    log_loss: float

    def as_dict(self) -> dict[str, Any]:
        """Plain types, for JSON."""
        return asdict(self)


def measure_calibration(truth: NDArray[np.integer[Any]], probabilities: NDArray[np.floating[Any]]) -> Calibration:
    """Calibration of (m, classes) probabilities against (m,) class indices.

    - Brier score: sum over classes k of (p_k - [k is the truth])^2, mean over windows (G. W. Brier, "Verification of
      forecasts expressed in terms of probability", Monthly Weather Review 78, 1950: his original form, 0 to 2).
    - Log loss: mean of -log(p of the true class), p at least 1e-15.
    - Expected calibration error: see `expected_calibration_error`.

    Raises:
        EvaluationError: there are no windows, or not as many rows as labels.
    """
    if len(truth) == 0 or len(truth) != len(probabilities):
        raise EvaluationError(
            f"{len(truth)} labels and {len(probabilities)} rows of probabilities: give one of each per window, not none"
        )
    given = probabilities.astype(np.float64)
    of_truth = given[np.arange(len(truth)), truth]
    return Calibration(
        windows=len(truth),
        expected_error=expected_calibration_error(truth, given),
        brier=float((np.square(given).sum(axis=1) - 2 * of_truth + 1).mean()),
        log_loss=float(-np.log(np.clip(of_truth, _SMALLEST, 1.0)).mean()),
    )


def expected_calibration_error(
    truth: NDArray[np.integer[Any]], probabilities: NDArray[np.floating[Any]], bins: int = _BINS
) -> float:
    """Expected calibration error of the most probable class, a share of 1.

    Confidence is the largest probability of a window; windows are binned by it into M bins of equal width,
    ((b - 1) / M, b / M], and ECE = sum over bins of n_b / n * |share right in b - mean confidence in b|
    (C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On Calibration of Modern Neural Networks", ICML 2017, equation 3,
    after M. P. Naeini et al., AAAI 2015; 15 bins as there). Of few windows it is biased upward: compare models on the
    same windows.
    """
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == truth
    member = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    gaps = np.bincount(member, right - confidence, bins)
    return float(np.abs(gaps).sum() / len(truth))
