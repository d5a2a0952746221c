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
_MEANINGS = {
    "subject": "file, or `served` for what was served lately",
    "kind": "`file` or `served`",
    "model_version": "the champion that it was judged for",
    "identity": "digest of what was judged and by what: the same is not judged again",
    "reason": "why nothing was decided",
}
_DRIFT_MEANINGS = {
    "severity": "`undecided`, `none`, `low`, `medium` or `high`, by the share of features that drifted",
    "features_tested": "the features of the model, and the share of dead traces",
    "drift_ratio": "share of the tested features that drifted",
}

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
    meanings={
        **_MEANINGS,
        **_DRIFT_MEANINGS,
        "traces": "that were looked at, in whole tiles",
        "independent_tiles": "how many tiles far apart say as much, as neighbours are alike",
        "farthest": "features that drifted, the farthest first",
        "dead_share": "share of dead traces",
        "dead_reference": "share of dead traces in the training data",
        "domain_auc": "how well a classifier tells it from the training data, all features together; 0.5 is not at all",
        "domain_healthy": "what healthy parts of the training data reach at most",
        "classic_alarm": "whether the plain test would alarm, where it was asked for",
        "inline": "mean of its tiles",
        "crossline": "mean of its tiles",
    },
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
    meanings={
        "subject": _MEANINGS["subject"],
        "feature": "of the model, or `dead_traces`",
        "drifted": "significant among all features, large, and everywhere",
        "p": "of a shift or another spread as large, by tiles; not corrected for the number of features",
        "ks": "Kolmogorov-Smirnov distance of the distributions, 0 to 1",
        "wasserstein": "Wasserstein distance, in standard deviations of the training data",
        "shift": "of the mean, in about standard deviations of the training data; signed",
        "everywhere": "three quarters of the tiles lie at least so far to the same side, in standard deviations "
        "between places of the training data",
        "psi": "population stability index: below 0.1 is commonly called small, above 0.25 large; null where there are "
        "fewer than ten independent tiles",
        "classic_p": "of the plain Kolmogorov-Smirnov test, where it was asked for",
    },
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
    meanings={
        "subject": "file",
        "inline": "mean of its traces",
        "crossline": "mean of its traces",
        "traces": "with features",
        "distance": "from the training data: about 1 in health, null where nothing was decided",
    },
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
    meanings={
        **_MEANINGS,
        "decided": "whether there was enough to decide",
        "suspected": "whether the answers have drifted, taken alone",
        "drifted": "whether they have with regard to how many subjects there are",
        "shares": "JSON: share of the windows by predicted class",
        "reference_shares": "JSON: the same on the test blocks",
        "chi2_p": "of such a difference of the shares, corrected for tiles",
        "cohens_w": "size of the difference of the shares: 0.1 small, 0.3 medium, 0.5 large",
        "confidence_p": "of such a difference of the confidence",
        "confidence_ks": "Kolmogorov-Smirnov distance of the confidence, 0 to 1",
        "confidence_shift": "of the mean confidence, in standard deviations of the test's; signed",
    },
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
    meanings={"timestamp": "of the report", "file_id": _MEANINGS["subject"], **_DRIFT_MEANINGS},
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
    meanings={
        **_DRIFT_MEANINGS,
        "timestamp": "when the report was made",
        "model_version": "the champion",
        "worst_subject": "what the figures of drift are of",
        "prediction_drift": "whether answers have drifted",
        "chi2_pvalue": "of the class shares of what drifted most in its answers",
        "requests": "served in the period",
        "failed_rate": "share of them with a status of 500 or more",
        "truths": "traces with truth",
        "accuracy": "where truth came",
        "estimated_accuracy": "mean confidence, where no truth came",
        "degraded": "whether the accuracy has certainly fallen",
        "retrain": "whether a retraining was asked for",
        "alerts": "how many the report has",
    },
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
    meanings={
        "number": "of the retraining that was asked for; null where none was",
        "conditions": "JSON: names of those that were met",
        "guard": "what held it back",
        "training_set": "digest of the labelled windows",
        "champion": "version in production then",
        "outcome": "`under_way`, `promoted`, `refused`, `failed`, or `lapsed` where nobody started it",
    },
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
