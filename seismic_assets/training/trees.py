"""The trees of an ensemble as plain arrays, whichever library grew them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAF = -1


@dataclass(frozen=True)
class Tree:
    """A tree whose node 0 is the root; a window goes left where its value is at most the threshold.

    Attributes:
        feature: (n,) int64, meaningless in a leaf.
        threshold: (n,) float64, the very number that the library compares with.
        left, right: (n,) int64 nodes, LEAF in a leaf.
        missing_left: (n,) bool, whether a value that is not a number goes left.
        value: (n, k) float64, of the leaves: a share for each class, or (k = 1) what is added to one score.
        target: the score that is added to; 0 where the leaves hold shares.
    """

    feature: NDArray[np.int64]
    threshold: NDArray[np.float64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    missing_left: NDArray[np.bool_]
    value: NDArray[np.float64]
    target: int = 0


def forest_trees(estimator: Any) -> list[Tree]:
    """The trees of a fitted random forest, or of a decision tree; leaves hold the shares of the classes."""
    return [_sklearn_tree(each.tree_) for each in getattr(estimator, "estimators_", [estimator])]


def gradient_boosting_trees(estimator: Any) -> tuple[list[Tree], NDArray[np.float64]]:
    """The trees of a fitted `GradientBoostingClassifier` and its (scores,) initial scores."""
    trees = [
        _sklearn_tree(each.tree_, target, estimator.learning_rate)
        for stage in estimator.estimators_
        for target, each in enumerate(stage)
    ]
    return trees, initial_scores(estimator)


def initial_scores(estimator: Any) -> NDArray[np.float64]:
    """(scores,) float64 from which a `GradientBoostingClassifier` starts: the logit of the classes' shares."""
    shares = estimator.init_.predict_proba(np.zeros((1, estimator.n_features_in_)))[0]
    smallest = np.finfo(np.float32).eps
    logarithms = np.log(np.clip(shares, smallest, 1 - smallest))
    if len(shares) == 2:
        share = np.clip(shares[1:], smallest, 1 - smallest)
        return np.asarray(np.log(share / (1 - share)))
    return np.asarray(logarithms - logarithms.mean())


def hist_gradient_boosting_trees(estimator: Any) -> tuple[list[Tree], NDArray[np.float64]]:
    """The trees of a fitted `HistGradientBoostingClassifier` and its (scores,) initial scores."""
    trees = []
    for stage in estimator._predictors:
        for target, predictor in enumerate(stage):
            nodes = predictor.nodes
            leaf = nodes["is_leaf"].astype(bool)
            trees.append(
                Tree(
                    feature=nodes["feature_idx"].astype(np.int64),
                    threshold=nodes["num_threshold"].astype(np.float64),
                    left=np.where(leaf, LEAF, nodes["left"].astype(np.int64)),
                    right=np.where(leaf, LEAF, nodes["right"].astype(np.int64)),
                    missing_left=nodes["missing_go_to_left"].astype(bool),
                    value=nodes["value"].astype(np.float64)[:, None],
                    target=target,
                )
            )
    return trees, np.asarray(estimator._baseline_prediction, dtype=np.float64).ravel()


def lightgbm_trees(estimator: Any) -> tuple[list[Tree], NDArray[np.float64]]:
    """The trees of a fitted `LGBMClassifier` up to its best round, and its (scores,) initial scores."""
    model = estimator.booster_.dump_model()
    scores = model["num_tree_per_iteration"]
    trees = [_lightgbm_tree(each["tree_structure"], number % scores) for number, each in enumerate(model["tree_info"])]
    return trees, np.zeros(scores)


def _sklearn_tree(tree: Any, target: int = 0, rate: float = 1.0) -> Tree:
    return Tree(
        feature=tree.feature.astype(np.int64),
        threshold=tree.threshold.astype(np.float64),
        left=tree.children_left.astype(np.int64),
        right=tree.children_right.astype(np.int64),
        missing_left=tree.missing_go_to_left.astype(bool),
        value=rate * tree.value[:, 0, :],
        target=target,
    )


def _lightgbm_tree(root: dict[str, Any], target: int) -> Tree:
    nodes = list(_walk(root))
    number = {id(node): index for index, node in enumerate(nodes)}
    inner = [node if "left_child" in node else None for node in nodes]
    return Tree(
        feature=np.array([node["split_feature"] if node else 0 for node in inner], dtype=np.int64),
        threshold=np.array([node["threshold"] if node else 0.0 for node in inner], dtype=np.float64),
        left=np.array([number[id(node["left_child"])] if node else LEAF for node in inner], dtype=np.int64),
        right=np.array([number[id(node["right_child"])] if node else LEAF for node in inner], dtype=np.int64),
        missing_left=np.array([_goes_left_without_value(node) if node else False for node in inner], dtype=bool),
        value=np.array([[node.get("leaf_value", 0.0)] for node in nodes], dtype=np.float64),
        target=target,
    )


def _walk(node: dict[str, Any]) -> Iterable[dict[str, Any]]:
    pending = [node]
    while pending:
        node = pending.pop()
        yield node
        if "left_child" in node:
            pending += [node["right_child"], node["left_child"]]


def _goes_left_without_value(node: dict[str, Any]) -> bool:
    """LightGBM takes NaN for 0 in a node that saw none in training."""
    return bool(node["default_left"] if node["missing_type"] == "NaN" else node["threshold"] >= 0)
