"""Trace headers as arrays, from the bytes that a mapping names."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from seismic_assets.segy.formats import Endian

# Byte positions in the trace header, counted from 1 (SEG-Y revision 1).
CDP, OFFSET, COORDINATE_SCALAR, DELAY, TIME_SCALAR = 21, 37, 71, 109, 215
NUM_SAMPLES, INTERVAL = 115, 117
# Extended coordinates of the first additional header (revision 2), counted from its own first byte.
_EXTENDED_X, _EXTENDED_Y = 161, 169
_FARTHEST = 1e15  # a double beyond it is no coordinate but damage, and its square would overflow; nor is NaN below it


@dataclass(frozen=True)
class HeaderMap:
    """Where a file keeps its positions: first bytes of 4-byte integers in the trace header, counted from 1.

    Attributes:
        inline, crossline, cdp_x, cdp_y: those of the standard unless told otherwise.
    """

    inline: int = 189
    crossline: int = 193
    cdp_x: int = 181
    cdp_y: int = 185

    def __post_init__(self) -> None:
        for field in fields(self):
            position = getattr(self, field.name)
            if not 1 <= position <= 237:
                raise ValueError(
                    f"{field.name} cannot start at byte {position}: a 4-byte field starts at byte 1 to 237"
                )


STANDARD_MAP = HeaderMap()


@dataclass(frozen=True)
class TraceHeaders:
    """Headers of n consecutive traces.

    Attributes:
        trace_index: (n,) int64, position in the file from 0.
        inline, crossline, cdp, offset: (n,) int32 as written.
        cdp_x, cdp_y: (n,) float64, coordinates in the file's unit with the scalar of bytes 71-72 applied.
        start_ms: (n,) float32, time of the first sample (delay recording time with its scalar).
        num_samples: (n,) int32, samples that the trace itself declares (bytes 115-116, unsigned); 0 where it does not.
        interval_us: (n,) int32, sample interval that the trace itself declares (bytes 117-118).
    """

    trace_index: NDArray[np.int64]
    inline: NDArray[np.int32]
    crossline: NDArray[np.int32]
    cdp: NDArray[np.int32]
    offset: NDArray[np.int32]
    cdp_x: NDArray[np.float64]
    cdp_y: NDArray[np.float64]
    start_ms: NDArray[np.float32]
    num_samples: NDArray[np.int32]
    interval_us: NDArray[np.int32]


def header_field(records: NDArray[np.uint8], position: int, kind: str, endian: Endian) -> NDArray:
    """One field of n headers in the machine's byte order.

    Args:
        records: (n, bytes) uint8, contiguous.
        position: first byte, counted from 1.
        kind: numpy's letter, such as `i4`.
        endian: byte order of the file.
    """
    stored = np.dtype(kind).newbyteorder(">" if endian == "big" else "<")
    view = np.ndarray((len(records),), stored, records, offset=position - 1, strides=(records.strides[0],))
    return view.astype(np.dtype(kind))


def parse_headers(
    records: NDArray[np.uint8], start: int, endian: Endian, mapping: HeaderMap, header_bytes: int
) -> TraceHeaders:
    """The headers of n traces.

    Args:
        records: (n, at least header_bytes) uint8, contiguous: trace headers, and what follows them.
        start: index of the first trace.
        endian: byte order of the file.
        mapping: where positions are kept.
        header_bytes: 240, and 240 more for each additional header of the file.
    """

    def long(position: int) -> NDArray[np.int32]:
        return header_field(records, position, "i4", endian)

    def short(position: int, kind: str = "i2") -> NDArray[np.int32]:
        return header_field(records, position, kind, endian).astype(np.int32)

    scalar = short(COORDINATE_SCALAR)
    x, y = _scaled(long(mapping.cdp_x), scalar), _scaled(long(mapping.cdp_y), scalar)
    if header_bytes > 240:
        x, y = _extended(records, endian, x, y)
    return TraceHeaders(
        trace_index=np.arange(start, start + len(records), dtype=np.int64),
        inline=long(mapping.inline),
        crossline=long(mapping.crossline),
        cdp=long(CDP),
        offset=long(OFFSET),
        cdp_x=x,
        cdp_y=y,
        start_ms=_scaled(short(DELAY), short(TIME_SCALAR)).astype(np.float32),
        num_samples=short(NUM_SAMPLES, "u2"),
        interval_us=short(INTERVAL),
    )


def _scaled(values: NDArray[np.int32], scalar: NDArray[np.int32]) -> NDArray[np.float64]:
    """The standard's scalar rule: positive multiplies, negative divides, zero means one."""
    magnitude = np.where(scalar == 0, 1.0, np.abs(scalar.astype(np.float64)))
    # A division and not a product with 1 / 100, which would read 620,197.2 as 620,197.2000000001.
    return np.where(scalar < 0, values / magnitude, values * magnitude)


def _extended(
    records: NDArray[np.uint8], endian: Endian, x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coordinates of the additional header where it gives any, else those of the standard header."""
    own_x = header_field(records, 240 + _EXTENDED_X, "f8", endian)
    own_y = header_field(records, 240 + _EXTENDED_Y, "f8", endian)
    given = (np.abs(own_x) < _FARTHEST) & (np.abs(own_y) < _FARTHEST) & ((own_x != 0) | (own_y != 0))
    return np.where(given, own_x, x), np.where(given, own_y, y)
