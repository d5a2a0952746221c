"""The traces that labels are matched to: one SEG-Y file's inlines, crosslines and time axis."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

_BITS = 32
LINE_LIMIT = 2**31  # inline and crossline are 4-byte integers in a SEG-Y trace header


def trace_keys(inline: ArrayLike, crossline: ArrayLike) -> NDArray[np.int64]:
    """One int64 per (inline, crossline), equal exactly where both are equal; both must fit into int32."""
    high = np.asarray(inline, dtype=np.int64) << _BITS
    return high | (np.asarray(crossline, dtype=np.int64) & (2**_BITS - 1))


def joined_ranges(first: NDArray[np.int64], stop: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The ranges first..stop-1 one after the other, and for each number the position of its range."""
    length = stop - first
    owner = np.repeat(np.arange(len(length)), length)
    offset = np.cumsum(length) - length
    return np.arange(len(owner)) - offset[owner] + first[owner], owner


@dataclass(frozen=True)
class FileGeometry:
    """What the labels need to know of a SEG-Y file.

    Attributes:
        name: path relative to labels.yaml, or the bare file name.
        inline, crossline: (n,) integers, one a trace, in file order.
        start_ms: time of the first sample in milliseconds.
        sample_interval_us: sample interval in microseconds.
        num_samples: samples a trace.
    """

    name: str
    inline: NDArray[np.int32]
    crossline: NDArray[np.int32]
    start_ms: float
    sample_interval_us: int
    num_samples: int

    @property
    def num_traces(self) -> int:
        """Number of traces."""
        return len(self.inline)

    @property
    def interval_ms(self) -> float:
        """Sample interval in milliseconds."""
        return self.sample_interval_us / 1000.0

    def samples_at(self, time_ms: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sample positions of times, as fractions: 0 at the first sample, 1 an interval later."""
        return (time_ms - self.start_ms) / self.interval_ms

    @cached_property
    def keys(self) -> NDArray[np.int64]:
        """(n,) `trace_keys` of the traces, in file order."""
        return trace_keys(self.inline, self.crossline)

    def rows_at(self, keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Every trace that lies at one of `keys`.

        Returns:
            Two (m,) arrays: the trace, and the position in `keys` that asked for it. A key gives as many entries
            as the file has traces there: none, one, or several in a gather.
        """
        order, ordered = self._ordered
        found, asked = joined_ranges(
            np.searchsorted(ordered, keys, side="left"), np.searchsorted(ordered, keys, side="right")
        )
        return order[found], asked

    @cached_property
    def _ordered(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        order = np.argsort(self.keys, kind="stable")
        return order, self.keys[order]
