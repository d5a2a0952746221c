"""The layout of a SEG-Y file as its binary header and its size declare it.

Byte positions follow the SEG-Y revision 1 standard (SEG Technical Standards Committee, 2002), counted from 1 as there.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from seismic_assets.segy.errors import (
    EmptySegyError,
    NotSegyError,
    SegyError,
    TruncatedSegyError,
    UnreadableSegyError,
    UnsupportedSegyError,
)

TEXT_HEADER_BYTES = 3200
BINARY_HEADER_BYTES = 400
TRACE_HEADER_BYTES = 240

FORMAT_NAMES = {
    1: "4-byte IBM float",
    2: "4-byte integer",
    3: "2-byte integer",
    5: "4-byte IEEE float",
    6: "8-byte IEEE float",
    8: "1-byte integer",
}
_SAMPLE_BYTES = {1: 4, 2: 4, 3: 2, 5: 4, 6: 8, 8: 1}
# Codes of the standard that are known but not decoded here; any other code is no SEG-Y at all.
_OTHER_FORMATS = {
    4: "4-byte fixed point with gain",
    7: "3-byte integer",
    9: "8-byte integer",
    10: "4-byte unsigned integer",
    11: "2-byte unsigned integer",
    12: "8-byte unsigned integer",
    15: "3-byte unsigned integer",
    16: "1-byte unsigned integer",
}

Endian = Literal["big", "little"]


@dataclass(frozen=True)
class Layout:
    """Where the traces of a file lie and how their samples are coded.

    Attributes:
        endian: byte order of headers and samples.
        format_code: sample format code of the binary header (bytes 3225-3226).
        num_traces: from the file's size; the header does not hold it.
        num_samples: samples a trace.
        sample_interval_us: sample interval in microseconds.
        revision: major and minor revision, such as (1, 0).
        extended_headers: number of 3,200-byte extended text headers.
        notes: contradictions that do not stop a reader, a sentence each.
    """

    endian: Endian
    format_code: int
    num_traces: int
    num_samples: int
    sample_interval_us: int
    revision: tuple[int, int]
    extended_headers: int
    notes: tuple[str, ...]

    @property
    def data_offset(self) -> int:
        """Byte offset of the first trace header."""
        return TEXT_HEADER_BYTES + BINARY_HEADER_BYTES + TEXT_HEADER_BYTES * self.extended_headers

    @property
    def trace_bytes(self) -> int:
        """Bytes a trace takes, its header included."""
        return TRACE_HEADER_BYTES + self.num_samples * _SAMPLE_BYTES[self.format_code]


def read_layout(path: Path) -> Layout:
    """Read the layout of a SEG-Y file from its headers and size.

    Raises:
        SegyError: one of its kinds, with the reason and the remedy.
    """
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, 2)
            return _layout_of(path, stream, size)
    except SegyError:
        raise
    except FileNotFoundError as error:
        raise UnreadableSegyError(path, "does not exist; check the path") from error
    except IsADirectoryError as error:
        raise UnreadableSegyError(path, "is a folder; give one SEG-Y file") from error
    except PermissionError as error:
        raise UnreadableSegyError(path, "no permission to read it; grant read access to this user") from error
    except OSError as error:
        raise UnreadableSegyError(path, f"cannot be read ({error.strerror}); check the disk or mount") from error


def _layout_of(path: Path, stream: BinaryIO, size: int) -> Layout:
    if size < TEXT_HEADER_BYTES + BINARY_HEADER_BYTES:
        raise NotSegyError(
            path,
            f"is not SEG-Y: {size:,} bytes are fewer than the 3,600 of its two headers; "
            "copy the file again or remove it",
        )
    stream.seek(TEXT_HEADER_BYTES)
    binary = stream.read(BINARY_HEADER_BYTES)
    endian, format_code = _detect_format(path, binary)
    extended = _field(binary, 3505, endian)
    offset = TEXT_HEADER_BYTES + BINARY_HEADER_BYTES + TEXT_HEADER_BYTES * extended
    stream.seek(offset if extended >= 0 else 0)
    first_trace_header = stream.read(TRACE_HEADER_BYTES)
    interval, notes = _sample_interval(path, binary, first_trace_header, endian)
    num_samples = _num_samples(path, binary, endian)
    if extended < 0:
        raise UnsupportedSegyError(
            path,
            "has a variable number of extended text headers, which is not supported; rewrite it with a fixed number",
        )
    if binary[300] == 2 and any(binary[306:310]):
        # Their number a trace may vary, so that even a size that fits would not say where a trace begins.
        raise UnsupportedSegyError(
            path,
            "has additional trace headers (bytes 3507-3510), which are not supported; rewrite it as SEG-Y revision 1",
        )
    trace_bytes = TRACE_HEADER_BYTES + num_samples * _SAMPLE_BYTES[format_code]
    return Layout(
        endian=endian,
        format_code=format_code,
        num_traces=_num_traces(path, size, offset, trace_bytes),
        num_samples=num_samples,
        sample_interval_us=interval,
        revision=(binary[300], binary[301]),
        extended_headers=extended,
        notes=notes,
    )


def _field(header: bytes, position: int, endian: Endian) -> int:
    """A signed 2-byte field of the binary header at its position in the standard (3201-3600)."""
    (value,) = struct.unpack_from(">h" if endian == "big" else "<h", header, position - 3201)
    return int(value)


def _detect_format(path: Path, binary: bytes) -> tuple[Endian, int]:
    codes: dict[Endian, int] = {"big": _field(binary, 3225, "big"), "little": _field(binary, 3225, "little")}
    for endian, code in codes.items():
        if code in FORMAT_NAMES:
            return endian, code
    for code in codes.values():
        if code in _OTHER_FORMATS:
            raise UnsupportedSegyError(
                path,
                f"has sample format {code} ({_OTHER_FORMATS[code]}), which is not decoded; convert it to IEEE float",
            )
    raise NotSegyError(
        path,
        f"is not SEG-Y: no known sample format in bytes 3225-3226 (found {codes['big']}); remove it from the folder",
    )


def _num_samples(path: Path, binary: bytes, endian: Endian) -> int:
    # Unsigned: long traces (60,000 samples) are legal and common in continuous recordings.
    num_samples = _field(binary, 3221, endian) & 0xFFFF
    if num_samples == 0:
        raise NotSegyError(
            path,
            "declares no samples per trace in bytes 3221-3222; correct the binary header or remove the file",
        )
    return num_samples


def _sample_interval(path: Path, binary: bytes, trace_header: bytes, endian: Endian) -> tuple[int, tuple[str, ...]]:
    in_binary = _field(binary, 3217, endian)
    in_trace = 0
    if len(trace_header) == TRACE_HEADER_BYTES:
        (in_trace,) = struct.unpack_from(">h" if endian == "big" else "<h", trace_header, 116)
    if in_binary > 0:
        if in_trace > 0 and in_trace != in_binary:
            note = f"sample interval {in_binary} us in the binary header is used; the first trace says {in_trace} us"
            return in_binary, (note,)
        return in_binary, ()
    if in_trace > 0:
        note = f"no valid sample interval in the binary header ({in_binary}); {in_trace} us of the first trace is used"
        return in_trace, (note,)
    raise UnsupportedSegyError(
        path,
        "has no valid sample interval in bytes 3217-3218 nor in its first trace; correct the binary header",
    )


def _num_traces(path: Path, size: int, offset: int, trace_bytes: int) -> int:
    if size <= offset:
        raise EmptySegyError(path, "holds no trace after its headers; export it again or remove it")
    count, rest = divmod(size - offset, trace_bytes)
    if rest:
        raise TruncatedSegyError(
            path,
            f"ends {trace_bytes - rest:,} bytes before the end of trace {count + 1:,}, "
            "or its traces differ in length; copy or export it again",
        )
    return count
