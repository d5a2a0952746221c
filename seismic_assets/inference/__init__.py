"""Predict traces, files and requests with a serving bundle."""

from seismic_assets.inference.batch import (
    PREDICTED_COLUMNS,
    bronze_predictions,
    predict_file,
    prediction_frame,
    trace_frame,
    window_frame,
)
from seismic_assets.inference.batch_finding import Refused
from seismic_assets.inference.batch_inputs import ReadOptions
from seismic_assets.inference.batch_job import BatchResult, PredictedInput, run_batch
from seismic_assets.inference.batch_outputs import Output
from seismic_assets.inference.batch_parts import OutputError
from seismic_assets.inference.batch_plan import BatchOptions
from seismic_assets.inference.predictor import PredictionError, Predictor, WindowPredictions

__all__ = [
    "PREDICTED_COLUMNS",
    "BatchOptions",
    "BatchResult",
    "Output",
    "OutputError",
    "PredictedInput",
    "PredictionError",
    "Predictor",
    "ReadOptions",
    "Refused",
    "WindowPredictions",
    "bronze_predictions",
    "predict_file",
    "prediction_frame",
    "run_batch",
    "trace_frame",
    "window_frame",
]
