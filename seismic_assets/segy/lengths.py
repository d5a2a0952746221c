"""Whether the traces of a file are as long as each other, by what they say of themselves."""

from __future__ import annotations

import numpy as np

from seismic_assets.segy.errors import UnsupportedSegyError
from seismic_assets.segy.headers import TraceHeaders
from seismic_assets.segy.layout import TRACE_HEADER_BYTES
from seismic_assets.segy.reader import SegyReader


class LengthTally:
    """Takes the headers of a file in order and keeps what they declare of number and interval of samples."""

    def __init__(self, reader: SegyReader) -> None:
        self._reader = reader
        self.samples = (0, 0)
        self.intervals = (0, 0)
        self._other_intervals = 0

    def add(self, headers: TraceHeaders) -> None:
        """Take consecutive traces into account."""
        self.samples = _widened(self.samples, headers.num_samples)
        self.intervals = _widened(self.intervals, headers.interval_us)
        declared = headers.interval_us > 0
        self._other_intervals += int((declared & (headers.interval_us != self._reader.sample_interval_us)).sum())

    def merge(self, other: LengthTally) -> None:
        """Take the tally of the traces that follow into account."""
        self.samples = _widened(self.samples, np.array(other.samples))
        self.intervals = _widened(self.intervals, np.array(other.intervals))
        self._other_intervals += other._other_intervals

    def finish(self) -> tuple[str, ...]:
        """Contradictions that do not stop a reader, a sentence each.

        Raises:
            UnsupportedSegyError: the traces differ in length, and reading them as alike would give garbage.
        """
        low, high = self.samples
        alike = (low, high) in ((0, 0), (self._reader.num_samples,) * 2)
        if not alike and (lengths := _walk_to_the_end(self._reader)):
            raise UnsupportedSegyError(
                self._reader.path,
                f"has traces of different lengths ({min(lengths):,} to {max(lengths):,} samples), which is not "
                "supported; export it with traces of one length",
            )
        notes = []
        if high and (low, high) != (self._reader.num_samples,) * 2:
            said = f"{high:,}" if low == high else f"{low:,} to {high:,}"
            notes.append(
                f"trace headers declare {said} samples; the {self._reader.num_samples:,} of the binary header are "
                "used, which the file's size bears out"
            )
        if self._other_intervals:
            notes.append(
                f"{self._other_intervals:,} of {self._reader.num_traces:,} traces declare another sample interval than "
                f"{self._reader.sample_interval_us} us ({self.intervals[0]} to {self.intervals[1]} us)"
            )
        return tuple(notes)


def _widened(span: tuple[int, int], values: np.ndarray) -> tuple[int, int]:
    """The span of the values that are positive; a header of 0 declares nothing."""
    declared = values[values > 0]
    if not declared.size:
        return span
    low, high = int(declared.min()), int(declared.max())
    return (min(span[0], low), max(span[1], high)) if span != (0, 0) else (low, high)


def _walk_to_the_end(reader: SegyReader) -> set[int]:
    """The lengths met in steps as long as each trace declares, if they end exactly with the file; else none."""
    layout = reader.layout
    end = layout.data_offset + layout.num_traces * layout.trace_bytes
    at, lengths = layout.data_offset, set[int]()
    while at + layout.header_bytes < end:
        header = reader.bytes_at(at, TRACE_HEADER_BYTES)
        declared = int.from_bytes(header[114:116], layout.endian)
        if declared == 0:
            return set()
        lengths.add(declared)
        at += layout.header_bytes + declared * layout.sample_format.num_bytes
    return lengths if at == end else set()
