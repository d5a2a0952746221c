"""Shapley values: how far each feature moved each probability, an extra beside permutation importance."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seismic_assets.evaluation.errors import EvaluationError, ExplanationError
from seismic_assets.evaluation.importance import Predict


@dataclass(frozen=True)
class ShapImportance:
    """How far one feature moves the probabilities.

    Attributes:
        name: the feature.
        mean_absolute: mean over windows and classes of |Shapley value|, a probability.
        by_class: mean over windows of |Shapley value| by class name.
    """

    name: str
    mean_absolute: float
    by_class: dict[str, float]


def shap_importance(
    predict: Predict,
    features: NDArray[np.float32],
    background: NDArray[np.float32],
    feature_names: Sequence[str],
    class_names: Sequence[str],
    *,
    most_windows: int = 50,
    most_background: int = 50,
    permutations: int = 2,
    seed: int = 42,
) -> list[ShapImportance]:
    """Mean |Shapley value| of each feature, most important first.

    A window's Shapley values add up to its probabilities less their mean over the background (S. Lundberg and S. Lee,
    "A Unified Approach to Interpreting Model Predictions", NIPS 2017); they are estimated by antithetic permutations of
    the features, a hidden feature taking the values of the background. Works for every model, and costs about
    `2 * permutations * f * most_background` predictions a window.

    Args:
        predict: (m, f) features, as they come, to (m, classes) probabilities.
        features: (m, f) float32, the windows to explain; of more than `most_windows` a random sample.
        background: (n, f) float32 of what is usual, training windows; of more than `most_background` a random sample.
        feature_names: f names.
        class_names: names by index.
        most_windows, most_background: bounds of the cost.
        permutations: pairs of orders in which features are revealed.
        seed: of samples and orders.

    Raises:
        ExplanationError: the package shap is not installed.
        EvaluationError: there are no windows or no background.
    """
    shap = _shap()
    if len(features) == 0 or len(background) == 0:
        raise EvaluationError("Shapley values need windows to explain and a background: give at least one of each")
    random = np.random.default_rng(seed)
    explained = _sample(features, most_windows, random).astype(np.float64)
    usual = _sample(background, most_background, random).astype(np.float64)
    explainer = shap.PermutationExplainer(
        lambda table: predict(np.asarray(table, np.float32)).astype(np.float64),
        shap.maskers.Independent(usual, max_samples=len(usual)),
        seed=seed,
    )
    evaluations = permutations * (2 * len(feature_names) + 1)
    values = np.abs(explainer(explained, max_evals=evaluations, silent=True).values).mean(axis=0)
    found = [
        ShapImportance(name, float(row.mean()), dict(zip(class_names, row.tolist(), strict=True)))
        for name, row in zip(feature_names, values, strict=True)
    ]
    return sorted(found, key=lambda each: -each.mean_absolute)


def _shap() -> Any:
    try:
        return importlib.import_module("shap")
    except ModuleNotFoundError as error:
        raise ExplanationError(
            "Shapley values need the package shap, which is not installed: pip install 'seismic-assets[explain]'"
        ) from error


def _sample(table: NDArray[np.float32], most: int, random: np.random.Generator) -> NDArray[np.float32]:
    return table if len(table) <= most else table[np.sort(random.choice(len(table), most, replace=False))]
