"""One ONNX graph from the samples of windows to class probabilities, for those who serve without this package."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from seismic_assets.attributes import LARGEST_AMPLITUDE, Embedder
from seismic_assets.inference.predictor import PredictionError
from seismic_assets.inference.single_graph_extended import extended_nodes
from seismic_assets.inference.single_graph_nodes import (
    WindowGraph,
    embedding_nodes,
    handcrafted_nodes,
    standardised_nodes,
)
from seismic_assets.registry import Bundle, BundleManifest

WINDOWS, AMPLITUDE_SCALE, CENTRE_TIMES = "windows", "amplitude_scale", "centre_time_ms"
PROBABILITIES, LABEL = "probabilities", "label"
UNUSABLE = -1
# The nodes of the bundle's own graph have this before their names; the first is what it takes.
_MODEL = "model/"
STANDARDISED_FEATURES = f"{_MODEL}features"
_TRAINED = f"{_MODEL}probabilities"
_FEATURE_SETS = ("classic", "extended")
_LEAST_OPERATORS = 18  # from here on the axes of a reduction are an input
_MOST_BYTES = 2**31 - 1
_INSTEAD = "serve it with `seismic serve`, or compute its features with this package and run the bundle's model.onnx"


class SingleGraphError(PredictionError):
    """A model that one graph from samples to probabilities cannot hold: what it cannot hold, what to use instead."""


def single_graph(bundle: Bundle) -> bytes:
    """The graph of a bundle's features, standardisation and model; the same bytes for the same bundle.

    Inputs:
        windows: (m, window_samples) float32, any m, cut and resampled as in training.
        amplitude_scale: (1,) float32 greater than 0, only of a model that was trained on normalised amplitudes.
        centre_time_ms: (m,) float32, only of a model that sees the time of a window's centre.

    Outputs:
        probabilities: (m, classes) float32 of all classes of the manifest; 0 for a class that was not trained, NaN
            throughout where a sample of the window is not finite or beyond `LARGEST_AMPLITUDE`.
        label: (m,) int64, index of the largest probability as serving names it; -1 where they are NaN.

    Serving knows more than a window: it gives no answer for a trace whose samples are all the same. Here each such
    window is answered like any other; leave dead traces out.

    Raises:
        SingleGraphError: the model needs what a graph of windows cannot hold.
    """
    from onnx import load_model_from_string

    model = load_model_from_string(bundle.graphs["model"])
    operators = {each.domain: each.version for each in model.opset_import}
    _check_features(bundle.manifest)
    _check_graph([each.name for each in model.graph.input], operators)

    graph, manifest = WindowGraph(), bundle.manifest
    windows = WINDOWS if manifest.normalise == "none" else graph.node("Div", [WINDOWS, AMPLITUDE_SCALE])
    features = _features(graph, windows, manifest, _components_of(bundle))
    standardised_nodes(graph, features, bundle.feature_mean, bundle.feature_scale, into=STANDARDISED_FEATURES)
    graph.attach(model.graph, _MODEL)
    _answers(graph, manifest.trained_classes, len(manifest.classes), _usable(graph, manifest))

    made = graph.model(
        _inputs(manifest),
        {PROBABILITIES: (np.float32, ("m", len(manifest.classes))), LABEL: (np.int64, ("m",))},
        operators=operators,
        ir_version=model.ir_version,
    )
    size = made.ByteSize()
    if size > _MOST_BYTES:
        raise SingleGraphError(f"the graph of this model has {size:,} bytes, ONNX allows 2 GB; {_INSTEAD}")
    return _serialised(made, _facts(bundle))


def with_facts(graph: bytes, facts: Mapping[str, str]) -> bytes:
    """The same graph with further entries of its metadata (`metadata_props`)."""
    from onnx import load_model_from_string

    return _serialised(load_model_from_string(graph), facts)


def facts_of(graph: bytes) -> dict[str, str]:
    """The metadata that a graph carries."""
    from onnx import load_model_from_string

    return {each.key: each.value for each in load_model_from_string(graph).metadata_props}


def write_graph(path: Path, graph: bytes) -> None:
    """Write a graph to a file, whole or not at all."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_bytes(graph)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _check_features(manifest: BundleManifest) -> None:
    if manifest.feature_set not in _FEATURE_SETS:
        raise SingleGraphError(
            f"the model sees the feature set {manifest.feature_set}; a graph of the window alone does not hold the "
            f"traces around it: {_INSTEAD}"
        )


