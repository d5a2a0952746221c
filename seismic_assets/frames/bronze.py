"""Traces of a SEG-Y file as rows of bronze, and their quality figures: a file in segments that threads can share."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from seismic_assets.attributes import LARGEST_AMPLITUDE
from seismic_assets.lake import PartTask, RowsRefusedError, samples_column
from seismic_assets.quality import QualityFigures, TraceFlags, score_of, score_parts
from seismic_assets.segy import (
    HeaderScan,
    SegyError,
    SegyReader,
    TraceHeaders,
    resample_traces,
    resampled_length,
    robust_scale,
    scale_stride,
)

_SEGMENT_BYTES = 64 << 20  # samples of a segment: enough segments to share, few enough parts to open
_BLOCK_BYTES = 4 << 20  # samples of a block, a row group of its own: it stays in the cache until it is written


@dataclass
class _Part:
    """What is known of a segment once its rows have been made."""

    figures: QualityFigures
    scan: HeaderScan
    sampled: list[NDArray[np.float32]] = field(default_factory=list)


class FileIngest:
    """An open file on its way into bronze: tasks that make its rows, and its quality figures when they are done."""

    def __init__(self, reader: SegyReader, file_id: str, interval_us: int, spike_ratio: float = 10.0) -> None:
        """Prepare it.

        Args:
            reader: the file, open until the figures were taken.
            file_id: its id.
            interval_us: sample interval of the survey; traces of another one are resampled.
            spike_ratio: of `QualityFigures`.
        """
        self.file_id = file_id
        self.error: SegyError | None = None
        self._reader = reader
        self._interval_us = interval_us
        self._spike_ratio = spike_ratio
        self._stride = scale_stride(reader.num_traces, reader.num_samples)
        trace_bytes = 4 * reader.num_samples
        self._block = min(4096, max(1, _BLOCK_BYTES // trace_bytes))
        segment = max(1, _SEGMENT_BYTES // trace_bytes // self._block) * self._block
        self._starts = range(0, reader.num_traces, segment)
        self._segment = segment
        self._parts: dict[int, _Part] = {}
        self._row: dict[str, Any] = {}
        self._lock = threading.Lock()

    def tasks(self) -> list[PartTask]:
        """One task for each segment, in the order of traces."""
        return [PartTask(self.file_id, lambda start=start: self._rows(start)) for start in self._starts]  # type: ignore[misc]

    def _rows(self, start: int) -> Iterator[pa.Table]:
        """Rows of a segment; a file that cannot be read, or changes meanwhile, is refused as a whole."""
        try:
            yield from self._blocks(start, min(start + self._segment, self._reader.num_traces))
            self._reader.check_unchanged()
            self._conclude()
        except SegyError as error:
            with self._lock:
                self.error = self.error or error  # of several threads the first says why
                self._parts.clear()
            raise RowsRefusedError(self.file_id) from error

    def _conclude(self) -> None:
        """Once the last segment is done, take the figures of the file and let go of what they were made from."""
        with self._lock:
            if len(self._parts) == len(self._starts):
                self._row = self._take_quality([self._parts[start] for start in self._starts])
                self._parts.clear()

    def _blocks(self, start: int, stop: int) -> Iterator[pa.Table]:
        reader = self._reader
        part = _Part(QualityFigures(self._spike_ratio, LARGEST_AMPLITUDE), HeaderScan(reader))
        reused = np.empty((min(self._block, stop - start), reader.num_samples), dtype=np.float32)
        for at in range(start, stop, self._block):
            block = reader.read(at, min(at + self._block, stop), out=reused)
            flags = part.figures.add(block.samples)
            part.figures.rounded_samples += block.rounded
            part.scan.add(block.headers)
            part.sampled.append(block.samples[block.headers.trace_index % self._stride == 0])
            samples = resample_traces(block.samples, reader.sample_interval_us, self._interval_us)
            yield bronze_table(block.headers, samples, flags, self._interval_us)
        part.figures.compact()
        part.sampled = [np.concatenate(part.sampled)]
        with self._lock:
            self._parts[start] = part

    def quality(self) -> dict[str, Any]:
        """Columns of the quality table, once every task is done."""
        if self.error is not None:
            return failed_quality(self.error.reason, self._reader)
        return self._row

    def _take_quality(self, segments: Sequence[_Part]) -> dict[str, Any]:
        first, *others = segments
        for part in others:
            first.figures.merge(part.figures)
            first.scan.merge(part.scan)
        facts = first.scan.finish()
        sampled = np.concatenate([rows for part in segments for rows in part.sampled])
        row: dict[str, Any] = {
            **_shape(self._reader, self._interval_us),
            "status": "read",
            "reason": "",
            "traces": first.figures.traces,
            **first.figures.counts(),
            "traces_without_position": facts.geometry.unplaced_traces,
            "repeated_positions": facts.geometry.repeated_traces,
            "missing_positions": facts.geometry.missing_positions,
            **first.figures.amplitudes(),
            "amplitude_scale": robust_scale(sampled),
            "notes": "; ".join((*facts.contradictions, *facts.oddities)),
        }
        parts = score_parts(row, len(facts.contradictions))
        return row | {f"score_{name}": part for name, part in parts.items()} | {"score": score_of(parts)}


def failed_quality(reason: str, reader: SegyReader | None = None) -> dict[str, Any]:
    """Columns of the quality table for a file that could not be read; the rest is null."""
    shape = _shape(reader, reader.sample_interval_us) if reader is not None else {}
    return {**shape, "status": "failed", "reason": reason, "traces": 0}


def _shape(reader: SegyReader, interval_us: int) -> dict[str, Any]:
    return {
        "traces_declared": reader.num_traces,
        "num_samples": resampled_length(reader.num_samples, reader.sample_interval_us, interval_us),
        "sample_interval_us": interval_us,
        "source_interval_us": reader.sample_interval_us,
    }


def bronze_table(
    headers: TraceHeaders, samples: NDArray[np.float32], flags: TraceFlags, sample_interval_us: int
) -> pa.Table:
    """(n, num_samples) float32 traces with their headers as n rows of bronze, without `file_id`.

    The column of samples shares the memory of the array.
    """
    count, num_samples = samples.shape
    return pa.table(
        {
            "trace_index": headers.trace_index,
            "inline": headers.inline,
            "crossline": headers.crossline,
            "cdp": headers.cdp,
            "offset": headers.offset,
            "cdp_x": headers.cdp_x,
            "cdp_y": headers.cdp_y,
            "sample_interval_us": np.full(count, sample_interval_us, np.int32),
            "start_ms": headers.start_ms,
            "num_samples": np.full(count, num_samples, np.int32),
            "is_dead": flags.dead,
            "has_nan": flags.broken,
            "samples": samples_column(samples),
        }
    )
