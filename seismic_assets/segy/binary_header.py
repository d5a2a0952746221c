"""The fields of the 400-byte binary header that say how to read the file.

Byte positions are those of SEG-Y revision 2.1 (SEG Technical Standards Committee, 2023), counted from 1 in the file.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal

from seismic_assets.segy.formats import FORMATS, Endian

Swapped = Literal["pairwise"]
_BYTE_ORDER_CONSTANT = 0x01020304


@dataclass(frozen=True)
class BinaryHeader:
    """What the binary header declares, as it stands; fields of revision 2 are 0 in earlier revisions.

    Attributes:
        endian: byte order, told by the format code.
        format_code: bytes 3225-3226.
        interval_us: bytes 3217-3218, signed, or the extended interval of bytes 3273-3280.
        num_samples: bytes 3221-3222, unsigned, or the extended number of bytes 3269-3272.
        revision: major and minor.
        fixed_length: bytes 3503-3504: whether all traces are declared to be alike.
        extended_texts: bytes 3505-3506; negative when their number varies.
        extra_trace_headers: bytes 3507-3508 (to 3510 in revision 2.0): most additional 240-byte headers of a trace.
        num_traces: bytes 3513-3520; 0 when not declared.
        first_trace: bytes 3521-3528: offset of the first trace; 0 when not declared.
        trailers: bytes 3529-3532: 3,200-byte records after the last trace; negative when their number varies.
        pairwise_swapped: the byte order constant says that bytes were swapped in pairs.
        measurement: bytes 3255-3256: `metres`, `feet` or empty.
        sorting: bytes 3229-3230.
    """

    endian: Endian
    format_code: int
    interval_us: float
    num_samples: int
    revision: tuple[int, int]
    fixed_length: bool
    extended_texts: int
    extra_trace_headers: int
    num_traces: int
    first_trace: int
    trailers: int
    pairwise_swapped: bool
    measurement: str
    sorting: int


def format_codes(header: bytes) -> dict[Endian, int]:
    """The format code read either way."""
    return {"big": _field(header, 3225, "h", "big"), "little": _field(header, 3225, "h", "little")}


def detect_endian(header: bytes) -> Endian | None:
    """The byte order in which the format code is one that is decoded; None where it is none."""
    for endian, code in format_codes(header).items():
        if code in FORMATS:
            return endian
    return None


def parse_binary_header(header: bytes, endian: Endian) -> BinaryHeader:
    """The 400 bytes in a known byte order."""

    def field(position: int, kind: str) -> int:
        return int(_field(header, position, kind, endian))

    revision = _revision(header, endian)
    second = revision[0] >= 2
    interval: float = field(3217, "h")
    num_samples = field(3221, "H")
    if second and field(3269, "i") > 0:
        num_samples = field(3269, "i")
    extended_interval = _field(header, 3273, "d", endian) if second else 0.0
    if extended_interval > 0:
        interval = float(extended_interval)
    constant = field(3297, "I") if second else 0
    return BinaryHeader(
        endian=endian,
        format_code=field(3225, "h"),
        interval_us=interval,
        num_samples=num_samples,
        revision=revision,
        fixed_length=field(3503, "h") == 1,
        extended_texts=field(3505, "h"),
        extra_trace_headers=_extra_headers(header, endian, revision),
        num_traces=field(3513, "Q") if second else 0,
        first_trace=field(3521, "Q") if second else 0,
        trailers=field(3529, "i") if second else 0,
        pairwise_swapped=constant in (0x02010403, 0x03040102),
        measurement={1: "metres", 2: "feet"}.get(field(3255, "h"), ""),
        sorting=field(3229, "h"),
    )


def _revision(header: bytes, endian: Endian) -> tuple[int, int]:
    """Two bytes, major and minor; programs that write them as one integer put the major last."""
    major, minor = header[300], header[301]
    if major == 0 and 0 < minor <= 2:
        # A 2-byte 1 or 2: with little-endian files that is revision 1's own 0x0100, elsewhere a common slip. Revision
        # 2 is not believed from it: its further fields would be read from bytes that nobody meant.
        return (1, 0)
    return (major, minor) if major <= 2 else (1, 0)


def _extra_headers(header: bytes, endian: Endian, revision: tuple[int, int]) -> int:
    """Revision 2.0 has a 4-byte integer here, revision 2.1 a 2-byte one with the survey's type behind it."""
    short = int(_field(header, 3507, "h", endian))
    if revision[0] < 2 or short or revision[1] > 0:
        return short if revision[0] >= 2 else 0
    return int(_field(header, 3507, "i", endian))


def _field(header: bytes, position: int, kind: str, endian: Endian) -> int:
    (value,) = struct.unpack_from((">" if endian == "big" else "<") + kind, header, position - 3201)
    return value
