"""Samples of traces in a binary column: little-endian float32, written and read back without a copy per trace."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray


def samples_column(traces: NDArray[np.float32]) -> pa.Array:
    """(n, num_samples) float32 traces as an Arrow binary column of n values."""
    traces = np.ascontiguousarray(traces, dtype="<f4")
    count, width = traces.shape[0], traces.shape[1] * 4
    offsets = np.arange(count + 1, dtype=np.int64) * width
    return pa.Array.from_buffers(
        pa.large_binary(), count, [None, pa.py_buffer(offsets), pa.py_buffer(traces)], null_count=0
    )


def batch_array(column: pa.Array) -> NDArray[np.float32]:
    """A large binary Arrow column of n equally long traces as (n, num_samples) float32, without a copy.

    Raises:
        ValueError: the traces differ in length.
    """
    if len(column) == 0:
        return np.zeros((0, 0), dtype=np.float32)
    _, offset_buffer, data = column.buffers()
    offsets = np.frombuffer(offset_buffer, dtype=np.int64)[column.offset : column.offset + len(column) + 1]
    width = int(offsets[1] - offsets[0])
    if not (np.diff(offsets) == width).all():
        raise ValueError(f"the {len(column)} traces of the column differ in length; read one file at a time")
    flat = np.frombuffer(data, dtype="<f4", count=len(column) * width // 4, offset=int(offsets[0]))
    return flat.reshape(len(column), -1)


def to_array(samples: pl.Series) -> NDArray[np.float32]:
    """A binary column of n equally long traces as (n, num_samples) float32.

    Raises:
        ValueError: the traces differ in length.
    """
    if len(samples) == 0:
        return np.zeros((0, 0), dtype=np.float32)
    joined = b"".join(samples)
    flat = np.frombuffer(joined, dtype="<f4")
    if len(joined) != len(samples) * len(samples[0]) or samples.bin.size().n_unique() != 1:
        raise ValueError(f"the {len(samples)} traces of the column differ in length; read one file at a time")
    return flat.reshape(len(samples), -1)
