"""Arrays to rows and back: one function for each table of the lake."""

from seismic_assets.frames.bronze import bronze_block, bronze_blocks
from seismic_assets.frames.labels import label_frames, match_frame
from seismic_assets.frames.silver import attribute_frames, feature_frames, training_windows, usable_rows, window_keys
from seismic_assets.frames.training import fold_data, traces_seen, training_data, unseen_by

__all__ = [
    "attribute_frames",
    "bronze_block",
    "bronze_blocks",
    "feature_frames",
    "fold_data",
    "label_frames",
    "match_frame",
    "traces_seen",
    "training_data",
    "training_windows",
    "unseen_by",
    "usable_rows",
    "window_keys",
]
