"""A line of a file to look at, and its picture."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seismic_assets.segy.reader import SegyReader

_MOST_TRACES, _MOST_VALUES = 1500, 1 << 22
_CLIP_PERCENTILE = 98.5


@dataclass(frozen=True)
class Section:
    """Neighbouring traces of a file.

    Attributes:
        traces: (n, num_samples) float32.
        numbers: (n,) what the horizontal axis counts.
        axis: its name: `crossline`, `inline`, `CDP` or `trace`.
        title: which line it is.
        start_ms: time of the first sample.
        sample_interval_us: microseconds.
    """

    traces: NDArray[np.float32]
    numbers: NDArray[np.int64]
    axis: str
    title: str
    start_ms: float
    sample_interval_us: int


def middle_section(reader: SegyReader) -> Section:
    """The line through the middle of a file: the traces around its middle one that share its inline or crossline."""
    most = max(2, min(_MOST_TRACES, _MOST_VALUES // reader.num_samples))
    middle = reader.num_traces // 2
    start = max(0, middle - most // 2)
    headers = reader.headers(start, start + most)
    inline, crossline, here = headers.inline, headers.crossline, middle - start
    runs = {name: _run(values, here) for name, values in (("inline", inline), ("crossline", crossline))}
    fixed = max(runs, key=lambda name: runs[name].stop - runs[name].start)
    along = {"inline": ("crossline", crossline), "crossline": ("inline", inline)}[fixed]
    line = runs[fixed]
    title = f"{fixed} {int((inline if fixed == 'inline' else crossline)[here])}"
    if not _varies(along[1][line]):
        known = _varies(headers.cdp[line])
        along = ("CDP", headers.cdp) if known else ("trace", headers.trace_index.astype(np.int32))
        title = "line" if known else "traces in the order of the file"
    return Section(
        traces=reader.traces(start + line.start, start + line.stop),
        numbers=along[1][line].astype(np.int64),
        axis=along[0],
        title=title,
        start_ms=float(headers.start_ms[here]),
        sample_interval_us=reader.sample_interval_us,
    )


def _run(values: NDArray[np.int32], here: int) -> slice:
    """The stretch around a place in which values are the same."""
    other = np.flatnonzero(values != values[here])
    before, after = other[other < here], other[other > here]
    return slice(int(before[-1]) + 1 if before.size else 0, int(after[0]) if after.size else len(values))


def _varies(values: NDArray) -> bool:
    return bool(len(values) > 1 and (values != values[0]).any())


def clip_of(traces: NDArray[np.float32]) -> float:
    """The amplitude at which colours end: the 98.5th percentile of the absolute samples; 1 where all are zero."""
    size = np.abs(traces[np.isfinite(traces)])
    return float(np.percentile(size, _CLIP_PERCENTILE)) or 1.0 if size.size else 1.0


def section_png(section: Section, name: str) -> bytes:
    """The section in red and blue, and beside it how often each amplitude occurs, as PNG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 5), dpi=100, layout="constrained")
    figure.suptitle(f"{name}, {section.title}")
    seismic, counts = figure.subplots(1, 2, width_ratios=(3, 1))
    clip = clip_of(section.traces)
    interval = section.sample_interval_us / 1000
    end = section.start_ms + section.traces.shape[1] * interval
    numbers = section.numbers
    edges = (float(numbers[0]) - 0.5, float(numbers[-1]) + 0.5, end - interval / 2, section.start_ms - interval / 2)
    image = seismic.imshow(
        section.traces.T, cmap="RdBu", vmin=-clip, vmax=clip, aspect="auto", extent=edges, interpolation="nearest"
    )
    seismic.set(xlabel=section.axis, ylabel="two-way time (ms)")
    figure.colorbar(image, ax=seismic, label="amplitude")
    finite = section.traces[np.isfinite(section.traces)].astype(np.float64)
    if finite.size and finite.max() > finite.min():
        counts.hist(finite, bins=101, color="#0072b2", log=True)
    counts.set(xlabel="amplitude", ylabel="samples", title="distribution")
    stream = io.BytesIO()
    figure.savefig(stream, format="png")
    return stream.getvalue()
