"""Arrays to rows and back: one function for each table of the lake."""

from seismic_assets.frames.bronze import FileIngest, bronze_table
from seismic_assets.frames.drift import MapScale, drift_sample, map_scale
from seismic_assets.frames.drift_rows import (
    Judged,
    among_many,
    feature_frame,
    frame_of,
    prediction_frame,
    tile_frame,
    verdict_frame,
)
from seismic_assets.frames.ingest import IngestOptions, ingest_files
from seismic_assets.frames.labels import label_frames, match_frame
from seismic_assets.frames.neighbours import surroundings_of
from seismic_assets.frames.scales import amplitude_scales
from seismic_assets.frames.scoring import FeatureMaker, ScoredWindows, one_trace, score_windows
from seismic_assets.frames.silver import (
    UsableTraces,
    attribute_tables,
    chosen_windows,
    feature_tables,
    training_windows,
    usable_rows,
    usable_traces_of,
    window_keys,
)
from seismic_assets.frames.training import (
    FeatureReader,
    block_reach,
    fold_data,
    lake_features,
    traces_seen,
    training_data,
    unseen_by,
    with_places,
)
from seismic_assets.frames.windows import write_attributes, write_by_segment, write_features

__all__ = [
    "FeatureMaker",
    "FeatureReader",
    "FileIngest",
    "IngestOptions",
    "Judged",
    "MapScale",
    "ScoredWindows",
    "UsableTraces",
    "among_many",
    "amplitude_scales",
    "attribute_tables",
    "block_reach",
    "bronze_table",
    "chosen_windows",
    "drift_sample",
    "feature_frame",
    "feature_tables",
    "fold_data",
    "frame_of",
    "ingest_files",
    "label_frames",
    "lake_features",
    "map_scale",
    "match_frame",
    "one_trace",
    "prediction_frame",
    "score_windows",
    "surroundings_of",
    "tile_frame",
    "traces_seen",
    "training_data",
    "training_windows",
    "unseen_by",
    "usable_rows",
    "usable_traces_of",
    "verdict_frame",
    "window_keys",
    "with_places",
    "write_attributes",
    "write_by_segment",
    "write_features",
]
