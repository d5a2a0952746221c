"""Schemas of the tables, a constant each; the tables of features and predictions depend on the model's width."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from seismic_assets.attributes import HANDCRAFTED
from seismic_assets.quality import AMPLITUDES, COUNTS, SCORE_PARTS

_TEXT, _INT, _LONG, _REAL, _DOUBLE = pa.string(), pa.int32(), pa.int64(), pa.float32(), pa.float64()


@dataclass(frozen=True)
class Table:
    """A Delta table of the lake.

    Attributes:
        name: folder below the lake's root and name of the asset that writes it.
        schema: column names and types, in order.
        key: columns that identify a row and give the order of reading.
        per_file: whether it is partitioned by `file_id` and replaced file by file.
        meanings: of columns that do not speak for themselves, by name.
    """

    name: str
    schema: pa.Schema
    key: tuple[str, ...]
    per_file: bool = True
    meanings: Mapping[str, str] = field(default_factory=dict, compare=False)


_BY_OTHERS = {
    **dict.fromkeys(("window_features", "window_labels", "feature_generations"), "window_history"),
    "quality_history": "quality_report",
}


def asset_of(table: str) -> str:
    """Name of the asset that writes a table: the table's own, but where one asset writes several."""
    return _BY_OTHERS.get(table, table)


def _schema(columns: Sequence[tuple[str, pa.DataType]]) -> pa.Schema:
    return pa.schema([pa.field(name, kind) for name, kind in columns])


_WINDOW_KEY = [("file_id", _TEXT), ("trace_index", _LONG), ("window_index", _INT)]

SEGY_CATALOGUE = Table(
    "segy_catalogue",
    _schema(
        [
            ("file_id", _TEXT),
            ("relative", _TEXT),
            ("stamp", pa.list_(_LONG)),
            ("digest", _TEXT),
            ("admitted", pa.bool_()),
            ("reason", _TEXT),
            ("judged_at", _TEXT),
            ("notes", _TEXT),
            ("header_bytes", _TEXT),
            ("traces", _LONG),
            ("samples", _LONG),
            ("sample_interval_us", _LONG),
            ("start_ms", _DOUBLE),
            ("format", _TEXT),
            ("endian", _TEXT),
            ("inline_min", _LONG),
            ("inline_max", _LONG),
            ("crossline_min", _LONG),
            ("crossline_max", _LONG),
        ]
    ),
    key=("file_id",),
    per_file=False,
)

BRONZE_TRACES = Table(
    "bronze_traces",
    _schema(
        [
            ("file_id", _TEXT),
            ("trace_index", _LONG),
            ("inline", _INT),
            ("crossline", _INT),
            ("cdp", _INT),
            ("offset", _INT),
            ("cdp_x", _DOUBLE),
            ("cdp_y", _DOUBLE),
            ("sample_interval_us", _INT),
            ("start_ms", _REAL),
            ("num_samples", _INT),
            ("is_dead", pa.bool_()),
            ("has_nan", pa.bool_()),
            ("samples", pa.large_binary()),
        ]
    ),
    key=("file_id", "trace_index"),
)

TRACE_QUALITY = Table(
    "trace_quality",
    _schema(
        [
            ("file_id", _TEXT),
            ("status", _TEXT),
            ("reason", _TEXT),
            ("traces_declared", _LONG),
            ("traces", _LONG),
            ("num_samples", _INT),
            ("sample_interval_us", _INT),
            ("source_interval_us", _INT),
            *((name, _LONG) for name in COUNTS),
            *((name, _DOUBLE) for name in AMPLITUDES),
            *((f"score_{name}", _DOUBLE) for name in SCORE_PARTS),
            ("score", _DOUBLE),
            ("notes", _TEXT),
        ]
    ),
    key=("file_id",),
)

TRACE_LABELS = Table(
    "trace_labels",
    _schema(
        [
            *_WINDOW_KEY,
            ("inline", _INT),
            ("crossline", _INT),
            ("cdp_x", _DOUBLE),
            ("cdp_y", _DOUBLE),
            ("class", _INT),
            ("class_name", _TEXT),
            ("source", _TEXT),
        ]
    ),
    key=("file_id", "trace_index", "window_index"),
)

LABEL_MATCHES = Table(
    "label_matches",
    _schema(
        [
            ("file_id", _TEXT),
            ("source", _TEXT),
            ("kind", _TEXT),
            ("samples", _LONG),
            ("outside", _LONG),
            ("problem", _TEXT),
        ]
    ),
    key=("file_id", "source"),
)


def trace_attributes_table(names: Sequence[str]) -> Table:
    """The attributes of every usable window, a float32 column each."""
    return Table(
        "trace_attributes",
        _schema([*_WINDOW_KEY, ("start_ms", _REAL), ("end_ms", _REAL), *((name, _REAL) for name in names)]),
        key=("file_id", "trace_index", "window_index"),
    )


TRACE_ATTRIBUTES = trace_attributes_table(HANDCRAFTED)  # what every feature set has

DATASET_SPLIT = Table(
    "dataset_split",
    _schema(
        [
            *_WINDOW_KEY,
            ("inline", _INT),
            ("crossline", _INT),
            ("class", _INT),
            ("block", _TEXT),
            ("fold", _TEXT),
        ]
    ),
    key=("file_id", "trace_index", "window_index"),
    per_file=False,
)


def trace_features_table(names: Sequence[str]) -> Table:
    """The features of every usable window, a float32 column each."""
    return Table(
        "trace_features",
        _schema([*_WINDOW_KEY, *((name, _REAL) for name in names)]),
        key=("file_id", "trace_index", "window_index"),
    )


def predictions_table(class_names: Sequence[str]) -> Table:
    """The prediction of every window of every trace; nulls where a trace is dead or not finite."""
    return Table(
        "predictions",
        _schema(
            [
                ("file_id", _TEXT),
                ("trace_index", _LONG),
                ("inline", _INT),
                ("crossline", _INT),
                ("window_index", _INT),
                ("start_ms", _REAL),
                ("end_ms", _REAL),
                ("predicted_class", _INT),
                ("predicted_class_name", _TEXT),
                ("confidence", _REAL),
                *((f"prob_{name}", _REAL) for name in class_names),
                ("true_class", _INT),
                ("model_version", _TEXT),
            ]
        ),
        key=("file_id", "trace_index", "window_index"),
    )
