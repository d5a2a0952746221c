"""A fitted classifier as an ONNX graph that decides every window as the estimator does.

Estimators compare float32 inputs with float64 thresholds and add up in float64; the usual converters round both to
float32, which flips windows that lie on a threshold and classes that are nearly even. Here the graph casts its input
to float64 and keeps every number of the estimator as it is. A network is float32 in PyTorch and in the graph alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seismic_assets.training.calibration import SMALLEST_PROBABILITY
from seismic_assets.training.graph import GraphBuilder
from seismic_assets.training.models import FittedModel
from seismic_assets.training.network import FARTHEST, POOL, Layer, Network
from seismic_assets.training.trees import (
    forest_trees,
    gradient_boosting_trees,
    hist_gradient_boosting_trees,
    lightgbm_trees,
)

# Each writes `label` and returns the name of the (m, classes) float64 probabilities.
Scoring = Callable[[Any, GraphBuilder, str], str]


def to_onnx_bytes(model: FittedModel) -> bytes:
    """The ONNX graph of a model of any family, its temperature included; the same bytes for the same model.

    Its input `features` is (m, f) float32, standardised. Its outputs are `label`, (m,) int64 class index, and
    `probabilities`, (m, trained classes) float32. It needs the operators of ONNX 18 and
    ai.onnx.ml 5 (3 for forests).

    Raises:
        TrainingError: a forest so large that its graph passes the 2 GB that ONNX allows.
    """
    graph = GraphBuilder()
    wide = graph.cast("features", np.float64)
    probabilities = _SCORINGS[model.family](model.estimator, graph, wide)
    if model.temperature != 1.0:
        probabilities = _at_temperature(graph, probabilities, model.temperature)
    graph.cast(probabilities, np.float32, into="probabilities")
    return graph.serialised(features=len(model.feature_mean), classes=len(model.trained_classes))


def _forest(estimator: Any, graph: GraphBuilder, inputs: str) -> str:
    trees = forest_trees(estimator)
    votes = graph.voting_trees(inputs, trees, estimator.classes_, label="label")
    return graph.node("Div", [graph.cast(votes, np.float64), graph.constant(np.float64(len(trees)))])


def _gradient_boosting(estimator: Any, graph: GraphBuilder, inputs: str) -> str:
    scores = graph.summed_trees(inputs, *gradient_boosting_trees(estimator))
    # Where the score of two classes is exactly 0 this estimator alone says the second.
    return _from_scores(graph, scores, estimator.classes_, above="GreaterOrEqual")


def _hist_gradient_boosting(estimator: Any, graph: GraphBuilder, inputs: str) -> str:
    return _from_scores(graph, graph.summed_trees(inputs, *hist_gradient_boosting_trees(estimator)), estimator.classes_)


def _lightgbm(estimator: Any, graph: GraphBuilder, inputs: str) -> str:
    return _from_scores(graph, graph.summed_trees(inputs, *lightgbm_trees(estimator)), estimator.classes_)


def _logistic_regression(estimator: Any, graph: GraphBuilder, inputs: str) -> str:
    weighted = graph.node("MatMul", [inputs, graph.constant(estimator.coef_.T.astype(np.float64))])
    scores = graph.node("Add", [weighted, graph.constant(estimator.intercept_.astype(np.float64))])
    return _from_scores(graph, scores, estimator.classes_)


def _from_scores(graph: GraphBuilder, scores: str, classes: NDArray[np.integer], above: str = "Greater") -> str:
    """Label and probabilities from (m, classes) scores, or (m, 1) of the second of two classes."""
    if len(classes) > 2:
        return _from_score_of_each(graph, scores, classes)
    second = graph.node(above, [scores, graph.constant(np.float64(0))])
    _label_of(graph, graph.node("Squeeze", [graph.cast(second, np.int64), graph.constant(np.array([1]))]), classes)
    share = graph.node("Sigmoid", [scores])
    rest = graph.node("Sub", [graph.constant(np.float64(1)), share])
    return graph.node("Concat", [rest, share], axis=1)


def _from_score_of_each(graph: GraphBuilder, scores: str, classes: NDArray[np.integer]) -> str:
    _label_of(graph, graph.node("ArgMax", [scores], axis=1, keepdims=0), classes)
    return graph.node("Softmax", [scores], axis=1)


def _deep_cnn(estimator: Any, graph: GraphBuilder, inputs: str) -> str:
    network: Network = estimator.network_
    # There is no convolution in float64; the input was float32 before it was cast.
    limits = [graph.constant(np.float32(each)) for each in (-FARTHEST, FARTHEST)]
    near = graph.node("Clip", [graph.cast(inputs, np.float32), *limits])
    signal = graph.node("Gather", [near, graph.constant(network.sequence)], axis=1)
    signal = graph.node("Unsqueeze", [signal, graph.constant(np.array([1]))])
    for layer in network.convolutions:
        signal = _convolution(graph, signal, layer)
    last = graph.constant(np.array([2]))
    pooled = [graph.node(each, [signal, last], keepdims=0) for each in ("ReduceMean", "ReduceMax")]
    if len(network.others):
        pooled.append(graph.node("Gather", [near, graph.constant(network.others)], axis=1))
    hidden = graph.node("Relu", [_linear(graph, graph.node("Concat", pooled, axis=1), network.hidden)])
    scores = graph.cast(_linear(graph, hidden, network.output), np.float64)
    return _from_score_of_each(graph, scores, estimator.classes_)


def _convolution(graph: GraphBuilder, signal: str, layer: Layer) -> str:
    weights, margin = [graph.constant(each) for each in (layer.weight, layer.bias)], layer.weight.shape[2] // 2
    rectified = graph.node("Relu", [graph.node("Conv", [signal, *weights], pads=[margin, margin])])
    return graph.node("MaxPool", [rectified], kernel_shape=[POOL], strides=[POOL], ceil_mode=1)


def _linear(graph: GraphBuilder, inputs: str, layer: Layer) -> str:
    return graph.node("Gemm", [inputs, graph.constant(layer.weight), graph.constant(layer.bias)], transB=1)


def _label_of(graph: GraphBuilder, columns: str, classes: NDArray[np.integer]) -> None:
    graph.node("Gather", [graph.constant(np.asarray(classes, dtype=np.int64)), columns], into="label")


def _at_temperature(graph: GraphBuilder, probabilities: str, temperature: float) -> str:
    """`apply_temperature` as nodes."""
    limits = [graph.constant(np.float64(each)) for each in (SMALLEST_PROBABILITY, 1)]
    logarithms = graph.node("Log", [graph.node("Clip", [probabilities, *limits])])
    return graph.node("Softmax", [graph.node("Div", [logarithms, graph.constant(np.float64(temperature))])], axis=1)


_SCORINGS: Mapping[str, Scoring] = {
    "hist_gradient_boosting": _hist_gradient_boosting,
    "logistic_regression": _logistic_regression,
    "random_forest": _forest,
    "gradient_boosting": _gradient_boosting,
    "decision_tree": _forest,
    "lightgbm": _lightgbm,
    "deep_cnn": _deep_cnn,
}
