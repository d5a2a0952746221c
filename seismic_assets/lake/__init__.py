"""Delta tables: schemas, atomic replace, reading in blocks and in a fixed order."""

from seismic_assets.lake.audit import PartAudit, audit_table, repeated_keys
from seismic_assets.lake.errors import LakeError, RowsRefusedError
from seismic_assets.lake.history_tables import FEATURE_GENERATIONS, WINDOW_LABELS, window_features_table
from seismic_assets.lake.monitoring_tables import (
    DRIFT_TILES,
    DRIFT_VERDICTS,
    FEATURE_DRIFT,
    MONITORING_HISTORY,
    MONITORING_REPORTS,
    MONITORING_TABLES,
    PREDICTION_DRIFT,
    RETRAINING_DECISIONS,
)
from seismic_assets.lake.names import TABLE_NAMES
from seismic_assets.lake.parts import PartTask, RowCursor, Segment
from seismic_assets.lake.quality_history import QUALITY_HISTORY
from seismic_assets.lake.samples import batch_array, samples_column, to_array
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
    trace_attributes_table,
    trace_features_table,
)

__all__ = [
    "BRONZE_TRACES",
    "DATASET_SPLIT",
    "DRIFT_TILES",
    "DRIFT_VERDICTS",
    "FEATURE_DRIFT",
    "FEATURE_GENERATIONS",
    "LABEL_MATCHES",
    "MONITORING_HISTORY",
    "MONITORING_REPORTS",
    "MONITORING_TABLES",
    "PREDICTION_DRIFT",
    "QUALITY_HISTORY",
    "RETRAINING_DECISIONS",
    "SEGY_CATALOGUE",
    "TABLE_NAMES",
    "TRACE_ATTRIBUTES",
    "TRACE_LABELS",
    "TRACE_QUALITY",
    "WINDOW_LABELS",
    "Lake",
    "LakeError",
    "PartAudit",
    "PartTask",
    "RowCursor",
    "RowsRefusedError",
    "Segment",
    "Table",
    "audit_table",
    "batch_array",
    "predictions_table",
    "repeated_keys",
    "samples_column",
    "to_array",
    "trace_attributes_table",
    "trace_features_table",
    "window_features_table",
]
