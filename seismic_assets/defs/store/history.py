"""Generations of the features and labels of files."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from seismic_assets.attributes import WindowEmbedder, feature_names
from seismic_assets.code_identity import code_identity
from seismic_assets.feature_store.generations import FileFacts, Kept, Making, keep_generations
from seismic_assets.feature_store.keys import check_apart
from seismic_assets.feature_store.making import making_of
from seismic_assets.lake import (
    TRACE_LABELS,
    TRACE_QUALITY,
    WINDOW_LABELS,
    Lake,
    trace_features_table,
    window_features_table,
)
from seismic_assets.segy import list_segy_files
from seismic_assets.settings import Settings

_NS = 1_000_000_000


@dataclass(frozen=True)
class Remembered:
    """What became of a file: of its features and of its labels."""

    features: Kept
    labels: Kept


def current_making(settings: Settings, embedder: WindowEmbedder) -> str:
    """What `trace_features` are made with now."""
    return making_of(embedder.digest(), embedder.window_samples, settings.window_step, settings.normalise)


def remember(
    lake: Lake, settings: Settings, embedder: WindowEmbedder, digests: Mapping[str, str], now: datetime
) -> Iterator[tuple[str, Remembered]]:
    """Add what is known of files now to what was known before.

    Args:
        lake, settings, embedder: of the deployment.
        digests: of the SEG-Y files, by file id.
        now: aware.

    Raises:
        FeatureStoreError: two files of the lake share a number.
        LakeError: a table is damaged, or cannot be written.
    """
    check_apart([*lake.file_ids(TRACE_QUALITY), *digests])
    names = feature_names(embedder.num_components, settings.features)
    made = Making(now, current_making(settings, embedder), settings.commit or code_identity())
    files, keep, workers = _facts(lake, settings, digests, now), settings.feature_generations, settings.threads
    source = trace_features_table(names)
    features = dict(keep_generations(lake, window_features_table(names), source, files, made, keep, workers))
    labels = dict(keep_generations(lake, WINDOW_LABELS, TRACE_LABELS, files, made, keep, workers))
    for file_id, kept in features.items():
        yield file_id, Remembered(kept, labels[file_id])


def _facts(lake: Lake, settings: Settings, digests: Mapping[str, str], now: datetime) -> list[FileFacts]:
    """Of files that were read. Not from the catalogue: a new file is read while the catalogue is being made."""
    landed = {file.file_id: file.path for file in list_segy_files(settings.landing_folder)}
    read = lake.read(TRACE_QUALITY, list(digests), ["file_id", "num_samples", "sample_interval_us"])
    return [
        FileFacts(file_id, _acquired(landed.get(file_id), now), digests[file_id], samples or 0, interval_us or 0)
        for file_id, samples, interval_us in read.iter_rows()
    ]


def _acquired(path: Path | None, now: datetime) -> datetime:
    """When a file came as it is: its modification time, unless it is gone or that lies ahead."""
    try:
        modified_ns = None if path is None else path.stat().st_mtime_ns
    except OSError:
        modified_ns = None
    return now if modified_ns is None else min(datetime.fromtimestamp(modified_ns / _NS, UTC), now)
