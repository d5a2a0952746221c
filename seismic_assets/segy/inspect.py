"""What a SEG-Y file is, from its headers and its first and last trace."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seismic_assets.segy.errors import SegyError
from seismic_assets.segy.layout import FORMAT_NAMES
from seismic_assets.segy.reader import SegyReader, open_segy


@dataclass(frozen=True)
class Geometry:
    """Where the traces lie.

    Attributes:
        kind: `3D`, `2D` (no inline/crossline numbers, or a single line) or `none`.
        inline, crossline, cdp: (first, last) of the numbers found, in order of size.
        inlines, crosslines: how many different numbers.
        x, y: (smallest, largest) coordinate with the scalar applied.
        traces_per_position: largest number of traces that share inline and crossline.
    """

    kind: str
    inline: tuple[int, int]
    crossline: tuple[int, int]
    cdp: tuple[int, int]
    inlines: int
    crosslines: int
    x: tuple[float, float]
    y: tuple[float, float]
    traces_per_position: int


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
        endian: `big` or `little`.
        revision: such as `1.0`.
        geometry: None when the headers could not be read.
        problems: a sentence each; contradictions in an admitted file, or the reason of the refusal.
    """

    file: str
    admitted: bool
    traces: int = 0
    samples: int = 0
    sample_interval_us: int = 0
    start_ms: float = 0.0
    format: str = ""
    endian: str = ""
    revision: str = ""
    geometry: Geometry | None = None
    problems: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The report as plain types, for JSON."""
        return asdict(self)


def inspect_file(path: Path | str) -> FileReport:
    """Inspect a SEG-Y file; a file that cannot be read gives a report that says so, not an exception."""
    path = Path(path)
    try:
        with open_segy(path) as reader:
            return _report(reader)
    except SegyError as error:
        return FileReport(file=path.name, admitted=False, problems=(error.reason,))


def _report(reader: SegyReader) -> FileReport:
    reader.traces(0, 1)
    reader.traces(reader.num_traces - 1)
    layout = reader.layout
    return FileReport(
        file=reader.path.name,
        admitted=True,
        traces=layout.num_traces,
        samples=layout.num_samples,
        sample_interval_us=layout.sample_interval_us,
        start_ms=reader.start_ms,
        format=FORMAT_NAMES[layout.format_code],
        endian=layout.endian,
        revision=f"{layout.revision[0]}.{layout.revision[1]}",
        geometry=_geometry(reader),
        problems=layout.notes,
    )


def _geometry(reader: SegyReader) -> Geometry:
    headers = reader.headers()
    positions = np.stack([headers.inline, headers.crossline], axis=1)
    _, traces_at = np.unique(positions, axis=0, return_counts=True)
    inlines, crosslines = len(np.unique(headers.inline)), len(np.unique(headers.crossline))
    return Geometry(
        kind=_kind(inlines, crosslines, len(np.unique(headers.cdp))),
        inline=_span(headers.inline),
        crossline=_span(headers.crossline),
        cdp=_span(headers.cdp),
        inlines=inlines,
        crosslines=crosslines,
        x=(float(headers.cdp_x.min()), float(headers.cdp_x.max())),
        y=(float(headers.cdp_y.min()), float(headers.cdp_y.max())),
        traces_per_position=int(traces_at.max()),
    )


def _kind(inlines: int, crosslines: int, cdps: int) -> str:
    if inlines > 1 and crosslines > 1:
        return "3D"
    return "2D" if max(inlines, crosslines, cdps) > 1 else "none"


def _span(values: NDArray[np.int32]) -> tuple[int, int]:
    return int(values.min()), int(values.max())
