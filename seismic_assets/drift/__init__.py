"""Drift: whether what is met now still looks like what a model was trained on."""

from seismic_assets.drift.errors import DriftError
from seismic_assets.drift.feature_drift import feature_drift
from seismic_assets.drift.findings import DEAD_TRACES, DriftLimits, FeatureChange, FeatureDrift
from seismic_assets.drift.important import ImportanceDrift, important_drift
from seismic_assets.drift.prediction import PredictionDrift, prediction_drift
from seismic_assets.drift.prediction_reference import (
    PredictionReference,
    build_prediction_reference,
    prediction_reference_from_arrays,
)
from seismic_assets.drift.recordings import build_reference
from seismic_assets.drift.reference import DriftReference, reference_from_arrays
from seismic_assets.drift.sample import Sample
from seismic_assets.drift.severity import Severity, severity_of

__all__ = [
    "DEAD_TRACES",
    "DriftError",
    "DriftLimits",
    "DriftReference",
    "FeatureChange",
    "FeatureDrift",
    "ImportanceDrift",
    "PredictionDrift",
    "PredictionReference",
    "Sample",
    "Severity",
    "build_prediction_reference",
    "build_reference",
    "feature_drift",
    "important_drift",
    "prediction_drift",
    "prediction_reference_from_arrays",
    "reference_from_arrays",
    "severity_of",
]
