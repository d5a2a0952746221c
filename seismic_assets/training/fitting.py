"""How the estimator of each family is fitted: what it sees, and when it stops."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seismic_assets.training.deep import sequence_columns
from seismic_assets.training.early_stopping import StopOnValidation
from seismic_assets.training.errors import TrainingError
from seismic_assets.training.families import PATIENCE

# Two partial sums give the same total in either order, three do not: with more threads a fit would differ from run to
# run in its last digits.
_THREADS = 2
_ROUNDS_WITHOUT_VALIDATION = 100


@dataclass(frozen=True)
class Windows:
    """What an estimator is fitted on.

    Attributes:
        features, classes: (m, f) float32 standardised, and (m,) int32.
        stop_features, stop_classes: the same of the validation windows that stop a boosting or a network; of trained
            classes only, perhaps none.
        threads: that the fit may use.
        names: of the features, in order.
    """

    features: NDArray[np.float32]
    classes: NDArray[np.int32]
    stop_features: NDArray[np.float32]
    stop_classes: NDArray[np.int32]
    threads: int
    names: tuple[str, ...]


def fit_estimator(family: str, estimator: Any, windows: Windows) -> None:
    """Fit in place, the same to the last digit for the same estimator and windows.

    Raises:
        TrainingError: the family's library refuses the windows, or the features are not what the family reads.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=windows.threads):
        _FITS[family](estimator, windows)


def allowed_threads() -> int:
    """Threads for a fit: two, or fewer where the environment says so (OMP_NUM_THREADS)."""
    import sklearn.utils._openmp_helpers  # noqa: F401  (loads the OpenMP runtime, so that it can be asked)
    from threadpoolctl import threadpool_info

    allowed = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "openmp"]
    return min([_THREADS, *allowed])


def _fit_plainly(estimator: Any, windows: Windows) -> None:
    estimator.fit(windows.features, windows.classes)


def _fit_linear(estimator: Any, windows: Windows) -> None:
    import warnings

    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        # What has not settled after 2,000 rounds at an extreme of the search is judged by its score like the rest.
        warnings.simplefilter("ignore", ConvergenceWarning)
        # float64, so that the exported graph, which has no other, decides every window alike.
        estimator.fit(windows.features.astype(np.float64), windows.classes)


def _fit_forest(estimator: Any, windows: Windows) -> None:
    estimator.set_params(n_jobs=windows.threads)
    estimator.fit(windows.features, windows.classes)
    # Threads would add up the trees' votes in the order in which they finish.
    estimator.set_params(n_jobs=None)


def _fit_hist_gradient_boosting(estimator: Any, windows: Windows) -> None:
    if not len(windows.stop_classes):
        _fit_without_validation(estimator.set_params(early_stopping=False), "max_iter", windows)
        return
    estimator.fit(windows.features, windows.classes, X_val=windows.stop_features, y_val=windows.stop_classes)


def _fit_gradient_boosting(estimator: Any, windows: Windows) -> None:
    from sklearn.utils.class_weight import compute_sample_weight

    # It has no class_weight of its own; rare classes count as much as in the other families' defaults.
    weights = compute_sample_weight("balanced", windows.classes)
    if not len(windows.stop_classes):
        _fit_without_validation(estimator, "n_estimators", windows, sample_weight=weights)
        return
    stop = StopOnValidation(windows.stop_features, windows.stop_classes, PATIENCE)
    estimator.fit(windows.features, windows.classes, sample_weight=weights, monitor=stop)


def _fit_lightgbm(estimator: Any, windows: Windows) -> None:
    import lightgbm

    estimator.set_params(n_jobs=windows.threads)
    try:
        if not len(windows.stop_classes):
            _fit_without_validation(estimator, "n_estimators", windows)
            return
        estimator.fit(
            windows.features,
            windows.classes,
            eval_X=windows.stop_features,
            eval_y=windows.stop_classes,
            callbacks=[lightgbm.early_stopping(PATIENCE, verbose=False)],
        )
    except lightgbm.basic.LightGBMError as error:
        raise TrainingError(f"LightGBM cannot be fitted on these windows: {error}") from error


def _fit_deep_cnn(estimator: Any, windows: Windows) -> None:
    estimator.fit(
        windows.features,
        windows.classes,
        sequence=sequence_columns(windows.names),
        stop_features=windows.stop_features,
        stop_classes=windows.stop_classes,
        threads=windows.threads,
    )


def _fit_without_validation(estimator: Any, rounds: str, windows: Windows, **more: Any) -> None:
    estimator.set_params(**{rounds: min(_ROUNDS_WITHOUT_VALIDATION, estimator.get_params()[rounds])})
    estimator.fit(windows.features, windows.classes, **more)


_FITS: Mapping[str, Callable[[Any, Windows], None]] = {
    "hist_gradient_boosting": _fit_hist_gradient_boosting,
    "logistic_regression": _fit_linear,
    "random_forest": _fit_forest,
    "gradient_boosting": _fit_gradient_boosting,
    "decision_tree": _fit_plainly,
    "lightgbm": _fit_lightgbm,
    "deep_cnn": _fit_deep_cnn,
}
