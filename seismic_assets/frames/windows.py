"""Attributes and features of files as tables of the lake: some files at a time, their segments shared by threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from seismic_assets.attributes import CLASSIC, FeatureSet, Surroundings, WindowEmbedder, WindowGrid, feature_names
from seismic_assets.frames.groups import groups_of
from seismic_assets.frames.neighbours import surroundings_of
from seismic_assets.frames.silver import AS_THEY_ARE, attribute_tables, feature_tables
from seismic_assets.lake import (
    BRONZE_TRACES,
    Lake,
    PartTask,
    Segment,
    Table,
    trace_attributes_table,
    trace_features_table,
)
from seismic_assets.lake.parts import Block
from seismic_assets.lake.pools import Workers


def write_attributes(
    lake: Lake,
    file_ids: Sequence[str],
    grid: WindowGrid,
    workers: Workers = 1,
    scales: Mapping[str, float] = AS_THEY_ARE,
    feature_set: FeatureSet = CLASSIC,
) -> Iterator[tuple[str, int]]:
    """Replace the rows of files in `trace_attributes`; yields file id and rows when they are committed.

    Amplitudes of a file are divided by its entry in `scales`.

    Raises:
        LakeError: the lake cannot be written to.
    """
    around = surroundings_of(lake, file_ids, feature_set)
    yield from write_by_segment(
        lake,
        trace_attributes_table(feature_set.attributes),
        file_ids,
        lambda segment: attribute_tables([segment], grid, scales, feature_set, _only(around, segment.file_id)),
        workers,
    )


def write_features(
    lake: Lake,
    file_ids: Sequence[str],
    embedder: WindowEmbedder,
    step: int,
    workers: Workers = 1,
    scales: Mapping[str, float] = AS_THEY_ARE,
    feature_set: FeatureSet = CLASSIC,
) -> Iterator[tuple[str, int]]:
    """Replace the rows of files in `trace_features`; yields file id and rows when they are committed.

    Amplitudes of a file are divided by its entry in `scales`, as they were for its attributes.

    Raises:
        LakeError: the lake cannot be written to.
        ValueError: the attributes of a file are not those of its traces.
    """
    table = trace_features_table(feature_names(embedder.num_components, feature_set))
    attributes: dict[str, list[Segment]] = {file_id: [] for file_id in file_ids}
    for found in lake.segments(trace_attributes_table(feature_set.attributes), file_ids):
        attributes[found.file_id].append(found)
    yield from write_by_segment(
        lake,
        table,
        file_ids,
        lambda segment: feature_tables(segment, attributes[segment.file_id], embedder, step, scales, feature_set),
        workers,
    )


def _only(around: Mapping[str, Surroundings], file_id: str) -> Mapping[str, Surroundings]:
    """Those of one file: what is sent to another machine need not know the others."""
    return {file_id: around[file_id]} if file_id in around else {}


def write_by_segment(
    lake: Lake,
    table: Table,
    file_ids: Sequence[str],
    make: Callable[[Segment], Iterable[Block]],
    workers: Workers = 1,
) -> Iterator[tuple[str, int]]:
    """Replace the rows of files in a table that follows bronze row by row.

    Args:
        lake: of the deployment.
        table: a per-file table.
        file_ids: the files.
        make: the rows that follow from a segment of bronze; called in a thread, a process or on a machine of its own.
        workers: who makes and writes the rows.

    Yields:
        File id and rows, when they are committed.

    Raises:
        LakeError: the lake cannot be written to.
    """
    segments = lake.segments(BRONZE_TRACES, file_ids)
    sizes = dict.fromkeys(file_ids, 0)
    for segment in segments:
        sizes[segment.file_id] += segment.size
    for group in groups_of(sizes):
        chosen = [segment for segment in segments if segment.file_id in set(group)]
        tasks = [PartTask(each.file_id, lambda each=each: make(each)) for each in chosen]  # type: ignore[misc]
        rows = lake.replace_files(table, group, tasks, workers)
        yield from ((file_id, rows[file_id]) for file_id in group)
