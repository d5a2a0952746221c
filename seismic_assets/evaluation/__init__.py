"""Scores on blocks that no model was fitted on, what they are worth, and the figures and pages that show them."""

from seismic_assets.evaluation.bootstrap import Interval, Resampling, class_f1_intervals, f1_difference, f1_interval
from seismic_assets.evaluation.calibration import Calibration, measure_calibration
from seismic_assets.evaluation.card import SPLIT_MAP_FILE, DataFile, LabelSource, ModelCard
from seismic_assets.evaluation.card_page import card_html, card_markdown
from seismic_assets.evaluation.errors import EvaluationError, ExplanationError
from seismic_assets.evaluation.failures import known_failures
from seismic_assets.evaluation.gate import FINDINGS, judge, unloadable
from seismic_assets.evaluation.gate_figures import (
    Comparison,
    Contender,
    Finding,
    GateLimits,
    NoComparison,
    Serving,
    Verdict,
)
from seismic_assets.evaluation.importance import Importance, feature_groups, permutation_importance
from seismic_assets.evaluation.importance_drift import FeatureChange, importance_drift, moved_features
from seismic_assets.evaluation.importance_plot import importance_figure, shap_figure
from seismic_assets.evaluation.metrics import Scores, majority_scores, score
from seismic_assets.evaluation.noise import signal_to_noise
from seismic_assets.evaluation.plots import confusion_figure, png_bytes, reliability_figure
from seismic_assets.evaluation.report import report_page
from seismic_assets.evaluation.section import comparison_figure, paint_windows
from seismic_assets.evaluation.shapley import ShapImportance, shap_importance
from seismic_assets.evaluation.slices import SliceScore, Slicing, by_name, by_quantile, slice_scores
from seismic_assets.evaluation.split_map import split_figure
from seismic_assets.evaluation.study_figures import Trial, history_figure, parameter_importance_figure

__all__ = [
    "FINDINGS",
    "SPLIT_MAP_FILE",
    "Calibration",
    "Comparison",
    "Contender",
    "DataFile",
    "EvaluationError",
    "ExplanationError",
    "FeatureChange",
    "Finding",
    "GateLimits",
    "Importance",
    "Interval",
    "LabelSource",
    "ModelCard",
    "NoComparison",
    "Resampling",
    "Scores",
    "Serving",
    "ShapImportance",
    "SliceScore",
    "Slicing",
    "Trial",
    "Verdict",
    "by_name",
    "by_quantile",
    "card_html",
    "card_markdown",
    "class_f1_intervals",
    "comparison_figure",
    "confusion_figure",
    "f1_difference",
    "f1_interval",
    "feature_groups",
    "history_figure",
    "importance_drift",
    "importance_figure",
    "judge",
    "known_failures",
    "majority_scores",
    "measure_calibration",
    "moved_features",
    "paint_windows",
    "parameter_importance_figure",
    "permutation_importance",
    "png_bytes",
    "reliability_figure",
    "report_page",
    "score",
    "shap_figure",
    "shap_importance",
    "signal_to_noise",
    "slice_scores",
    "split_figure",
    "unloadable",
]
