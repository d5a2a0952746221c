"""Tables that keep what was known before: the offline side of the feature store."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from seismic_assets.lake.tables import Table

TRACE_ID, WINDOW, EVENT, CREATED, GENERATION = (
    "trace_id",
    "window_index",
    "event_timestamp",
    "created_timestamp",
    "generation",
)
_MOMENT = pa.timestamp("us", "UTC")
_KEY = [
    ("file_id", pa.string()),
    (TRACE_ID, pa.int64()),
    (WINDOW, pa.int64()),
    (EVENT, _MOMENT),
    (CREATED, _MOMENT),
    (GENERATION, pa.int64()),
]
_ORDER = ("file_id", GENERATION, TRACE_ID, WINDOW)
_MEANINGS = {
    TRACE_ID: "The trace among the traces of all files: the number of its file, then its place in the file.",
    EVENT: "When the file came as it is.",
    CREATED: "When these values were made.",
    GENERATION: "Counts what was known of a file, from 1.",
}


def window_features_table(names: Sequence[str]) -> Table:
    """The features of every usable window, a float32 column each, one generation after another."""
    schema = pa.schema([pa.field(*each) for each in [*_KEY, *((name, pa.float32()) for name in names)]])
    return Table("window_features", schema, key=_ORDER, meanings=_MEANINGS)


WINDOW_LABELS = Table(
    "window_labels",
    pa.schema([pa.field(*each) for each in [*_KEY, ("class", pa.int64()), ("class_name", pa.string())]]),
    key=_ORDER,
    meanings=_MEANINGS,
)

FEATURE_GENERATIONS = Table(
    "feature_generations",
    pa.schema(
        [
            ("file_id", pa.string()),
            ("table", pa.string()),
            (GENERATION, pa.int64()),
            (EVENT, _MOMENT),
            (CREATED, _MOMENT),
            ("rows", pa.int64()),
            ("gone", pa.int64()),
            ("content", pa.string()),
            ("making", pa.string()),
            ("num_samples", pa.int64()),
            ("sample_interval_us", pa.int64()),
            ("segy_digest", pa.string()),
            ("source_version", pa.int64()),
            ("code", pa.string()),
        ]
    ),
    key=("file_id", "table", GENERATION),
    meanings={
        "table": "Which table has the rows.",
        EVENT: _MEANINGS[EVENT],
        CREATED: _MEANINGS[CREATED],
        "rows": "Windows.",
        "gone": "Windows of the generation before that are no more: they have rows without values.",
        "content": "Digest of keys and values.",
        "making": "Digest of the embedder, the windows and the normalisation that the values were made with.",
        "segy_digest": "Of the SEG-Y file.",
        "source_version": "Delta version of the table that the rows were copied from.",
        "code": "Git commit of the code, or the version of the package.",
    },
)
