"""What the search may choose from: families of models and the ranges of their parameters, as data.

A further family is an entry here, one in `families.py`, and its scores in `export.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from seismic_assets.training.errors import TrainingError


@dataclass(frozen=True)
class Whole:
    """A whole number from `low` to `high`, both included."""

    low: int
    high: int

    def holds(self, value: Any) -> bool:
        """Whether `value` lies in the range."""
        return isinstance(value, int) and self.low <= value <= self.high


@dataclass(frozen=True)
class Real:
    """A number from `low` to `high`, drawn evenly on a logarithmic scale where `log` is set."""

    low: float
    high: float
    log: bool = False

    def holds(self, value: Any) -> bool:
        """Whether `value` lies in the range."""
        return isinstance(value, (int, float)) and self.low <= value <= self.high


@dataclass(frozen=True)
class OneOf:
    """One of some values, each None, a string or a number."""

    values: tuple[str | int | float | None, ...]

    def holds(self, value: Any) -> bool:
        """Whether `value` is among the values."""
        return value in self.values


Range = Whole | Real | OneOf

SEARCH_SPACES: Mapping[str, Mapping[str, Range]] = {
    "hist_gradient_boosting": {
        "learning_rate": Real(0.02, 0.3, log=True),
        "max_iter": Whole(100, 500),
        "max_leaf_nodes": Whole(7, 63),
        "min_samples_leaf": Whole(5, 100),
        "l2_regularization": Real(1e-3, 10.0, log=True),
        "max_features": Real(0.3, 1.0),
        "class_weight": OneOf(("balanced", None)),
    },
    "random_forest": {
        "n_estimators": Whole(50, 300),
        "max_depth": Whole(3, 20),
        "min_samples_split": Whole(2, 20),
        "min_samples_leaf": Whole(1, 10),
        "max_features": OneOf(("sqrt", "log2", None)),
        "class_weight": OneOf(("balanced", "balanced_subsample", None)),
    },
    "gradient_boosting": {
        "n_estimators": Whole(50, 300),
        "max_depth": Whole(2, 10),
        "learning_rate": Real(0.01, 0.3, log=True),
        "min_samples_split": Whole(2, 20),
        "min_samples_leaf": Whole(1, 10),
        "subsample": Real(0.6, 1.0),
    },
    "logistic_regression": {
        "C": Real(1e-3, 100.0, log=True),
        "penalty": OneOf(("l1", "l2")),
        "class_weight": OneOf(("balanced", None)),
    },
    "decision_tree": {
        "max_depth": Whole(3, 30),
        "min_samples_split": Whole(2, 20),
        "min_samples_leaf": Whole(1, 10),
        "class_weight": OneOf(("balanced", None)),
    },
    "lightgbm": {
        "learning_rate": Real(0.02, 0.3, log=True),
        "n_estimators": Whole(100, 500),
        "num_leaves": Whole(7, 63),
        "min_child_samples": Whole(5, 100),
        "reg_lambda": Real(1e-3, 10.0, log=True),
        "colsample_bytree": Real(0.3, 1.0),
        "subsample": Real(0.6, 1.0),
        "class_weight": OneOf(("balanced", None)),
    },
    "deep_cnn": {
        "channels": Whole(8, 64),
        "depth": Whole(2, 5),
        "kernel": OneOf((3, 5, 7, 9)),
        "dropout": Real(0.0, 0.5),
        "learning_rate": Real(3e-4, 1e-2, log=True),
        "epochs": Whole(10, 60),
        "patience": Whole(3, 10),
    },
}

SLOW_FAMILIES = frozenset({"gradient_boosting"})
"""Families whose fit in the search is held to fewer windows."""

# The start of the search, and what a family is fitted with where nothing else is said. Each lies in its space.
DEFAULT_PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "hist_gradient_boosting": {
        "learning_rate": 0.1,
        "max_iter": 200,
        "max_leaf_nodes": 31,
        "min_samples_leaf": 20,
        "l2_regularization": 1.0,
        "max_features": 1.0,
        "class_weight": "balanced",
    },
    "random_forest": {
        "n_estimators": 200,
        "max_depth": 16,
        "min_samples_split": 4,
        "min_samples_leaf": 2,
        "max_features": "sqrt",
        "class_weight": "balanced_subsample",
    },
    "gradient_boosting": {
        "n_estimators": 200,
        "max_depth": 4,
        "learning_rate": 0.1,
        "min_samples_split": 4,
        "min_samples_leaf": 5,
        "subsample": 0.8,
    },
    "logistic_regression": {"C": 1.0, "penalty": "l2", "class_weight": "balanced"},
    "decision_tree": {"max_depth": 10, "min_samples_split": 10, "min_samples_leaf": 5, "class_weight": "balanced"},
    "lightgbm": {
        "learning_rate": 0.1,
        "n_estimators": 200,
        "num_leaves": 31,
        "min_child_samples": 20,
        "reg_lambda": 1.0,
        "colsample_bytree": 1.0,
        "subsample": 1.0,
        "class_weight": "balanced",
    },
    "deep_cnn": {
        "channels": 32,
        "depth": 4,
        "kernel": 5,
        "dropout": 0.3,
        "learning_rate": 2e-3,
        "epochs": 40,
        "patience": 6,
    },
}


def space_of(family: str) -> Mapping[str, Range]:
    """The ranges of a family's parameters.

    Raises:
        TrainingError: there is no such family.
    """
    if family not in SEARCH_SPACES:
        raise TrainingError(f"there is no model family '{family}'; choose from {', '.join(SEARCH_SPACES)}")
    return SEARCH_SPACES[family]


def space_digest(families: Iterable[str]) -> str:
    """16 hexadecimal digits that differ when the families of a search or any of their ranges differ.

    Raises:
        TrainingError: there is no such family.
    """
    content = {family: dict(sorted(space_of(family).items())) for family in sorted(set(families))}
    return hashlib.sha256(repr(content).encode()).hexdigest()[:16]
