"""How the estimator of each family is made from its parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from seismic_assets.training.deep import WaveformClassifier
from seismic_assets.training.errors import TrainingError
from seismic_assets.training.network import import_torch
from seismic_assets.training.spaces import DEFAULT_PARAMETERS, space_of

PATIENCE = 12
"""Rounds without gain on the validation windows after which boosting stops."""


def _hist_gradient_boosting(seed: int, **parameters: Any) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        early_stopping=True, n_iter_no_change=PATIENCE, random_state=seed, **parameters
    )


def _random_forest(seed: int, **parameters: Any) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(random_state=seed, **parameters)


def _gradient_boosting(seed: int, **parameters: Any) -> Any:
    from sklearn.ensemble import GradientBoostingClassifier

    # It sorts every feature that it looks at in every node: all of 40 take four times as long as the root of 40.
    return GradientBoostingClassifier(max_features="sqrt", random_state=seed, **parameters)


def _logistic_regression(seed: int, *, penalty: str, **parameters: Any) -> Any:
    from sklearn.linear_model import LogisticRegression

    # scikit-learn 1.8 took `l1_ratio` for `penalty`. saga alone knows l1; for l2 lbfgs finds the same optimum sooner.
    return LogisticRegression(
        l1_ratio=1.0 if penalty == "l1" else 0.0,
        solver="saga" if penalty == "l1" else "lbfgs",
        max_iter=2000,
        tol=1e-3,
        random_state=seed,
        **parameters,
    )


def _decision_tree(seed: int, **parameters: Any) -> Any:
    from sklearn.tree import DecisionTreeClassifier

    return DecisionTreeClassifier(random_state=seed, **parameters)


def _lightgbm(seed: int, **parameters: Any) -> Any:
    try:
        from lightgbm import LGBMClassifier
    except ImportError as error:
        raise TrainingError(
            "the family 'lightgbm' needs a package that is not installed: pip install 'seismic-assets[boosting]'"
        ) from error

    return LGBMClassifier(
        random_state=seed, subsample_freq=1, deterministic=True, force_row_wise=True, verbosity=-1, **parameters
    )


def _deep_cnn(seed: int, **parameters: Any) -> Any:
    import_torch()
    return WaveformClassifier(random_state=seed, **parameters)


_MAKERS: Mapping[str, Callable[..., Any]] = {
    "hist_gradient_boosting": _hist_gradient_boosting,
    "logistic_regression": _logistic_regression,
    "random_forest": _random_forest,
    "gradient_boosting": _gradient_boosting,
    "decision_tree": _decision_tree,
    "lightgbm": _lightgbm,
    "deep_cnn": _deep_cnn,
}


def make_estimator(family: str, seed: int, parameters: Mapping[str, Any] | None = None) -> Any:
    """An estimator that is not fitted yet; `parameters` override the family's defaults.

    Raises:
        TrainingError: no such family, no such parameter, or its package is not installed.
    """
    space = space_of(family)
    chosen = dict(parameters or {})
    unknown = [name for name in chosen if name not in space]
    if unknown:
        raise TrainingError(f"{family} has no parameter '{unknown[0]}'; it has {', '.join(space)}")
    return _MAKERS[family](seed, **{**DEFAULT_PARAMETERS[family], **chosen})


def _maker_of(family: str) -> Callable[[int], Any]:
    return lambda seed: make_estimator(family, seed)


MODEL_FAMILIES: dict[str, Callable[[int], Any]] = {family: _maker_of(family) for family in _MAKERS}
"""By name: what makes an estimator with the family's default parameters from a seed."""
