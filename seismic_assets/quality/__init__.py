"""Quality of traces and files: figures, score, findings."""

from seismic_assets.quality.figures import SAMPLE_COUNTS, QualityFigures, TraceFlags
from seismic_assets.quality.report import quality_page
from seismic_assets.quality.score import (
    SCORE_PARTS,
    Thresholds,
    amplitude_outliers,
    findings,
    score_of,
    score_parts,
)

POSITION_COUNTS = ("traces_without_position", "repeated_positions", "missing_positions")
COUNTS = (*SAMPLE_COUNTS, *POSITION_COUNTS)
AMPLITUDES = ("mean_amplitude", "std_amplitude", "min_amplitude", "max_amplitude", "amplitude_scale")

__all__ = [
    "AMPLITUDES",
    "COUNTS",
    "SCORE_PARTS",
    "QualityFigures",
    "Thresholds",
    "TraceFlags",
    "amplitude_outliers",
    "findings",
    "quality_page",
    "score_of",
    "score_parts",
]
