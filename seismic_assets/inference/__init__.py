"""Predict traces, files and requests with a serving bundle."""

from seismic_assets.inference.batch import bronze_predictions, predict_file, prediction_frame, write_predictions
from seismic_assets.inference.predictor import PredictionError, Predictor, WindowPredictions

__all__ = [
    "PredictionError",
    "Predictor",
    "WindowPredictions",
    "bronze_predictions",
    "predict_file",
    "prediction_frame",
    "write_predictions",
]
