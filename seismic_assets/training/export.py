"""A fitted classifier as an ONNX graph."""

from __future__ import annotations

from seismic_assets.training.models import FittedModel


def to_onnx_bytes(model: FittedModel) -> bytes:
    """The ONNX graph from (m, f) float32 standardised features to `label` and (m, classes) `probabilities`."""
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType

    inputs = [("features", FloatTensorType([None, len(model.feature_mean)]))]
    graph = to_onnx(model.estimator, initial_types=inputs, options={"zipmap": False})
    return bytes(graph.SerializeToString())
