"""Predict traces, files and requests with a serving bundle."""

from seismic_assets.inference.batch import (
    PREDICTED_COLUMNS,
    bronze_predictions,
    predict_file,
    prediction_frame,
    write_predictions,
)
from seismic_assets.inference.predictor import PredictionError, Predictor, WindowPredictions

__all__ = [
    "PREDICTED_COLUMNS",
    "PredictionError",
    "Predictor",
    "WindowPredictions",
    "bronze_predictions",
    "predict_file",
    "prediction_frame",
    "write_predictions",
]
