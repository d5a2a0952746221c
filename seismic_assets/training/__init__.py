"""Fit classifiers on the training blocks and export them."""

from seismic_assets.training.data import FoldData, TrainingData, feature_scale, thin_by_class
from seismic_assets.training.errors import TrainingError
from seismic_assets.training.export import to_onnx_bytes
from seismic_assets.training.models import MODEL_FAMILIES, FittedModel, fit_model, fit_shuffled_control

__all__ = [
    "MODEL_FAMILIES",
    "FittedModel",
    "FoldData",
    "TrainingData",
    "TrainingError",
    "feature_scale",
    "fit_model",
    "fit_shuffled_control",
    "thin_by_class",
    "to_onnx_bytes",
]
