"""Interpretation labels: from labels.yaml and its sources to a class per window."""

from seismic_assets.labels.config import LabelConfig, Source, missing_files, read_label_config
from seismic_assets.labels.digest import label_digest, source_digests
from seismic_assets.labels.errors import LabelError
from seismic_assets.labels.loading import FileLabels, Labels, SourceMatch, load_sources
from seismic_assets.labels.picks import read_picks
from seismic_assets.labels.windows import WindowRule, window_classes

__all__ = [
    "FileLabels",
    "LabelConfig",
    "LabelError",
    "Labels",
    "Source",
    "SourceMatch",
    "WindowRule",
    "label_digest",
    "load_sources",
    "missing_files",
    "read_label_config",
    "read_picks",
    "source_digests",
    "window_classes",
]
