"""How samples are coded: every format of the standard that float32 can hold, decoded by numpy in blocks.

Format codes and their meaning follow SEG-Y revision 2.1 (SEG Technical Standards Committee, 2023), bytes 3225-3226.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Endian = Literal["big", "little"]


@dataclass(frozen=True)
class SampleFormat:
    """A sample format.

    Attributes:
        code: of the binary header.
        name: in words.
        num_bytes: of one sample.
        kind: numpy's letter of the number as it is stored, such as `f4`; `ibm` or `i3`, `u3` where numpy has none.
        exact: whether every value fits into float32.
    """

    code: int
    name: str
    num_bytes: int
    kind: str
    exact: bool


FORMATS = {
    each.code: each
    for each in (
        SampleFormat(1, "4-byte IBM float", 4, "ibm", True),
        SampleFormat(2, "4-byte integer", 4, "i4", False),
        SampleFormat(3, "2-byte integer", 2, "i2", True),
        SampleFormat(5, "4-byte IEEE float", 4, "f4", True),
        SampleFormat(6, "8-byte IEEE float", 8, "f8", False),
        SampleFormat(7, "3-byte integer", 3, "i3", True),
        SampleFormat(8, "1-byte integer", 1, "i1", True),
        SampleFormat(9, "8-byte integer", 8, "i8", False),
        SampleFormat(10, "4-byte unsigned integer", 4, "u4", False),
        SampleFormat(11, "2-byte unsigned integer", 2, "u2", True),
        SampleFormat(12, "8-byte unsigned integer", 8, "u8", False),
        SampleFormat(15, "3-byte unsigned integer", 3, "u3", True),
        SampleFormat(16, "1-byte unsigned integer", 1, "u1", True),
    )
}
FORMAT_NAMES = {code: each.name for code, each in FORMATS.items()}
# Codes that are known and not decoded: its gain was never defined well enough to be sure of the values.
REFUSED_FORMATS = {4: "4-byte fixed point with gain"}

_SIGN, _EXPONENT, _FRACTION = np.uint32(0x80000000), np.uint32(0x7F000000), np.uint32(0x00FFFFFF)
# Exponents whose every value is a normal float32; 16^32 / 2^24 times the largest fraction is 3.4e38.
_LEAST, _MOST = np.uint32(39 << 24), np.uint32(96 << 24)


def decode(
    records: NDArray[np.uint8], header_bytes: int, sample_format: SampleFormat, endian: Endian, out: NDArray[np.float32]
) -> int:
    """Decode the samples of n traces into float32.

    Args:
        records: (n, trace_bytes) uint8, contiguous: traces with their headers, as they lie in the file.
        header_bytes: bytes before the first sample of a trace.
        sample_format: of the file.
        endian: byte order of the file.
        out: (n, num_samples) float32, contiguous, written to.

    Returns:
        How many samples float32 holds only rounded.
    """
    order = ">" if endian == "big" else "<"
    if sample_format.kind == "ibm":
        with np.errstate(over="ignore"):
            _decode_ibm(_samples(records, header_bytes, out.shape[1], f"{order}u4"), out)
        return 0
    if sample_format.num_bytes == 3:
        _decode_three_bytes(_samples(records, header_bytes, out.shape[1], "V3"), sample_format.kind, endian, out)
        return 0
    stored = _samples(records, header_bytes, out.shape[1], f"{order}{sample_format.kind}")
    with np.errstate(over="ignore", invalid="ignore"):  # a double beyond float32 becomes infinite, and is reported so
        out[:] = stored
        if sample_format.exact:
            return 0
        # Back in the stored type, where neither side is rounded again; NaN is not equal to itself, and not rounded.
        rounded = (out.astype(np.float64).astype(stored.dtype) != stored) & ~np.isnan(out)
        return int(rounded.sum())


def _samples(records: NDArray[np.uint8], header_bytes: int, num_samples: int, dtype: str) -> NDArray:
    """The samples of records in place, as (n, num_samples) of their stored type."""
    kind = np.dtype(dtype)
    shape, strides = (len(records), num_samples), (records.strides[0], kind.itemsize)
    return np.ndarray(shape, kind, records, offset=header_bytes, strides=strides)


def _decode_ibm(words: NDArray[np.uint32], out: NDArray[np.float32]) -> None:
    """IBM System/360 single precision: sign, exponent of 16 biased by 64, 24-bit fraction.

    The value is fraction * 16^(exponent - 64) / 2^24. The fraction fits float32 exactly and the rest is a power of two,
    which is put together in the exponent bits of a float32: 4 * (exponent - 64) - 24. Where that leaves the normal
    range, float64 does the same and rounds once.
    """
    words = words.astype(np.uint32)
    exponents = words & _EXPONENT
    if exponents.size and (exponents.min() < _LEAST or exponents.max() > _MOST):
        unusual = (exponents < _LEAST) & (words & _FRACTION != 0) | (exponents > _MOST)
        if unusual.any():
            out[:] = _ibm_in_double(words)
            return
        np.maximum(exponents, _LEAST, out=exponents)  # zeros, whose exponent says nothing
    # 4 * exponent in the place of float32's own exponent, less the biases: 4 * 64 + 24 - 127 = 153.
    np.left_shift(exponents, np.uint32(1), out=exponents)
    np.subtract(exponents, np.uint32(153 << 23), out=exponents)
    scales = out.view(np.uint32)
    np.bitwise_and(words, _SIGN, out=scales)
    np.bitwise_or(exponents, scales, out=exponents)
    np.bitwise_and(words, _FRACTION, out=words)
    out[:] = words.view(np.int32)
    np.multiply(out, exponents.view(np.float32), out=out)


def _ibm_in_double(words: NDArray[np.uint32]) -> NDArray[np.float64]:
    fractions = (words & _FRACTION).astype(np.float64)
    scales = 4 * (((words & _EXPONENT) >> np.uint32(24)).astype(np.int32) - 64) - 24
    return np.ldexp(np.where(words & _SIGN, -fractions, fractions), scales)


def _decode_three_bytes(words: NDArray, kind: str, endian: Endian, out: NDArray[np.float32]) -> None:
    byte = np.ascontiguousarray(words).view(np.uint8).reshape(*words.shape, 3)
    high, middle, low = (byte[..., index] for index in ((0, 1, 2) if endian == "big" else (2, 1, 0)))
    value = (high.astype(np.int32) << 16) | (middle.astype(np.int32) << 8) | low
    out[:] = np.where(value >= 1 << 23, value - (1 << 24), value) if kind == "i3" else value


def encode_ibm(samples: NDArray[np.float32]) -> NDArray[np.uint32]:
    """Float32 as IBM single precision words of the machine's byte order, rounded to the nearest; same shape.

    Raises:
        ValueError: a sample is not finite, which the format cannot hold.
    """
    if not np.isfinite(samples).all():
        raise ValueError("IBM floats hold neither NaN nor infinity; write IEEE floats, or replace such samples")
    fraction, exponent = np.frexp(np.abs(samples.astype(np.float64)))
    sixteens = -(-exponent // 4)
    word = np.rint(np.ldexp(fraction, exponent - 4 * sixteens + 24)).astype(np.int64)
    carried = word >= 1 << 24
    word, sixteens = np.where(carried, word >> 4, word), sixteens + carried
    bits = (np.signbit(samples).astype(np.uint32) << 31) | ((sixteens + 64).astype(np.uint32) << 24)
    return np.where(word == 0, np.uint32(0), bits | word.astype(np.uint32)).astype(np.uint32)
