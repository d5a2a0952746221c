"""Delta tables: schemas, atomic replace, reading in blocks and in a fixed order."""

from seismic_assets.lake.errors import LakeError
from seismic_assets.lake.samples import samples_column, to_array
from seismic_assets.lake.store import Lake
from seismic_assets.lake.tables import (
    BRONZE_TRACES,
    DATASET_SPLIT,
    LABEL_MATCHES,
    SEGY_CATALOGUE,
    TRACE_ATTRIBUTES,
    TRACE_LABELS,
    TRACE_QUALITY,
    Table,
    predictions_table,
    trace_features_table,
)

__all__ = [
    "BRONZE_TRACES",
    "DATASET_SPLIT",
    "LABEL_MATCHES",
    "SEGY_CATALOGUE",
    "TRACE_ATTRIBUTES",
    "TRACE_LABELS",
    "TRACE_QUALITY",
    "Lake",
    "LakeError",
    "Table",
    "predictions_table",
    "samples_column",
    "to_array",
    "trace_features_table",
]
