"""The lines of a file: stretches of traces that share an inline or a crossline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seismic_assets.segy import SegyReader

_MOST_LINES = 2000
_LEAST_TRACES = 2.0  # a line, on average


@dataclass(frozen=True)
class Positions:
    """Where the n traces of a file lie.

    Attributes:
        inline, crossline: (n,) int32 as written.
    """

    inline: NDArray[np.int32]
    crossline: NDArray[np.int32]

    @classmethod
    def of(cls, reader: SegyReader) -> Positions:
        """Those of a file, read from end to end; eight bytes a trace are held.

        Raises:
            SegyError: the file cannot be read.
        """
        blocks = [(headers.inline, headers.crossline) for headers in reader.scan()]
        inlines, crosslines = zip(*blocks, strict=True)
        return cls(np.concatenate(inlines), np.concatenate(crosslines))

    @classmethod
    def of_numbers(cls, inline: Sequence[int], crossline: Sequence[int]) -> Positions:
        """Those of traces whose inline and crossline are given."""
        return cls(np.asarray(inline, np.int32), np.asarray(crossline, np.int32))


@dataclass(frozen=True)
class Lines:
    """The lines that a file consists of, in its order.

    Attributes:
        axis: what they share, `inline` or `crossline`.
        lines: the number that each shares, its first trace and its last.
    """

    axis: str
    lines: list[tuple[int, int, int]]


def lines_of(positions: Positions) -> Lines | None:
    """The lines of a file in the order of its inlines or crosslines; None for a file of one line, or of no order."""
    stretches = {"inline": _stretches(positions.inline), "crossline": _stretches(positions.crossline)}
    axis = min(stretches, key=lambda name: len(stretches[name][0]))
    starts, numbers = stretches[axis]
    count = len(positions.inline)
    if not 1 < len(starts) <= min(_MOST_LINES, count / _LEAST_TRACES):
        return None
    lasts = [*(starts[1:] - 1).tolist(), count - 1]
    return Lines(axis, list(zip(numbers.tolist(), starts.tolist(), lasts, strict=True)))


def _stretches(numbers: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """First trace and number of each stretch of equal numbers."""
    starts = np.flatnonzero(np.concatenate([[True], numbers[1:] != numbers[:-1]]))
    return starts, numbers[starts]
