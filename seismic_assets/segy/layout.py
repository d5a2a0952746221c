"""The layout of a SEG-Y file: where its traces lie and how they are coded, from its headers and its size.

A file is believed only as far as its parts agree: what cannot be read with certainty is refused with the reason.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from seismic_assets.segy.binary_header import BinaryHeader, detect_endian, format_codes, parse_binary_header
from seismic_assets.segy.errors import (
    EmptySegyError,
    NotSegyError,
    TruncatedSegyError,
    UnsupportedSegyError,
)
from seismic_assets.segy.formats import FORMATS, REFUSED_FORMATS, Endian, SampleFormat
from seismic_assets.segy.opening import opened, unreadable
from seismic_assets.segy.text import TEXT_HEADER_BYTES, begins_stanza, ends_texts, looks_like_text

BINARY_HEADER_BYTES = 400
TRACE_HEADER_BYTES = 240
_FILE_HEADERS = TEXT_HEADER_BYTES + BINARY_HEADER_BYTES
_MOST_TEXTS = 10_000  # 32 MB of text: beyond it the mark of the last header is simply not there


@dataclass(frozen=True)
class Layout:
    """Where the traces of a file lie and how their samples are coded.

    Attributes:
        endian: byte order of headers and samples.
        format_code: sample format code of the binary header (bytes 3225-3226).
        num_traces: from the file's size, less what lies after the last trace.
        num_samples: samples a trace.
        sample_interval_us: sample interval in microseconds.
        revision: major and minor revision, such as (1, 0).
        extended_headers: number of 3,200-byte extended text headers.
        data_offset: byte offset of the first trace header.
        extra_trace_headers: additional 240-byte headers of each trace (revision 2).
        notes: contradictions that do not stop a reader, a sentence each.
    """

    endian: Endian
    format_code: int
    num_traces: int
    num_samples: int
    sample_interval_us: int
    revision: tuple[int, int]
    extended_headers: int
    data_offset: int
    extra_trace_headers: int
    notes: tuple[str, ...]

    @property
    def sample_format(self) -> SampleFormat:
        """How samples are coded."""
        return FORMATS[self.format_code]

    @property
    def header_bytes(self) -> int:
        """Bytes of a trace before its first sample."""
        return TRACE_HEADER_BYTES * (1 + self.extra_trace_headers)

    @property
    def trace_bytes(self) -> int:
        """Bytes a trace takes, its headers included."""
        return self.header_bytes + self.num_samples * self.sample_format.num_bytes


def read_layout(path: Path) -> Layout:
    """Read the layout of a SEG-Y file from its headers and size.

    Raises:
        SegyError: one of its kinds, with the reason and the remedy.
    """
    with opened(path) as stream:
        try:
            return layout_of(path, stream)
        except OSError as error:
            raise unreadable(path, error) from error


def layout_of(path: Path, stream: IO[bytes]) -> Layout:
    """The layout of an open file.

    Raises:
        SegyError: one of its kinds, with the reason and the remedy.
    """
    size = os.fstat(stream.fileno()).st_size
    if size < _FILE_HEADERS:
        raise NotSegyError(
            path,
            f"is not SEG-Y: {size:,} bytes are fewer than the 3,600 of its two headers; "
            "copy the file again or remove it",
        )
    header = _binary_header(path, _read(stream, TEXT_HEADER_BYTES, BINARY_HEADER_BYTES))
    texts = _count_texts(path, stream, header)
    offset = _data_offset(path, header, texts)
    end = size - TEXT_HEADER_BYTES * max(header.trailers, 0)
    if end <= offset:
        raise EmptySegyError(path, "holds no trace after its headers; export it again or remove it")
    first = _read(stream, offset, TRACE_HEADER_BYTES)
    if looks_like_text(first) and first.count(0) < TRACE_HEADER_BYTES // 2:
        raise UnsupportedSegyError(
            path,
            "has text where its first trace header should be: it holds more extended text headers than bytes "
            "3505-3506 declare; correct their number",
        )
    interval, interval_notes = _sample_interval(path, header, first)
    num_samples, sample_notes = _num_samples(path, header, first)
    extra = _extra_headers(path, stream, header, offset)
    trace_bytes = TRACE_HEADER_BYTES * (1 + extra) + num_samples * FORMATS[header.format_code].num_bytes
    return Layout(
        endian=header.endian,
        format_code=header.format_code,
        num_traces=_num_traces(path, header, first, end - offset, trace_bytes),
        num_samples=num_samples,
        sample_interval_us=interval,
        revision=header.revision,
        extended_headers=texts,
        data_offset=offset,
        extra_trace_headers=extra,
        notes=(*interval_notes, *sample_notes),
    )


def _read(stream: IO[bytes], offset: int, size: int) -> bytes:
    stream.seek(offset)
    return stream.read(size)


def _binary_header(path: Path, block: bytes) -> BinaryHeader:
    endian = detect_endian(block)
    if endian is None:
        codes = format_codes(block)
        for code in codes.values():
            if code in REFUSED_FORMATS:
                raise UnsupportedSegyError(
                    path,
                    f"has sample format {code} ({REFUSED_FORMATS[code]}), which is not decoded; convert it to "
                    "IEEE float",
                )
        raise NotSegyError(
            path,
            f"is not SEG-Y: no known sample format in bytes 3225-3226 (found {codes['big']}); remove it from the "
            "folder, or write the format code into it",
        )
    header = parse_binary_header(block, endian)
    if header.pairwise_swapped:
        raise UnsupportedSegyError(
            path, "has its bytes swapped in pairs (bytes 3297-3300), which is not supported; copy it byte by byte"
        )
    return header


def _count_texts(path: Path, stream: IO[bytes], header: BinaryHeader) -> int:
    """Extended text headers: as many as declared, or up to the one that says it is the last."""
    declared = header.extended_texts
    limit = declared if declared >= 0 else _MOST_TEXTS
    stanza = False  # a stanza may hold any bytes, of a document for instance
    for number in range(limit):
        block = _read(stream, _FILE_HEADERS + number * TEXT_HEADER_BYTES, TEXT_HEADER_BYTES)
        stanza = stanza or begins_stanza(block)
        if len(block) < TEXT_HEADER_BYTES or not (stanza or looks_like_text(block) or not any(block)):
            if declared < 0:
                break
            raise UnsupportedSegyError(
                path,
                f"declares {declared} extended text headers in bytes 3505-3506, and number {number + 1} is not text; "
                "correct their number",
            )
        if declared < 0 and ends_texts(block):
            return number + 1
    if declared < 0:
        raise UnsupportedSegyError(
            path,
            "has a variable number of extended text headers and none is marked ((SEG: EndText)), so that the first "
            "trace cannot be found; rewrite it with a fixed number",
        )
    return declared


def _data_offset(path: Path, header: BinaryHeader, texts: int) -> int:
    after_texts = _FILE_HEADERS + TEXT_HEADER_BYTES * texts
    if header.first_trace and header.first_trace < after_texts:
        raise UnsupportedSegyError(
            path,
            f"places its first trace at byte {header.first_trace:,} (bytes 3521-3528), before the end of its headers; "
            "correct the binary header",
        )
    return header.first_trace or after_texts


def _sample_interval(path: Path, header: BinaryHeader, first: bytes) -> tuple[int, tuple[str, ...]]:
    in_binary, in_trace = header.interval_us, _short(first, 117, header.endian)
    if in_binary > 0:
        if in_binary > 2**31 - 1 or in_binary != int(in_binary):  # a double may be infinite, which is no integer
            raise UnsupportedSegyError(
                path,
                f"has a sample interval of {in_binary:g} us, which is no whole number of microseconds; resample it",
            )
        if in_trace > 0 and in_trace != in_binary:
            note = f"sample interval {in_binary:g} us in the binary header is used; the first trace says {in_trace} us"
            return int(in_binary), (note,)
        return int(in_binary), ()
    if in_trace > 0:
        note = (
            f"no valid sample interval in the binary header ({in_binary:g}); {in_trace} us of the first trace is used"
        )
        return in_trace, (note,)
    raise UnsupportedSegyError(
        path,
        "has no valid sample interval in bytes 3217-3218 nor in its first trace; correct the binary header",
    )


def _num_samples(path: Path, header: BinaryHeader, first: bytes) -> tuple[int, tuple[str, ...]]:
    # Unsigned: long traces (60,000 samples) are legal and common in continuous recordings.
    in_trace = _short(first, 115, header.endian) & 0xFFFF
    if header.num_samples > 0:
        return header.num_samples, ()
    if in_trace > 0:
        return in_trace, (f"no number of samples in the binary header; {in_trace} of the first trace is used",)
    raise NotSegyError(
        path,
        "declares no samples per trace in bytes 3221-3222 nor in its first trace; correct the binary header or remove "
        "the file",
    )


def _extra_headers(path: Path, stream: IO[bytes], header: BinaryHeader, offset: int) -> int:
    """Additional trace headers of each trace; the standard lets them vary, which is not supported."""
    most = header.extra_trace_headers
    if most == 0:
        return 0
    extension = _read(stream, offset + TRACE_HEADER_BYTES, TRACE_HEADER_BYTES)
    # Bytes 157-158 of the first extension: how many this trace has; 0 means as many as the binary header says.
    own = _short(extension, 157, header.endian) if len(extension) == TRACE_HEADER_BYTES else 0
    if not 0 < most <= 100 or own not in (0, most):
        raise UnsupportedSegyError(
            path,
            f"declares up to {most} additional trace headers (bytes 3507-3510) and {own} for its first trace: where "
            "their number varies, traces cannot be found; rewrite it as SEG-Y revision 1",
        )
    return most


def _num_traces(path: Path, header: BinaryHeader, first: bytes, size: int, trace_bytes: int) -> int:
    count, rest = divmod(size, trace_bytes)
    if header.num_traces and header.trailers < 0 and header.num_traces <= count:
        return header.num_traces  # what follows is a trailer of unknown length
    if rest:
        raise TruncatedSegyError(path, _why_uneven(header, first, (size, trace_bytes)))
    if header.num_traces not in (0, count):
        raise TruncatedSegyError(
            path,
            f"holds {count:,} traces where bytes 3513-3520 declare {header.num_traces:,}; copy or export it again",
        )
    return count


def _why_uneven(header: BinaryHeader, first: bytes, sizes: tuple[int, int]) -> str:
    """What may be wrong with a file that is no whole number of traces long."""
    size, trace_bytes = sizes
    count, rest = divmod(size, trace_bytes)
    uneven = f"ends {trace_bytes - rest:,} bytes before the end of trace {count + 1:,}"
    declared = _short(first, 115, header.endian) & 0xFFFF
    width = FORMATS[header.format_code].num_bytes
    if declared not in (0, header.num_samples) and size % (TRACE_HEADER_BYTES + declared * width) == 0:
        return (
            f"{uneven} of {header.num_samples:,} samples, as the binary header has them, but holds whole traces of the "
            f"{declared:,} samples that its first trace declares; correct bytes 3221-3222"
        )
    if count and rest < TRACE_HEADER_BYTES:
        return f"{uneven}, or has {rest:,} bytes too many after trace {count:,}; copy or export it again"
    return f"{uneven}, or its traces differ in length; copy or export it again"


def _short(block: bytes, position: int, endian: Endian) -> int:
    """A signed 2-byte field of a trace header, counted from 1; 0 beyond its end."""
    return int.from_bytes(block[position - 1 : position + 1], endian, signed=True)
