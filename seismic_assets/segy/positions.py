"""How often the traces of a file share a position, counted without holding every position of a regular file."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class PositionCounts:
    """What was counted.

    Attributes:
        most: largest number of traces at a position.
        distinct: different positions.
        repeated: traces that repeat inline, crossline and offset of another.
        zeros: traces whose inline and crossline are zero.
    """

    most: int
    distinct: int
    repeated: int
    zeros: int


@dataclass(frozen=True)
class _Runs:
    """Packed positions of consecutive traces, in stretches that rise by one step."""

    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    step: int

    def expand(self) -> NDArray[np.int64]:
        first = np.concatenate([[0], np.cumsum(self.lengths)[:-1]])
        within = np.arange(self.lengths.sum()) - np.repeat(first, self.lengths)
        return np.repeat(self.starts, self.lengths) + self.step * within


@dataclass
class PositionTally:
    """Takes the positions of traces in order.

    A line of a regular grid is kept as where it starts, its step and its length. Positions are only expanded where
    they do not rise from the first trace to the last, as only then can one occur twice.
    """

    _blocks: list[_Runs] = field(default_factory=list)
    _offsets: list[NDArray[np.int32] | int] = field(default_factory=list)  # a number where so many are zero
    _zeros: int = 0
    _rising: bool = True
    _first: int | None = None
    _last: int | None = None

    def add(self, inline: NDArray[np.int32], crossline: NDArray[np.int32], offset: NDArray[np.int32]) -> None:
        """Take consecutive traces into account, at least one."""
        packed = _packed(inline, crossline)
        self._zeros += int((packed == 0).sum())
        steps = np.diff(packed)
        first, last = int(packed[0]), int(packed[-1])
        self._rising = self._rising and bool((steps > 0).all()) and (self._last is None or self._last < first)
        self._first, self._last = first if self._first is None else self._first, last
        self._blocks.append(_in_runs(packed, steps))
        self._offsets.append(offset if offset.any() else len(offset))

    def merge(self, other: PositionTally) -> None:
        """Take the positions of the traces that follow into account."""
        if other._first is None:
            return
        self._zeros += other._zeros
        self._rising = self._rising and other._rising and (self._last is None or self._last < other._first)
        self._first, self._last = other._first if self._first is None else self._first, other._last
        self._blocks += other._blocks
        self._offsets += other._offsets

    def finish(self) -> PositionCounts:
        """The counts of the traces taken so far, at least one."""
        if self._rising:
            traces = sum(int(block.lengths.sum()) for block in self._blocks)
            return PositionCounts(1, traces, 0, self._zeros)
        positions = np.concatenate([block.expand() for block in self._blocks])
        same_offset = self._sort(positions)
        same = positions[1:] == positions[:-1]
        starts = np.flatnonzero(np.concatenate([[True], ~same]))
        most = int(np.diff(np.append(starts, len(positions))).max())
        return PositionCounts(most, len(starts), int((same & same_offset).sum()), self._zeros)

    def _sort(self, positions: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Sort positions in place, by offset within one; returns where neighbours have the same offset."""
        if all(isinstance(offsets, int) for offsets in self._offsets):
            positions.sort()
            return np.ones(len(positions) - 1, dtype=np.bool_)
        offsets = np.concatenate(
            [np.zeros(each, np.int32) if isinstance(each, int) else each for each in self._offsets]
        )
        order = np.lexsort((offsets, positions))
        positions[:], offsets = positions[order], offsets[order]
        return np.asarray(offsets[1:] == offsets[:-1])


def _packed(inline: NDArray[np.int32], crossline: NDArray[np.int32]) -> NDArray[np.int64]:
    """Inline and crossline in one integer that sorts by inline, then crossline."""
    return (inline.astype(np.int64) << 32) + crossline


def _in_runs(packed: NDArray[np.int64], steps: NDArray[np.int64]) -> _Runs:
    step = int(np.median(steps)) if len(steps) else 1
    breaks = np.concatenate([[0], np.flatnonzero(steps != step) + 1])
    lengths = np.diff(np.append(breaks, len(packed)))
    return _Runs(packed[breaks], lengths, step)
