"""What a SEG-Y file is: its headers from end to end, and an even sample of its traces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seismic_assets.segy.amplitudes import (
    Amplitudes,
    coded_otherwise,
    robust_scale,
    scale_stride,
    summarise_amplitudes,
)
from seismic_assets.segy.errors import SegyError
from seismic_assets.segy.geometry import Geometry, GeometryTally
from seismic_assets.segy.headers import COORDINATE_SCALAR, STANDARD_MAP, HeaderMap, TraceHeaders, header_field
from seismic_assets.segy.lengths import LengthTally
from seismic_assets.segy.problems import geometry_problems, sample_problems
from seismic_assets.segy.proposal import Proposal, propose_positions
from seismic_assets.segy.reader import SegyReader, open_segy
from seismic_assets.segy.text import TextHeader

_SAMPLED_VALUES = 1 << 21
_PROPOSAL_TRACES = 20_000


@dataclass(frozen=True)
class FileReport:
    """The result of an inspection; `admitted` is false when the file cannot be used and `problems` says why.

    Attributes:
        file: the file's name.
        admitted: whether traces can be read from it.
        traces, samples: counts; 0 when unknown.
        sample_interval_us: microseconds; 0 when unknown.
        start_ms: time of the first sample.
        format: sample format in words.
        format_code: of the binary header; 0 when unknown.
        endian: `big` or `little`.
        revision: such as `1.0`.
        geometry: None when the headers could not be read.
        problems: a sentence each; contradictions in an admitted file, or the reason of the refusal.
        text: the textual headers.
        binary: fields of the binary header by name, and what trace headers say on the same things.
        header_bytes: where positions were read.
        proposal: bytes that look like inline and crossline, where those that were read say nothing.
        amplitudes: statistics of sampled traces.
    """

    file: str
    admitted: bool
    traces: int = 0
    samples: int = 0
    sample_interval_us: int = 0
    start_ms: float = 0.0
    format: str = ""
    format_code: int = 0
    endian: str = ""
    revision: str = ""
    geometry: Geometry | None = None
    problems: tuple[str, ...] = ()
    text: TextHeader | None = None
    binary: dict[str, Any] = field(default_factory=dict)
    header_bytes: HeaderMap = STANDARD_MAP
    proposal: Proposal | None = None
    amplitudes: Amplitudes | None = None

    def as_dict(self) -> dict[str, Any]:
        """The report as plain types, for JSON."""
        return asdict(self)


class HeaderScan:
    """What the headers of all traces say: taken block by block, in order, or merged from consecutive parts."""

    def __init__(self, reader: SegyReader) -> None:
        self._reader = reader
        self._places, self._lengths = GeometryTally(), LengthTally(reader)

    def add(self, headers: TraceHeaders) -> None:
        """Take consecutive traces into account."""
        self._places.add(headers)
        self._lengths.add(headers)

    def merge(self, other: HeaderScan) -> None:
        """Take the scan of the traces that follow into account."""
        self._places.merge(other._places)
        self._lengths.merge(other._lengths)

    def finish(self) -> HeaderFacts:
        """The facts, once every trace was taken.

        Raises:
            UnsupportedSegyError: the traces differ in length.
        """
        reader, geometry = self._reader, self._places.finish()
        coded = coding(reader)
        contradictions = (*reader.layout.notes, *self._lengths.finish(), *((coded,) if coded else ()))
        proposal = propose(reader, geometry)
        oddities = tuple(geometry_problems(geometry, reader.mapping, proposal))
        return HeaderFacts(geometry, self._lengths.samples, self._lengths.intervals, contradictions, oddities, proposal)


@dataclass(frozen=True)
class HeaderFacts:
    """What the headers of all traces say.

    Attributes:
        geometry: where the traces lie.
        samples, intervals: (smallest, largest) that trace headers declare; 0 where none does.
        contradictions: what is declared differently in different places, a sentence each.
        oddities: what is unusual about where the traces lie, a sentence each.
        proposal: bytes that look like inline and crossline, where those that were read say nothing.
    """

    geometry: Geometry
    samples: tuple[int, int]
    intervals: tuple[int, int]
    contradictions: tuple[str, ...]
    oddities: tuple[str, ...]
    proposal: Proposal | None


def scan_headers(reader: SegyReader, take: Callable[[memoryview], None] | None = None) -> HeaderFacts:
    """Read every trace header of a file; `take` is handed every byte of it on the way.

    Raises:
        SegyError: the traces differ in length, or the disk fails.
    """
    scan = HeaderScan(reader)
    for headers in reader.scan(take):
        scan.add(headers)
    return scan.finish()


def inspect_file(path: Path | str, mapping: HeaderMap = STANDARD_MAP) -> FileReport:
    """Inspect a SEG-Y file; a file that cannot be read gives a report that says so, not an exception."""
    path = Path(path)
    try:
        with open_segy(path, mapping) as reader:
            return _report(reader)
    except SegyError as error:
        return FileReport(file=path.name, admitted=False, problems=(error.reason,), header_bytes=mapping)


def _report(reader: SegyReader) -> FileReport:
    layout, facts = reader.layout, scan_headers(reader)
    amplitudes = summarise_amplitudes(sample_traces(reader))
    return FileReport(
        file=reader.path.name,
        admitted=True,
        traces=layout.num_traces,
        samples=layout.num_samples,
        sample_interval_us=layout.sample_interval_us,
        start_ms=reader.start_ms,
        format=layout.sample_format.name,
        format_code=layout.format_code,
        endian=layout.endian,
        revision=f"{layout.revision[0]}.{layout.revision[1]}",
        geometry=facts.geometry,
        problems=(*facts.contradictions, *facts.oddities, *sample_problems(layout, amplitudes)),
        text=reader.text(),
        binary=_binary_facts(reader, facts),
        header_bytes=reader.mapping,
        proposal=facts.proposal,
        amplitudes=amplitudes,
    )


def propose(reader: SegyReader, geometry: Geometry) -> Proposal | None:
    """Other bytes for inline and crossline, where those that were read do not tell traces apart."""
    if max(geometry.inlines, geometry.crosslines) > 1:
        return None
    headers = reader.header_bytes(0, _PROPOSAL_TRACES)[:, :240]
    return propose_positions(np.ascontiguousarray(headers), reader.layout.endian)


def coding(reader: SegyReader) -> str:
    """A sentence where the samples are coded otherwise than declared; else empty."""
    layout = reader.layout
    if layout.format_code not in (1, 5):
        return ""
    words = [
        np.frombuffer(reader.bytes_at(layout.data_offset + trace * layout.trace_bytes, layout.trace_bytes), np.uint8)
        for trace in _spread(layout.num_traces, max(1, _SAMPLED_VALUES // 16 // layout.num_samples))
    ]
    order = ">u4" if layout.endian == "big" else "<u4"
    whole = np.concatenate([each[layout.header_bytes :].view(order) for each in words])
    return coded_otherwise(whole.astype(np.uint32), layout.format_code)


def sample_traces(reader: SegyReader, most_values: int = _SAMPLED_VALUES) -> NDArray[np.float32]:
    """Traces spread evenly over a file, (n, num_samples) float32 of at most `most_values` samples, at least one."""
    chosen = _spread(reader.num_traces, max(1, most_values // reader.num_samples))
    return np.concatenate([reader.traces(index, index + 1) for index in chosen])


def file_scale(reader: SegyReader) -> float:
    """The amplitude scale of a file, as ingest takes it: `robust_scale` of every so many traces."""
    chosen = range(0, reader.num_traces, scale_stride(reader.num_traces, reader.num_samples))
    return robust_scale(np.concatenate([reader.traces(index, index + 1) for index in chosen]))


def _spread(count: int, most: int) -> list[int]:
    return [int(index) for index in np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.int64))]


def _binary_facts(reader: SegyReader, facts: HeaderFacts) -> dict[str, Any]:
    header, layout = reader.binary_header(), reader.layout
    scalars = np.unique(header_field(reader.header_bytes(0, 4096), COORDINATE_SCALAR, "i2", layout.endian))
    return {
        "interval_us": {"binary_header": header.interval_us, "trace_headers": list(facts.intervals)},
        "samples": {"binary_header": header.num_samples, "trace_headers": list(facts.samples)},
        "sorting_code": header.sorting,
        "measurement": header.measurement,
        "fixed_length": header.fixed_length,
        "extended_text_headers": header.extended_texts,
        "extra_trace_headers": header.extra_trace_headers,
        "coordinate_scalars": [int(scalar) for scalar in scalars],
        "data_offset": layout.data_offset,
    }
