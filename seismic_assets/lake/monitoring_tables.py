"""Schemas of what monitoring writes; `subject` is a file (`file_id`) or `served`, for what was served lately."""

from __future__ import annotations

import pyarrow as pa

from seismic_assets.lake.tables import Table

_TEXT, _LONG, _DOUBLE, _BOOL = pa.string(), pa.int64(), pa.float64(), pa.bool_()
_TIME = pa.timestamp("us", "UTC")
_JUDGED = [
    ("subject", _TEXT),
    ("kind", _TEXT),  # file | served
    ("model_version", _TEXT),
    ("identity", _TEXT),  # of what was judged and by what: the same need not be judged again
    ("judged_at", _TIME),
]

DRIFT_VERDICTS = Table(
    "drift_verdicts",
    pa.schema(
        [
            *_JUDGED,
            ("severity", _TEXT),
            ("reason", _TEXT),
            ("traces", _LONG),
            ("independent_tiles", _DOUBLE),
            ("features_tested", _LONG),
            ("features_drifted", _LONG),
            ("drift_ratio", _DOUBLE),
            ("farthest", _TEXT),
            ("dead_share", _DOUBLE),
            ("dead_reference", _DOUBLE),
            ("domain_auc", _DOUBLE),
            ("domain_healthy", _DOUBLE),
            ("classic_alarm", _BOOL),
            ("inline", _DOUBLE),
            ("crossline", _DOUBLE),
        ]
    ),
    key=("subject",),
    per_file=False,
)

FEATURE_DRIFT = Table(
    "feature_drift",
    pa.schema(
        [
            ("subject", _TEXT),
            ("feature", _TEXT),
            ("drifted", _BOOL),
            ("p", _DOUBLE),
            ("ks", _DOUBLE),
            ("wasserstein", _DOUBLE),
            ("shift", _DOUBLE),
            ("everywhere", _DOUBLE),
            ("psi", _DOUBLE),
            ("classic_p", _DOUBLE),
        ]
    ),
    key=("subject", "feature"),
    per_file=False,
)

DRIFT_TILES = Table(
    "drift_tiles",
    pa.schema(
        [
            ("subject", _TEXT),
            ("tile", _LONG),
            ("inline", _DOUBLE),
            ("crossline", _DOUBLE),
            ("traces", _LONG),
            ("distance", _DOUBLE),
        ]
    ),
    key=("subject", "tile"),
    per_file=False,
)

PREDICTION_DRIFT = Table(
    "prediction_drift",
    pa.schema(
        [
            *_JUDGED,
            ("decided", _BOOL),
            ("suspected", _BOOL),  # taken alone
            ("drifted", _BOOL),  # with regard to how many subjects there are
            ("reason", _TEXT),
            ("shares", _TEXT),  # JSON: share of the windows by class
            ("reference_shares", _TEXT),
            ("chi2_p", _DOUBLE),
            ("cohens_w", _DOUBLE),
            ("confidence_p", _DOUBLE),
            ("confidence_ks", _DOUBLE),
            ("confidence_shift", _DOUBLE),
        ]
    ),
    key=("subject",),
    per_file=False,
)

MONITORING_HISTORY = Table(
    "monitoring_history",
    pa.schema(
        [
            ("timestamp", _TIME),
            ("file_id", _TEXT),  # or `served`
            ("model_version", _TEXT),
            ("severity", _TEXT),
            ("features_tested", _LONG),
            ("features_drifted", _LONG),
            ("drift_ratio", _DOUBLE),
        ]
    ),
    key=("timestamp", "file_id"),
    per_file=False,
)

MONITORING_REPORTS = Table(
    "monitoring_reports",
    pa.schema(
        [
            ("timestamp", _TIME),
            ("model_version", _TEXT),
            ("severity", _TEXT),
            ("features_tested", _LONG),
            ("features_drifted", _LONG),
            ("drift_ratio", _DOUBLE),
            ("worst_subject", _TEXT),
            ("prediction_drift", _BOOL),
            ("chi2_pvalue", _DOUBLE),
            ("requests", _LONG),
            ("failed_rate", _DOUBLE),
            ("truths", _LONG),
            ("accuracy", _DOUBLE),
            ("f1_weighted", _DOUBLE),
            ("f1_macro", _DOUBLE),
            ("estimated_accuracy", _DOUBLE),
            ("degraded", _BOOL),
            ("retrain", _BOOL),
            ("retraining_reason", _TEXT),
            ("alerts", _LONG),
            ("summary", _TEXT),
        ]
    ),
    key=("timestamp",),
    per_file=False,
)

RETRAINING_DECISIONS = Table(
    "retraining_decisions",
    pa.schema(
        [
            ("decided_at", _TIME),
            ("number", _LONG),  # of the retraining that was asked for; null where none was
            ("retrain", _BOOL),
            ("reason", _TEXT),
            ("conditions", _TEXT),  # JSON: names of those that were met
            ("guard", _TEXT),
            ("training_set", _TEXT),
            ("champion", _TEXT),
            ("outcome", _TEXT),
        ]
    ),
    key=("decided_at",),
    per_file=False,
)

MONITORING_TABLES = (
    DRIFT_VERDICTS,
    FEATURE_DRIFT,
    DRIFT_TILES,
    PREDICTION_DRIFT,
    MONITORING_HISTORY,
    MONITORING_REPORTS,
    RETRAINING_DECISIONS,
)
