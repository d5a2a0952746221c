"""Write traces as SEG-Y revision 1, atomically."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import segyio
from numpy.typing import ArrayLike, NDArray

from seismic_assets.segy.errors import SegyError

SampleFormat = Literal["ibm", "ieee"]
_FORMAT_CODES: dict[str, int] = {"ibm": 1, "ieee": 5}
_MAX_SAMPLES = 65_535
_INT16, _INT32 = np.iinfo(np.int16), np.iinfo(np.int32)


def write_segy(
    path: Path | str,
    traces: NDArray[np.float32],
    *,
    inline: ArrayLike,
    crossline: ArrayLike,
    cdp_x: ArrayLike,
    cdp_y: ArrayLike,
    sample_interval_us: int,
    start_ms: float = 0.0,
    sample_format: SampleFormat = "ibm",
    coordinate_scalar: int = -100,
    text: Sequence[str] | None = None,
    cdp: ArrayLike | None = None,
    offset: ArrayLike | None = None,
) -> None:
    """Write (n, num_samples) float32 traces with their headers; the file appears whole or not at all.

    Args:
        path: the file to write; replaced if it exists.
        traces: (n, num_samples) float32.
        inline: (n,) integers, bytes 189-192.
        crossline: (n,) integers, bytes 193-196.
        cdp_x: (n,) coordinates, bytes 181-184 after the scalar.
        cdp_y: (n,) coordinates, bytes 185-188 after the scalar.
        sample_interval_us: microseconds.
        start_ms: time of the first sample, whole milliseconds.
        sample_format: 4-byte IBM or IEEE float.
        coordinate_scalar: bytes 71-72: negative divides, positive multiplies what is read.
        text: up to 40 lines of up to 76 characters for the EBCDIC header.
        cdp: (n,) integers, bytes 21-24; the trace's number by default.
        offset: (n,) integers, bytes 37-40; 0 by default.

    Raises:
        SegyError: no trace, too many samples, or a value that does not fit into its header.
    """
    path = Path(path)
    traces = np.ascontiguousarray(traces, dtype=np.float32)
    if traces.ndim != 2 or traces.size == 0:
        raise SegyError(path, f"nothing to write: the traces have shape {traces.shape}; give (traces, samples)")
    count, num_samples = traces.shape
    if num_samples > _MAX_SAMPLES:
        raise SegyError(path, f"{num_samples} samples a trace exceed the 65,535 of SEG-Y revision 1; cut the traces")
    headers = {
        segyio.TraceField.TRACE_SEQUENCE_FILE: np.arange(1, count + 1),
        segyio.TraceField.CDP: np.arange(1, count + 1) if cdp is None else np.asarray(cdp),
        segyio.TraceField.offset: np.zeros(count, int) if offset is None else np.asarray(offset),
        segyio.TraceField.CDP_X: _scaled(path, cdp_x, coordinate_scalar),
        segyio.TraceField.CDP_Y: _scaled(path, cdp_y, coordinate_scalar),
        segyio.TraceField.INLINE_3D: np.asarray(inline),
        segyio.TraceField.CROSSLINE_3D: np.asarray(crossline),
    }
    constant = {
        segyio.TraceField.SourceGroupScalar: coordinate_scalar,
        segyio.TraceField.DelayRecordingTime: round(start_ms),
        segyio.TraceField.TRACE_SAMPLE_COUNT: num_samples,
        segyio.TraceField.TRACE_SAMPLE_INTERVAL: sample_interval_us,
        segyio.TraceField.TraceIdentificationCode: 1,
    }
    _check_range(path, "sample interval in us", sample_interval_us, 1, _INT16.max)
    _check_range(path, "start in ms", round(start_ms), _INT16.min, _INT16.max)
    _check_range(path, "coordinate scalar", coordinate_scalar, _INT16.min, _INT16.max)
    for field, values in headers.items():
        if np.shape(values) != (count,):
            raise SegyError(path, f"{field} has shape {np.shape(values)} for {count} traces; give one value a trace")
        _check_range(path, str(field), values, _INT32.min, _INT32.max)
    spec = segyio.spec()
    spec.format = _FORMAT_CODES[sample_format]
    spec.samples = start_ms + np.arange(num_samples) * (sample_interval_us / 1000)
    spec.tracecount = count
    temporary = path.with_name(f".{path.name}.part")
    try:
        with segyio.create(str(temporary), spec) as handle:
            handle.text[0] = _text_header(text)
            handle.bin.update(
                {
                    segyio.BinField.Interval: sample_interval_us,
                    segyio.BinField.Samples: num_samples,
                    segyio.BinField.Format: spec.format,
                    segyio.BinField.SEGYRevision: 1,
                    segyio.BinField.TraceFlag: 1,
                }
            )
            for index in range(count):
                handle.header[index] = {
                    **constant,
                    **{field: int(values[index]) for field, values in headers.items()},
                }
            handle.trace.raw[:] = traces
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _check_range(path: Path, name: str, values: ArrayLike, least: int, most: int) -> None:
    if not np.all((np.asarray(values) >= least) & (np.asarray(values) <= most)):
        raise SegyError(path, f"{name} must lie from {least:,} to {most:,} to fit into its header; change the values")


def _scaled(path: Path, coordinates: ArrayLike, scalar: int) -> NDArray[np.int64]:
    values = np.asarray(coordinates, dtype=np.float64)
    stored = np.rint(values * -scalar if scalar < 0 else values / max(scalar, 1))
    if not np.all((stored >= _INT32.min) & (stored <= _INT32.max)):
        raise SegyError(path, f"coordinates with scalar {scalar} do not fit into 4 bytes; choose another scalar")
    return stored.astype(np.int64)


def _text_header(lines: Sequence[str] | None) -> str:
    lines = list(lines or ("Written by seismic_assets",))[:40]
    return segyio.tools.create_text_header({number: line[:76] for number, line in enumerate(lines, start=1)})