def _check_graph(takes: list[str], operators: Mapping[str, int]) -> None:
    if takes != ["features"] or operators.get("", 0) < _LEAST_OPERATORS:
        raise SingleGraphError(
            f"the model's own graph takes {', '.join(takes)} with the operators of ONNX {operators.get('', 0)}; only "
            f"one that takes features with those of ONNX {_LEAST_OPERATORS} can be put behind others: train again with "
            f"this version of the package, or {_INSTEAD}"
        )


def _components_of(bundle: Bundle) -> Embedder:
    if not isinstance(bundle.embedder, Embedder):
        raise SingleGraphError(
            f"the embedding of the model is a {type(bundle.embedder).__name__}; the graph holds principal components "
            f"alone: {_INSTEAD}"
        )
    return bundle.embedder


def _inputs(manifest: BundleManifest) -> dict[str, tuple[str | int, ...]]:
    inputs: dict[str, tuple[str | int, ...]] = {WINDOWS: ("m", manifest.window_samples)}
    if manifest.normalise != "none":
        inputs[AMPLITUDE_SCALE] = (1,)
    if manifest.time_feature:
        inputs[CENTRE_TIMES] = ("m",)
    return inputs


def _features(graph: WindowGraph, windows: str, manifest: BundleManifest, embedder: Embedder) -> str:
    """(m, f) float32 in the order of the manifest's `feature_names`."""
    num_samples, interval_us = manifest.window_samples, manifest.sample_interval_us
    parts = [
        handcrafted_nodes(graph, windows, num_samples, interval_us),
        embedding_nodes(graph, windows, embedder),
    ]
    if manifest.feature_set == "extended":
        parts.append(extended_nodes(graph, windows, num_samples, interval_us))
    if manifest.time_feature:
        parts.append(graph.with_constant("Unsqueeze", CENTRE_TIMES, np.array([1])))
    return graph.node("Concat", parts, axis=1)


def _usable(graph: WindowGraph, manifest: BundleManifest) -> str:
    """(m, 1) bool: whether a window can be classified; NaN passes no comparison."""
    size = graph.node("Abs", [WINDOWS])
    within = graph.with_constant("LessOrEqual", size, np.float32(LARGEST_AMPLITUDE))
    usable = graph.cast(graph.smallest(graph.cast(within, np.float32)), np.bool_)
    if manifest.normalise == "none":
        return usable
    return graph.node("And", [usable, graph.with_constant("Greater", AMPLITUDE_SCALE, np.float32(0))])


def _answers(graph: WindowGraph, trained: tuple[int, ...], num_classes: int, usable: str) -> None:
    """Every class its column, 0 where it was not trained, and the label of the largest."""
    padded = graph.node("Pad", [_TRAINED, graph.constant(np.array([0, 0, 0, 1]))])
    column = np.full(num_classes, len(trained))
    column[list(trained)] = np.arange(len(trained))
    spread = graph.node("Gather", [padded, graph.constant(column)], axis=1)
    graph.node("Where", [usable, spread, graph.constant(np.float32(np.nan))], into=PROBABILITIES)
    label = graph.node("ArgMax", [spread], axis=1, keepdims=0)
    known = graph.with_constant("Squeeze", usable, np.array([1]))
    graph.node("Where", [known, label, graph.constant(np.int64(UNUSABLE))], into=LABEL)


def _facts(bundle: Bundle) -> dict[str, str]:
    manifest = bundle.manifest
    return {
        "classes": json.dumps(manifest.classes),
        "trained_classes": json.dumps(manifest.trained_classes),
        "sample_interval_us": str(manifest.sample_interval_us),
        "window_samples": str(manifest.window_samples),
        "window_step": str(manifest.window_step),
        "normalise": manifest.normalise,
        "feature_names": json.dumps(manifest.feature_names),
        "family": manifest.family,
        "dataset_digest": manifest.dataset_digest,
        "content_digest": bundle.content_digest(),
    }


def _serialised(model: Any, facts: Mapping[str, str]) -> bytes:
    known = {each.key: each.value for each in model.metadata_props}
    del model.metadata_props[:]
    for key, value in {**known, **facts}.items():
        model.metadata_props.add(key=key, value=value)
    return bytes(model.SerializeToString(deterministic=True))
