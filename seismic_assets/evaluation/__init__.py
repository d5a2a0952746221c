"""Scores on blocks that no model was fitted on, and the figures that show them."""

from seismic_assets.evaluation.metrics import Scores, majority_scores, score
from seismic_assets.evaluation.plots import confusion_figure, png_bytes, reliability_figure
from seismic_assets.evaluation.report import report_page
from seismic_assets.evaluation.section import comparison_figure, paint_windows

__all__ = [
    "Scores",
    "comparison_figure",
    "confusion_figure",
    "majority_scores",
    "paint_windows",
    "png_bytes",
    "reliability_figure",
    "report_page",
    "score",
]
