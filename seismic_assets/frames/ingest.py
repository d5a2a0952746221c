"""SEG-Y files into bronze: some files at a time, each commit whole, a bad file alone in its failure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from seismic_assets.frames.bronze import FileIngest, failed_quality
from seismic_assets.frames.groups import groups_of
from seismic_assets.lake import BRONZE_TRACES, TRACE_QUALITY, Lake, PartTask
from seismic_assets.segy import STANDARD_MAP, HeaderMap, SegyError, open_segy


@dataclass(frozen=True)
class IngestOptions:
    """How files are read.

    Attributes:
        interval_us: sample interval of the survey; None takes each file at its own.
        mapping: where trace headers keep positions.
        spike_ratio: of `QualityFigures`.
        workers: threads.
    """

    interval_us: int | None = None
    mapping: HeaderMap = STANDARD_MAP
    spike_ratio: float = 10.0
    workers: int = 1


def ingest_files(
    lake: Lake, files: Mapping[str, Path | None], options: IngestOptions
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Replace the rows of files in `bronze_traces` and `trace_quality`.

    Args:
        lake: of the deployment.
        files: path by file id; None where the file is gone.
        options: how to read.

    Yields:
        File id and its columns of the quality table, when its rows are committed. A file that cannot be read has the
        status `failed` and no traces.

    Raises:
        LakeError: the lake cannot be written to.
    """
    sizes = {file_id: _size_of(path) for file_id, path in files.items()}
    for group in groups_of(sizes):
        yield from _ingest_group(lake, {file_id: files[file_id] for file_id in group}, options)


def _size_of(path: Path | None) -> int:
    try:
        return path.stat().st_size if path is not None else 0
    except OSError:
        return 0  # opening it will say why


def _ingest_group(
    lake: Lake, files: Mapping[str, Path | None], options: IngestOptions
) -> Iterator[tuple[str, dict[str, Any]]]:
    rows: dict[str, dict[str, Any]] = {}
    with ExitStack() as stack:
        ingests = []
        for file_id, path in files.items():
            try:
                ingests.append(_opened(stack, file_id, path, options))
            except SegyError as error:
                rows[file_id] = failed_quality(error.reason)
        tasks = [task for ingest in ingests for task in ingest.tasks()]
        lake.replace_files(BRONZE_TRACES, list(files), tasks, options.workers)
        rows |= {ingest.file_id: ingest.quality() for ingest in ingests}
    lake.replace_files(
        TRACE_QUALITY,
        list(files),
        [PartTask(each, lambda each=each: [_frame(rows[each])]) for each in files],  # type: ignore[misc]
    )
    yield from ((file_id, rows[file_id]) for file_id in files)


def _opened(stack: ExitStack, file_id: str, path: Path | None, options: IngestOptions) -> FileIngest:
    if path is None:
        raise SegyError(file_id, "is no longer in the landing folder; copy it there again")
    reader = stack.enter_context(open_segy(path, options.mapping))
    return FileIngest(reader, file_id, options.interval_us or reader.sample_interval_us, options.spike_ratio)


def _frame(row: dict[str, Any]) -> pl.DataFrame:
    empty = pl.DataFrame(pl.from_arrow(TRACE_QUALITY.schema.empty_table()))
    return pl.DataFrame([{"file_id": "", **row}], schema=empty.schema)
