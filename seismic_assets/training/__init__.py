"""Fit classifiers on the training blocks and export them."""

from seismic_assets.training.calibration import apply_temperature, calibrated, fit_temperature, temperature_helps
from seismic_assets.training.cross_validation import spatial_folds
from seismic_assets.training.data import FoldData, TrainingData, feature_scale
from seismic_assets.training.errors import TrainingError
from seismic_assets.training.export import to_onnx_bytes
from seismic_assets.training.families import MODEL_FAMILIES
from seismic_assets.training.models import FittedModel, fit_model, fit_shuffled_control
from seismic_assets.training.sampling import sample_by_block
from seismic_assets.training.search import TrialReport, TuningOptions, TuningResult
from seismic_assets.training.spaces import (
    DEFAULT_PARAMETERS,
    SEARCH_SPACES,
    SLOW_FAMILIES,
    OneOf,
    Real,
    Whole,
    space_digest,
)
from seismic_assets.training.tuning import tune

__all__ = [
    "DEFAULT_PARAMETERS",
    "MODEL_FAMILIES",
    "SEARCH_SPACES",
    "SLOW_FAMILIES",
    "FittedModel",
    "FoldData",
    "OneOf",
    "Real",
    "TrainingData",
    "TrainingError",
    "TrialReport",
    "TuningOptions",
    "TuningResult",
    "Whole",
    "apply_temperature",
    "calibrated",
    "feature_scale",
    "fit_model",
    "fit_shuffled_control",
    "fit_temperature",
    "sample_by_block",
    "space_digest",
    "spatial_folds",
    "temperature_helps",
    "to_onnx_bytes",
    "tune",
]
