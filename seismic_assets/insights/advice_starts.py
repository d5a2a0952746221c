"""Hyperparameters to begin with: the family's defaults, bent to the size and balance of the training set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seismic_assets.insights.advice_rules import (
    FEW_WINDOWS,
    MANY_WINDOWS,
    RARE_SHARE,
    TrainingProfile,
    parameters_in_space,
)
from seismic_assets.training import DEFAULT_PARAMETERS, TrialReport

Parameters = dict[str, Any]

_SMALL: Mapping[str, Parameters] = {
    "hist_gradient_boosting": {
        "learning_rate": 0.05,
        "max_leaf_nodes": 15,
        "min_samples_leaf": 10,
        "max_features": 0.5,
    },
    "lightgbm": {"learning_rate": 0.05, "num_leaves": 15, "min_child_samples": 10, "colsample_bytree": 0.5},
    "random_forest": {"max_depth": 8, "min_samples_leaf": 4},
    "gradient_boosting": {"max_depth": 2, "learning_rate": 0.05, "min_samples_leaf": 8},
    "logistic_regression": {"C": 0.1},
    "decision_tree": {"max_depth": 5, "min_samples_leaf": 10},
    "deep_cnn": {"channels": 16, "depth": 3, "dropout": 0.5},
}
_LARGE: Mapping[str, Parameters] = {
    "hist_gradient_boosting": {"max_iter": 400, "max_leaf_nodes": 63, "min_samples_leaf": 50, "max_features": 0.5},
    "lightgbm": {"n_estimators": 400, "num_leaves": 63, "min_child_samples": 50, "colsample_bytree": 0.5},
    "random_forest": {"max_depth": 20, "min_samples_leaf": 1},
    "gradient_boosting": {"n_estimators": 300, "max_depth": 6, "learning_rate": 0.05},
    "logistic_regression": {"C": 10.0},
    "decision_tree": {"max_depth": 20, "min_samples_leaf": 10},
    "deep_cnn": {"channels": 64, "epochs": 60, "patience": 10},
}


def starts_of(family: str, profile: TrainingProfile, measured: TrialReport | None = None) -> tuple[Parameters, ...]:
    """What to try of a family after its defaults; each lies in its space and differs from the defaults.

    Args:
        family: key of `SEARCH_SPACES`.
        profile: of the training set.
        measured: its best trial in an earlier search, whose parameters come first.
    """
    found: list[Parameters] = []
    if measured is not None:
        found.append(dict(measured.parameters))
    bend = _bend(profile)
    if bend is not None:
        found.append(_weighed({**DEFAULT_PARAMETERS[family], **bend.get(family, {})}, profile))
    distinct: list[Parameters] = []
    for each in found:
        if parameters_in_space(family, each) and each not in (DEFAULT_PARAMETERS[family], *distinct):
            distinct.append(each)
    return tuple(distinct)


def _bend(profile: TrainingProfile) -> Mapping[str, Parameters] | None:
    """Small trees for few windows, large ones for many; between them the defaults are as good a start as any."""
    if profile.windows < FEW_WINDOWS:
        return _SMALL
    return _LARGE if profile.windows >= MANY_WINDOWS else None


def _weighed(parameters: Parameters, profile: TrainingProfile) -> Parameters:
    """Without class weights where no class is rare."""
    if "class_weight" in parameters and profile.rarest_share >= 2 * RARE_SHARE:
        return {**parameters, "class_weight": None}
    return parameters
