"""Schema of what is kept of the quality of the data over time: a row for each state that the data were in."""

from __future__ import annotations

import pyarrow as pa

from seismic_assets.lake.tables import Table

_TEXT, _LONG, _DOUBLE, _BOOL = pa.string(), pa.int64(), pa.float64(), pa.bool_()

QUALITY_HISTORY = Table(
    "quality_history",
    pa.schema(
        [
            ("timestamp", pa.timestamp("us", "UTC")),
            ("identity", _TEXT),
            ("verdict", _TEXT),
            ("statistics", _TEXT),
            ("domain", _TEXT),
            ("drift", _TEXT),
            ("accepted", _BOOL),
            ("files", _LONG),
            ("refused_files", _LONG),
            ("traces", _LONG),
            ("lost_share", _DOUBLE),
            ("clipped_share", _DOUBLE),
            ("spiked_share", _DOUBLE),
            ("duplicate_share", _DOUBLE),
            ("score_mean", _DOUBLE),
            ("score_deviation", _DOUBLE),
            ("score_lowest", _DOUBLE),
            ("scaled_files", _LONG),
            ("scale_median", _DOUBLE),
            ("log_scale_mean", _DOUBLE),
            ("log_scale_deviation", _DOUBLE),
            ("labelled_windows", _LONG),
            ("class_shares", _TEXT),
            ("findings", _LONG),
            ("summary", _TEXT),
        ]
    ),
    key=("timestamp",),
    per_file=False,
    meanings={
        "timestamp": "when the state was judged",
        "identity": "digest of the files, their quality and their labels: the same state has no second row in a row",
        "verdict": "`PASS`, `WARN` or `FAIL`: the worst of the agents'",
        "statistics": "verdict on the figures",
        "domain": "verdict on what is plausible",
        "drift": "verdict on what changed",
        "accepted": "whether later states are compared with it: figures and plausibility did not fail",
        "files": "that were read",
        "refused_files": "that are quarantined or could not be read",
        "lost_share": "share of the traces that are dead or not finite",
        "clipped_share": "share of the traces",
        "spiked_share": "share of the traces",
        "duplicate_share": "share of the traces",
        "score_mean": "mean quality score, 0 to 100, each file as often as it has traces",
        "score_deviation": "standard deviation of the score between files",
        "scaled_files": "files with an amplitude scale",
        "scale_median": "median amplitude scale of the files",
        "log_scale_mean": "mean common logarithm of the amplitude scales",
        "log_scale_deviation": "standard deviation of the same between files",
        "class_shares": "JSON: share of the labelled windows by class",
        "findings": "how many there were",
    },
)
