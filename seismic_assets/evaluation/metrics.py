"""Scores of class probabilities against interpreted classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Scores:
    """Scores of one model on one set of windows.

    Attributes:
        windows: how many were scored.
        accuracy, balanced_accuracy: shares of 1.
        precision_macro, recall_macro, f1_macro: means over the classes that occur in truth or prediction.
        precision_weighted, recall_weighted, f1_weighted: the same weighted by the windows of each class.
        roc_auc_macro: one class against the rest, mean over the classes with truth on both sides, or None.
        per_class: precision, recall, f1 and support by class name.
        confusion: (classes, classes) counts, rows the truth, columns the prediction.
    """

    windows: int
    accuracy: float
    balanced_accuracy: float
    precision_macro: float
    recall_macro: float
    f1_macro: float
    precision_weighted: float
    recall_weighted: float
    f1_weighted: float
    roc_auc_macro: float | None
    per_class: dict[str, dict[str, float]]
    confusion: list[list[int]]

    def as_dict(self) -> dict[str, Any]:
        """Plain types, for JSON."""
        return asdict(self)

    def headline(self, prefix: str) -> dict[str, float]:
        """The single numbers, named as in MLflow: `<prefix>_accuracy`, `<prefix>_f1_macro`, ..."""
        numbers = {name: value for name, value in asdict(self).items() if isinstance(value, float)}
        return {f"{prefix}_{name}": value for name, value in numbers.items()}


def score(truth: NDArray[np.int32], probabilities: NDArray[np.float64], class_names: Sequence[str]) -> Scores:
    """Score (m, classes) probabilities against (m,) class indices; every column is a class of `class_names`."""
    from sklearn import metrics

    predicted = probabilities.argmax(axis=1)
    every = range(len(class_names))
    occurring = np.union1d(truth, predicted)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        truth, predicted, labels=every, zero_division=0.0
    )
    weights = support / max(support.sum(), 1)
    return Scores(
        windows=len(truth),
        accuracy=float((truth == predicted).mean()),
        balanced_accuracy=float(recall[support > 0].mean()),
        precision_macro=float(precision[occurring].mean()),
        recall_macro=float(recall[occurring].mean()),
        f1_macro=float(f1[occurring].mean()),
        precision_weighted=float((precision * weights).sum()),
        recall_weighted=float((recall * weights).sum()),
        f1_weighted=float((f1 * weights).sum()),
        roc_auc_macro=_roc_auc(truth, probabilities),
        per_class={
            name: {
                "precision": float(precision[i]),
                "recall": float(recall[i]),
                "f1": float(f1[i]),
                "support": float(support[i]),
            }
            for i, name in enumerate(class_names)
        },
        confusion=metrics.confusion_matrix(truth, predicted, labels=every).tolist(),
    )


def majority_scores(
    train_truth: NDArray[np.int32], test_truth: NDArray[np.int32], class_names: Sequence[str]
) -> Scores:
    """Scores of always answering the commonest class of the training windows."""
    shares = np.bincount(train_truth, minlength=len(class_names)) / len(train_truth)
    return score(test_truth, np.repeat(shares[None], len(test_truth), axis=0), class_names)


def _roc_auc(truth: NDArray[np.int32], probabilities: NDArray[np.float64]) -> float | None:
    from sklearn.metrics import roc_auc_score

    areas = [
        roc_auc_score(truth == index, probabilities[:, index])
        for index in range(probabilities.shape[1])
        if 0 < (truth == index).sum() < len(truth)
    ]
    return float(np.mean(areas)) if areas else None
