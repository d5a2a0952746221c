"""Write traces as SEG-Y revision 1, in blocks, atomically."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seismic_assets.segy import headers as at
from seismic_assets.segy.errors import SegyError
from seismic_assets.segy.formats import encode_ibm
from seismic_assets.segy.headers import STANDARD_MAP

SampleFormat = Literal["ibm", "ieee"]
_FORMAT_CODES: dict[str, int] = {"ibm": 1, "ieee": 5}
_MAX_SAMPLES = 65_535
_INT16, _INT32 = np.iinfo(np.int16), np.iinfo(np.int32)
_SEQUENCE, _TRACE_CODE = 5, 29


class SegyWriter:
    """A SEG-Y file that is being written; obtained from `create_segy`."""

    def __init__(self, path: Path, stream: BinaryIO, num_samples: int, constants: dict[int, int], code: int) -> None:
        self.path = path
        self.traces = 0
        self._stream = stream
        self._num_samples = num_samples
        self._constants = constants
        self._code = code

    def append(
        self,
        traces: NDArray[np.float32],
        *,
        inline: ArrayLike,
        crossline: ArrayLike,
        cdp_x: ArrayLike,
        cdp_y: ArrayLike,
        cdp: ArrayLike | None = None,
        offset: ArrayLike | None = None,
    ) -> None:
        """Append (n, num_samples) float32 traces with their headers; arguments as of `write_segy`.

        Raises:
            SegyError: traces of another length, or a value that does not fit into its header.
        """
        traces = np.ascontiguousarray(traces, dtype=np.float32)
        if traces.ndim != 2 or traces.shape[1] != self._num_samples:
            raise SegyError(
                self.path, f"traces of shape {traces.shape} where {self._num_samples} samples a trace were announced"
            )
        count, scalar = len(traces), self._constants[at.COORDINATE_SCALAR]
        number = np.arange(self.traces + 1, self.traces + count + 1)
        values = {
            "trace number": (_SEQUENCE, number),
            "cdp": (at.CDP, number if cdp is None else cdp),
            "offset": (at.OFFSET, np.zeros(count, int) if offset is None else offset),
            "cdp_x": (STANDARD_MAP.cdp_x, _scaled(self.path, cdp_x, scalar)),
            "cdp_y": (STANDARD_MAP.cdp_y, _scaled(self.path, cdp_y, scalar)),
            "inline": (STANDARD_MAP.inline, inline),
            "crossline": (STANDARD_MAP.crossline, crossline),
        }
        records = np.zeros((count, 240 + 4 * self._num_samples), dtype=np.uint8)
        for name, (position, given) in values.items():
            if np.shape(given) != (count,):
                raise SegyError(
                    self.path, f"{name} has shape {np.shape(given)} for {count} traces; give one value a trace"
                )
            _check_range(self.path, name, given, _INT32.min, _INT32.max)
            _put(records, position, np.asarray(given), ">i4")
        for position, value in self._constants.items():
            _put(records, position, np.full(count, value).astype(np.int16), ">i2")
        try:
            words = encode_ibm(traces) if self._code == 1 else traces
        except ValueError as error:
            raise SegyError(self.path, str(error)) from error
        stored = words.astype(">u4" if self._code == 1 else ">f4")
        records[:, 240:] = stored.view(np.uint8).reshape(count, -1)
        self._stream.write(records.data)
        self.traces += count


@contextmanager
def create_segy(
    path: Path | str,
    *,
    num_samples: int,
    sample_interval_us: int,
    start_ms: float = 0.0,
    sample_format: SampleFormat = "ibm",
    coordinate_scalar: int = -100,
    text: Sequence[str] | None = None,
) -> Iterator[SegyWriter]:
    """A writer to append blocks of traces to; the file appears when the block ends without an error, or not at all.

    Args:
        path: the file to write; replaced if it exists.
        num_samples: samples a trace, up to 65,535.
        sample_interval_us: microseconds.
        start_ms: time of the first sample, whole milliseconds.
        sample_format: 4-byte IBM or IEEE float.
        coordinate_scalar: bytes 71-72: negative divides, positive multiplies what is read.
        text: up to 40 lines of up to 76 characters for the EBCDIC header.

    Raises:
        SegyError: no trace was appended, too many samples, or a value that does not fit into its header.
    """
    path = Path(path)
    if num_samples > _MAX_SAMPLES:
        raise SegyError(path, f"{num_samples} samples a trace exceed the 65,535 of SEG-Y revision 1; cut the traces")
    _check_range(path, "sample interval in us", sample_interval_us, 1, _INT16.max)
    _check_range(path, "start in ms", round(start_ms), _INT16.min, _INT16.max)
    _check_range(path, "coordinate scalar", coordinate_scalar, _INT16.min, _INT16.max)
    constants = {
        _TRACE_CODE: 1,
        at.COORDINATE_SCALAR: coordinate_scalar,
        at.DELAY: round(start_ms),
        at.NUM_SAMPLES: num_samples,
        at.INTERVAL: sample_interval_us,
    }
    code = _FORMAT_CODES[sample_format]
    temporary = path.with_name(f".{path.name}.part")
    try:
        with temporary.open("wb") as stream:
            stream.write(_text_header(text))
            stream.write(_binary_header(num_samples, sample_interval_us, code))
            writer = SegyWriter(path, stream, num_samples, constants, code)
            yield writer
        if writer.traces == 0:
            raise SegyError(path, "nothing to write: no trace was given; give (traces, samples)")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


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
    traces = np.asarray(traces, dtype=np.float32)
    if traces.ndim != 2 or traces.size == 0:
        raise SegyError(path, f"nothing to write: the traces have shape {traces.shape}; give (traces, samples)")
    with create_segy(
        path,
        num_samples=traces.shape[1],
        sample_interval_us=sample_interval_us,
        start_ms=start_ms,
        sample_format=sample_format,
        coordinate_scalar=coordinate_scalar,
        text=text,
    ) as writer:
        writer.append(traces, inline=inline, crossline=crossline, cdp_x=cdp_x, cdp_y=cdp_y, cdp=cdp, offset=offset)


def _put(records: NDArray[np.uint8], position: int, values: NDArray, kind: str) -> None:
    stored = values.astype(kind)
    records[:, position - 1 : position - 1 + stored.itemsize] = stored.view(np.uint8).reshape(len(records), -1)


def _check_range(path: Path, name: str, values: ArrayLike, least: int, most: int) -> None:
    if not np.all((np.asarray(values) >= least) & (np.asarray(values) <= most)):
        raise SegyError(path, f"{name} must lie from {least:,} to {most:,} to fit into its header; change the values")


def _scaled(path: Path, coordinates: ArrayLike, scalar: int) -> NDArray[np.int64]:
    values = np.asarray(coordinates, dtype=np.float64)
    stored = np.rint(values * -scalar if scalar < 0 else values / max(scalar, 1))
    if not np.all((stored >= _INT32.min) & (stored <= _INT32.max)):
        raise SegyError(path, f"coordinates with scalar {scalar} do not fit into 4 bytes; choose another scalar")
    return stored.astype(np.int64)


def _text_header(lines: Sequence[str] | None) -> bytes:
    given = list(lines or ("Written by seismic_assets",))[:40]
    given += [""] * (40 - len(given))
    text = "".join(f"C{number:2d} {line[:76]}".ljust(80) for number, line in enumerate(given, start=1))
    return text.encode("cp500", errors="replace")


def _binary_header(num_samples: int, sample_interval_us: int, code: int) -> bytes:
    header = bytearray(400)
    for position, value in ((3217, sample_interval_us), (3221, num_samples), (3225, code), (3501, 0x100), (3503, 1)):
        struct.pack_into(">H", header, position - 3201, value)
    return bytes(header)
