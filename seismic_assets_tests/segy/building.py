"""Small SEG-Y files for the tests of this package."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from seismic_assets.segy import write_segy

# How numpy stores a sample of each format; the 3-byte ones have no type of their own.
STORED = {
    1: "u4",
    2: "i4",
    3: "i2",
    5: "f4",
    6: "f8",
    7: "V3",
    8: "i1",
    9: "i8",
    10: "u4",
    11: "u2",
    12: "u8",
    15: "V3",
    16: "u1",
}


def write_line(path: Path, traces=None, *, count: int = 6, num_samples: int = 10, **changes) -> Path:
    """A small line: inline 7, crosslines 100, 101, ..., 4 ms, random amplitudes unless they are given."""
    if traces is None:
        traces = np.random.default_rng(count).normal(size=(count, num_samples)).astype(np.float32)
    given = {
        "inline": np.full(len(traces), 7),
        "crossline": np.arange(100, 100 + len(traces)),
        "cdp_x": np.linspace(6e5, 6.1e5, len(traces)).round(2),
        "cdp_y": np.linspace(6e6, 6.1e6, len(traces)).round(2),
        "sample_interval_us": 4000,
    }
    write_segy(path, traces, **(given | changes))
    return path


def write_cube(path: Path, *, inlines: int = 5, crosslines: int = 6, num_samples: int = 10, **changes) -> Path:
    """A small cube, inline by inline: inlines 11, 12, ..., crosslines 100, 102, ..., on a 25 m grid."""
    inline, crossline = np.repeat(np.arange(inlines), crosslines), np.tile(np.arange(crosslines), inlines)
    places = {"inline": 11 + inline, "crossline": 100 + 2 * crossline}
    coordinates = {"cdp_x": 6e5 + 25.0 * crossline, "cdp_y": 6e6 + 25.0 * inline}
    changes = {"count": inlines * crosslines, "num_samples": num_samples} | places | coordinates | changes
    return write_line(path, **changes)


def patch(path: Path, position: int, value: bytes) -> Path:
    """Overwrite bytes at a position of the standard, which counts from 1."""
    content = bytearray(path.read_bytes())
    content[position - 1 : position - 1 + len(value)] = value
    path.write_bytes(content)
    return path


def swapped(words: np.ndarray, endian: str) -> np.ndarray:
    """Samples as they are stored: in another byte order, as (n, samples, bytes) uint8."""
    shape = (*words.shape, words.dtype.itemsize)
    if words.dtype.kind == "V":  # 3 bytes, given big-endian
        order = slice(None) if endian == "big" else slice(None, None, -1)
        return np.ascontiguousarray(words).view(np.uint8).reshape(shape)[..., order]
    stored = words.astype(words.dtype.newbyteorder(">" if endian == "big" else "<"))
    return np.ascontiguousarray(stored).view(np.uint8).reshape(shape)


def three_bytes(numbers) -> np.ndarray:
    """Integers as big-endian 3-byte words of type V3, cut from 4 bytes."""
    numbers = np.asarray(numbers, dtype=np.int64)
    low = np.ascontiguousarray((numbers & 0xFFFFFF).astype(">u4").view(np.uint8).reshape(*numbers.shape, 4)[..., 1:])
    return low.view("V3")[..., 0]


def text_block(text: str = "", code: str = "cp500") -> bytes:
    """A 3,200-byte text header."""
    return text.ljust(3200).encode(code)


def assemble(
    path: Path,
    samples: np.ndarray,
    code: int,
    *,
    endian: str = "big",
    binary: Mapping[int, tuple[str, float]] | None = None,
    trace: Mapping[int, tuple[str, object]] | None = None,
    texts: Sequence[bytes] = (),
    extra_headers: int = 0,
    tail: bytes = b"",
) -> Path:
    """A file put together byte by byte, so that a test owes nothing to the writer.

    `samples` are (n, num_samples) of the stored type in the machine's order; `binary` and `trace` give fields as
    {position from 1: (numpy's letter, value or values)}; a trace header goes on behind byte 240 with its additional
    headers.
    """
    order = ">" if endian == "big" else "<"
    fields = {3217: ("i2", 4000), 3221: ("u2", samples.shape[1]), 3225: ("i2", code)} | dict(binary or {})
    header = bytearray(400)
    for position, (kind, value) in fields.items():
        stored = np.array(value).astype(f"{order}{kind}").tobytes()
        header[position - 3201 : position - 3201 + len(stored)] = stored
    body = swapped(samples, endian).reshape(len(samples), -1)
    headers = np.zeros((len(samples), 240 * (1 + extra_headers)), np.uint8)
    for position, (kind, values) in dict(trace or {}).items():
        column = np.broadcast_to(np.asarray(values), len(samples)).astype(f"{order}{kind}")
        width = column.dtype.itemsize
        headers[:, position - 1 : position - 1 + width] = column.view(np.uint8).reshape(-1, width)
    traces = np.concatenate([headers, body], axis=1).tobytes()
    path.write_bytes(text_block("C 1 ASSEMBLED BY A TEST") + bytes(header) + b"".join(texts) + traces + tail)
    return path
