"""Traces and trace headers of a SEG-Y file as arrays, in blocks.

Bytes are read with `pread` and decoded by numpy while they are in the processor's cache. A memory map would be a little
faster, but a file that is cut short under a map kills the process, and here that is an error like any other.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seismic_assets.segy.binary_header import BinaryHeader, parse_binary_header
from seismic_assets.segy.errors import ChangedSegyError, UnreadableSegyError
from seismic_assets.segy.formats import decode
from seismic_assets.segy.headers import STANDARD_MAP, HeaderMap, TraceHeaders, parse_headers
from seismic_assets.segy.layout import Layout, layout_of
from seismic_assets.segy.opening import opened, unreadable
from seismic_assets.segy.text import TEXT_HEADER_BYTES, TextHeader, text_header

_READ_BYTES = 4 << 20  # what one system call reads: large enough to amortise it, small enough for the cache


@dataclass(frozen=True)
class TraceBlock:
    """n consecutive traces.

    Attributes:
        headers: of the n traces.
        samples: (n, num_samples) float32.
        rounded: samples that float32 holds only rounded.
    """

    headers: TraceHeaders
    samples: NDArray[np.float32]
    rounded: int


class SegyReader:
    """An open SEG-Y file; obtained from `open_segy`. Threads may read from it at the same time."""

    def __init__(self, path: Path, layout: Layout, descriptor: int, mapping: HeaderMap) -> None:
        self.path = path
        self.layout = layout
        self.mapping = mapping
        self._descriptor = descriptor
        self._opened_as = _identity(os.fstat(descriptor))
        self._scratch = threading.local()

    @property
    def num_traces(self) -> int:
        """Traces in the file."""
        return self.layout.num_traces

    @property
    def num_samples(self) -> int:
        """Samples a trace."""
        return self.layout.num_samples

    @property
    def sample_interval_us(self) -> int:
        """Sample interval in microseconds."""
        return self.layout.sample_interval_us

    @property
    def start_ms(self) -> float:
        """Time of the first sample of the first trace in milliseconds."""
        return float(self.headers(0, 1).start_ms[0])

    def text(self) -> TextHeader:
        """The textual headers."""
        size = self.layout.extended_headers
        first = self.bytes_at(0, TEXT_HEADER_BYTES)
        extended = [self.bytes_at(3600 + TEXT_HEADER_BYTES * index, TEXT_HEADER_BYTES) for index in range(size)]
        return text_header(first, extended)

    def binary_header(self) -> BinaryHeader:
        """The fields of the binary header that say how to read the file, as they stand."""
        return parse_binary_header(self.bytes_at(TEXT_HEADER_BYTES, 400), self.layout.endian)

    def headers(self, start: int = 0, stop: int | None = None) -> TraceHeaders:
        """Headers of the traces start..stop-1.

        Raises:
            UnreadableSegyError: the disk fails, or the file became shorter since it was opened.
        """
        return self._parsed(self.header_bytes(start, stop), start)

    def header_bytes(self, start: int = 0, stop: int | None = None) -> NDArray[np.uint8]:
        """The headers of the traces start..stop-1 as they are, (n, header_bytes) uint8.

        Raises:
            UnreadableSegyError: the disk fails, or the file became shorter since it was opened.
        """
        start, stop = self._range(start, stop)
        result = np.empty((stop - start, self.layout.header_bytes), dtype=np.uint8)
        for at, records in self._records(start, stop):
            result[at - start : at - start + len(records)] = records[:, : self.layout.header_bytes]
        return result

    def traces(
        self, start: int = 0, stop: int | None = None, out: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """Samples of the traces start..stop-1 as (n, num_samples) float32, written into `out` if that is given.

        Raises:
            UnreadableSegyError: the disk fails, or the file became shorter since it was opened.
        """
        start, stop = self._range(start, stop)
        samples = np.empty((stop - start, self.num_samples), np.float32) if out is None else out[: stop - start]
        for at, records in self._records(start, stop):
            self._decode(records, samples[at - start : at - start + len(records)])
        return samples

    def read(self, start: int, stop: int, out: NDArray[np.float32] | None = None) -> TraceBlock:
        """Headers and samples of the traces start..stop-1 in one pass; samples go into `out` if that is given.

        Raises:
            UnreadableSegyError: the disk fails, or the file became shorter since it was opened.
        """
        start, stop = self._range(start, stop)
        samples = np.empty((stop - start, self.num_samples), np.float32) if out is None else out[: stop - start]
        header_bytes = np.empty((stop - start, self.layout.header_bytes), dtype=np.uint8)
        rounded = 0
        for at, records in self._records(start, stop):
            rows = slice(at - start, at - start + len(records))
            header_bytes[rows] = records[:, : self.layout.header_bytes]
            rounded += self._decode(records, samples[rows])
        return TraceBlock(self._parsed(header_bytes, start), samples, rounded)

    def blocks(self, size: int = 4096) -> Iterator[tuple[TraceHeaders, NDArray[np.float32]]]:
        """All traces in file order, `size` at a time, so that memory does not grow with the file."""
        for start in range(0, self.num_traces, size):
            block = self.read(start, start + size)
            yield block.headers, block.samples

    def scan(self, take: Callable[[memoryview], None] | None = None) -> Iterator[TraceHeaders]:
        """Headers of all traces in order, some at a time; `take` is handed every byte of the file on the way.

        Raises:
            UnreadableSegyError: the disk fails, or the file became shorter since it was opened.
        """
        if take is not None:
            self._hand_over(take, 0, self.layout.data_offset)
        for at, records in self._records(0, self.num_traces):
            if take is not None:
                take(records.data)
            yield self._parsed(records, at)
        if take is not None:
            after = self.layout.data_offset + self.num_traces * self.layout.trace_bytes
            self._hand_over(take, after, os.fstat(self._descriptor).st_size)

    def bytes_at(self, offset: int, size: int) -> bytes:
        """Bytes of the file as they are.

        Raises:
            UnreadableSegyError: the disk fails, or the file became shorter since it was opened.
        """
        try:
            found = os.pread(self._descriptor, size, offset)
        except OSError as error:
            raise unreadable(self.path, error) from error
        if len(found) < size:
            raise self._shorter(f"byte {offset + len(found):,}")
        return found

    def _shorter(self, where: str) -> ChangedSegyError:
        return ChangedSegyError(self.path, f"became shorter while it was read, at {where}; copy it again, as a whole")

    def _hand_over(self, take: Callable[[memoryview], None], start: int, stop: int) -> None:
        for at in range(start, stop, _READ_BYTES):
            take(memoryview(self.bytes_at(at, min(_READ_BYTES, stop - at))))

    def check_unchanged(self) -> None:
        """Make sure that the file is still the one that was opened.

        Raises:
            ChangedSegyError: it was written to, or another file has taken its name.
        """
        try:
            now = _identity(self.path.stat()), _identity(os.fstat(self._descriptor))
        except OSError as error:
            raise unreadable(self.path, error) from error
        if now != (self._opened_as, self._opened_as):
            raise ChangedSegyError(
                self.path, "changed while it was read; it is read again when the folder is looked at next"
            )

    def _range(self, start: int, stop: int | None) -> tuple[int, int]:
        """A range of traces without what lies beyond the end of the file."""
        stop = self.num_traces if stop is None else min(stop, self.num_traces)
        return min(start, stop), stop

    def _parsed(self, records: NDArray[np.uint8], start: int) -> TraceHeaders:
        return parse_headers(records, start, self.layout.endian, self.mapping, self.layout.header_bytes)

    def _decode(self, records: NDArray[np.uint8], out: NDArray[np.float32]) -> int:
        return decode(records, self.layout.header_bytes, self.layout.sample_format, self.layout.endian, out)

    def _records(self, start: int, stop: int) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """Traces as they lie in the file, some at a time, in a buffer that the next ones overwrite."""
        trace_bytes = self.layout.trace_bytes
        per_read = max(1, _READ_BYTES // trace_bytes)
        buffer = self._buffer(per_read * trace_bytes)
        for at in range(start, stop, per_read):
            count = min(per_read, stop - at)
            self._fill(buffer[: count * trace_bytes].data, at)
            yield at, buffer[: count * trace_bytes].reshape(count, trace_bytes)

    def _buffer(self, size: int) -> NDArray[np.uint8]:
        buffer = getattr(self._scratch, "buffer", None)
        if buffer is None:
            buffer = self._scratch.buffer = np.empty(size, dtype=np.uint8)
        return buffer

    def _fill(self, view: memoryview, trace: int) -> None:
        offset, done = self.layout.data_offset + trace * self.layout.trace_bytes, 0
        while done < len(view):
            try:
                got = os.preadv(self._descriptor, [view[done:]], offset + done)
            except OSError as error:
                raise UnreadableSegyError(
                    self.path, f"cannot be read at trace {trace:,} ({error.strerror}); check the disk or mount"
                ) from error
            if got == 0:
                raise self._shorter(f"trace {trace:,}")
            done += got


@contextmanager
def open_segy(path: Path | str, mapping: HeaderMap = STANDARD_MAP) -> Iterator[SegyReader]:
    """Open a SEG-Y file of any geometry; byte order and sample format are detected.

    Args:
        path: the file.
        mapping: where its trace headers keep inline, crossline and coordinates.

    Raises:
        SegyError: one of its kinds, with the reason and the remedy.
    """
    path = Path(path)
    with opened(path) as stream:
        try:
            layout = layout_of(path, stream)
        except OSError as error:
            raise unreadable(path, error) from error
        yield SegyReader(path, layout, stream.fileno(), mapping)


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
