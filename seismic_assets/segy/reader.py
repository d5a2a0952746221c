"""Traces and trace headers of a SEG-Y file as arrays, in blocks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import segyio
from numpy.typing import NDArray

from seismic_assets.segy.errors import UnreadableSegyError
from seismic_assets.segy.layout import Layout, read_layout

# Byte positions in the trace header, counted from 1 (SEG-Y revision 1).
_CDP, _OFFSET, _COORDINATE_SCALAR, _DELAY, _TIME_SCALAR = 21, 37, 71, 109, 215
_CDP_X, _CDP_Y, _INLINE, _CROSSLINE = 181, 185, 189, 193


@dataclass(frozen=True)
class TraceHeaders:
    """Headers of n consecutive traces.

    Attributes:
        trace_index: (n,) int64, position in the file from 0.
        inline, crossline, cdp, offset: (n,) int32 as written.
        cdp_x, cdp_y: (n,) float64, coordinates in the file's unit with the scalar of bytes 71-72 applied.
        start_ms: (n,) float32, time of the first sample (delay recording time with its scalar).
    """

    trace_index: NDArray[np.int64]
    inline: NDArray[np.int32]
    crossline: NDArray[np.int32]
    cdp: NDArray[np.int32]
    offset: NDArray[np.int32]
    cdp_x: NDArray[np.float64]
    cdp_y: NDArray[np.float64]
    start_ms: NDArray[np.float32]


class SegyReader:
    """An open SEG-Y file; obtained from `open_segy`."""

    def __init__(self, path: Path, layout: Layout, handle: segyio.SegyFile) -> None:
        self.path = path
        self.layout = layout
        self._handle = handle

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

    def headers(self, start: int = 0, stop: int | None = None) -> TraceHeaders:
        """Headers of the traces start..stop-1.

        Raises:
            UnreadableSegyError: the disk fails, or the file became shorter since it was opened.
        """
        stop = self.num_traces if stop is None else min(stop, self.num_traces)

        def field(position: int) -> NDArray[np.int32]:
            try:
                return np.asarray(self._handle.attributes(position)[start:stop], dtype=np.int32)
            except (OSError, RuntimeError) as error:
                raise self._unreadable(start, stop, error) from error

        coordinate_scalar = field(_COORDINATE_SCALAR)
        return TraceHeaders(
            trace_index=np.arange(start, stop, dtype=np.int64),
            inline=field(_INLINE),
            crossline=field(_CROSSLINE),
            cdp=field(_CDP),
            offset=field(_OFFSET),
            cdp_x=_scaled(field(_CDP_X), coordinate_scalar),
            cdp_y=_scaled(field(_CDP_Y), coordinate_scalar),
            start_ms=_scaled(field(_DELAY), field(_TIME_SCALAR)).astype(np.float32),
        )

    def traces(self, start: int = 0, stop: int | None = None) -> NDArray[np.float32]:
        """Samples of the traces start..stop-1 as (n, num_samples) float32.

        Raises:
            UnreadableSegyError: the disk fails, or the file became shorter since it was opened.
        """
        stop = self.num_traces if stop is None else min(stop, self.num_traces)
        try:
            return np.asarray(self._handle.trace.raw[start:stop], dtype=np.float32)
        except (OSError, RuntimeError) as error:
            raise self._unreadable(start, stop, error) from error

    def _unreadable(self, start: int, stop: int, error: Exception) -> UnreadableSegyError:
        reason = f"traces {start}-{stop - 1} cannot be read ({error}); the file changed or the disk fails"
        return UnreadableSegyError(self.path, reason)

    def blocks(self, size: int = 4096) -> Iterator[tuple[TraceHeaders, NDArray[np.float32]]]:
        """All traces in file order, `size` at a time, so that memory does not grow with the file."""
        for start in range(0, self.num_traces, size):
            yield self.headers(start, start + size), self.traces(start, start + size)


@contextmanager
def open_segy(path: Path | str) -> Iterator[SegyReader]:
    """Open a SEG-Y file of any geometry; byte order and sample format are detected.

    Raises:
        SegyError: one of its kinds, with the reason and the remedy.
    """
    path = Path(path)
    layout = read_layout(path)
    try:
        handle = segyio.open(str(path), ignore_geometry=True, endian=layout.endian)
    except UnicodeEncodeError as error:
        raise UnreadableSegyError(path, "has a name that is not UTF-8, which segyio cannot open; rename it") from error
    except (OSError, RuntimeError, ValueError, IndexError) as error:
        raise UnreadableSegyError(path, f"segyio refuses it ({error}); export it again as SEG-Y revision 1") from error
    with handle:
        if handle.tracecount != layout.num_traces or len(handle.samples) != layout.num_samples:
            raise UnreadableSegyError(
                path,
                f"headers and size give {layout.num_traces} or {handle.tracecount} traces; export it again",
            )
        yield SegyReader(path, layout, handle)


def _scaled(values: NDArray[np.int32], scalar: NDArray[np.int32]) -> NDArray[np.float64]:
    """The standard's scalar rule: positive multiplies, negative divides, zero means one."""
    magnitude = np.where(scalar == 0, 1.0, np.abs(scalar.astype(np.float64)))
    # A division and not a product with 1 / 100, which would read 620,197.2 as 620,197.2000000001.
    return np.where(scalar < 0, values / magnitude, values * magnitude)
