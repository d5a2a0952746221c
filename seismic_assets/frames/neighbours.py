"""The traces around those of bronze, for attributes that need them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from seismic_assets.attributes import FeatureSet, HeldChunks, Surroundings
from seismic_assets.lake import BRONZE_TRACES, Lake, Segment, batch_array


def surroundings_of(lake: Lake, file_ids: Sequence[str], feature_set: FeatureSet) -> Mapping[str, Surroundings]:
    """Who lies beside whom in each file, by file id; empty where the features need no neighbours.

    A file without rows has no entry. Its samples are read when they are asked for, a row group at a time.

    Raises:
        LakeError: a part of the table is gone or damaged.
    """
    if not feature_set.needs_neighbours:
        return {}
    found: dict[str, list[Segment]] = {}
    for segment in lake.segments(BRONZE_TRACES, file_ids):
        found.setdefault(segment.file_id, []).append(segment)
    held = HeldChunks()  # of all files together: memory does not grow with their number
    return {file_id: _surroundings(segments, held) for file_id, segments in found.items()}


def _surroundings(segments: Sequence[Segment], held: HeldChunks) -> Surroundings:
    groups = [(segment, number) for segment in segments for number in range(len(segment.group_rows()))]
    rows = [rows for segment in segments for rows in segment.group_rows()]

    def load(chunk: int) -> NDArray[np.float32]:
        segment, number = groups[chunk]
        return batch_array(segment.group(number, ["samples"])["samples"].combine_chunks())

    starts = np.concatenate([[0], np.cumsum(rows)[:-1]]).astype(np.int64)
    return Surroundings(*_positions(segments), starts, load, held)


def _positions(segments: Sequence[Segment]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    batches = [batch for segment in segments for batch in segment.batches(("trace_index", "inline", "crossline"))]
    inline, crossline = (
        np.concatenate([batch[name].to_numpy() for batch in batches]) for name in ("inline", "crossline")
    )
    return inline, crossline
