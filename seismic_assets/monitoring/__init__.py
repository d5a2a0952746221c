"""What is made of figures: how served models do, whether to train again, and the report that says so."""

from seismic_assets.monitoring.agreement import Agreement, CanaryComparison
from seismic_assets.monitoring.alerting import AlertLimits, alerts_of
from seismic_assets.monitoring.baseline import Baseline, Degradation, DegradationLimits, judge_accuracy
from seismic_assets.monitoring.confidence import Estimate, ServedCalibration
from seismic_assets.monitoring.errors import MonitoringError
from seismic_assets.monitoring.performance import (
    Known,
    ServedFigures,
    ServingPerformance,
    WindowFigures,
    serving_performance,
)
from seismic_assets.monitoring.period import Period
from seismic_assets.monitoring.report import HISTORY_SCHEMA, MonitoringReport, compose_report
from seismic_assets.monitoring.report_making import (
    drift_subject,
    feature_drift_part,
    performance_part,
    prediction_drift_part,
    prediction_subject,
)
from seismic_assets.monitoring.report_page import report_html
from seismic_assets.monitoring.report_parts import Alert, DataQualityPart, ImportanceDriftPart, ModelInfo
from seismic_assets.monitoring.retraining import (
    Condition,
    Decision,
    PastRetraining,
    RetrainingFacts,
    RetrainingPolicy,
    decide,
)
from seismic_assets.monitoring.scores import ServedScores
from seismic_assets.monitoring.table_state import Hole, TableState
from seismic_assets.monitoring.traffic import Traffic
from seismic_assets.monitoring.truth import Matching

__all__ = [
    "HISTORY_SCHEMA",
    "Agreement",
    "Alert",
    "AlertLimits",
    "Baseline",
    "CanaryComparison",
    "Condition",
    "DataQualityPart",
    "Decision",
    "Degradation",
    "DegradationLimits",
    "Estimate",
    "Hole",
    "ImportanceDriftPart",
    "Known",
    "Matching",
    "ModelInfo",
    "MonitoringError",
    "MonitoringReport",
    "PastRetraining",
    "Period",
    "RetrainingFacts",
    "RetrainingPolicy",
    "ServedCalibration",
    "ServedFigures",
    "ServedScores",
    "ServingPerformance",
    "TableState",
    "Traffic",
    "WindowFigures",
    "alerts_of",
    "compose_report",
    "decide",
    "drift_subject",
    "feature_drift_part",
    "judge_accuracy",
    "performance_part",
    "prediction_drift_part",
    "prediction_subject",
    "report_html",
    "serving_performance",
]
