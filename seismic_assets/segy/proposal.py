"""Where a file seems to keep its inline and crossline when the standard's bytes say nothing."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from seismic_assets.segy.formats import Endian
from seismic_assets.segy.headers import OFFSET, header_field

_FIRST_BYTES = range(1, 238, 4)
_COORDINATES = (73, 77, 81, 85, 181, 185)  # on a grid along the axes they tell traces apart as numbers do
_LARGEST = 10_000_000  # beyond it a number is a coordinate or a time, not a line
_LEAST_FILL = 0.5


@dataclass(frozen=True)
class Proposal:
    """Bytes that look like inline and crossline.

    Attributes:
        inline, crossline: first bytes of the two fields.
        inlines, crosslines: (how many, first, last) of the numbers found there.
    """

    inline: int
    crossline: int
    inlines: tuple[int, int, int]
    crosslines: tuple[int, int, int]

    def __str__(self) -> str:
        inline, crossline = self.inlines, self.crosslines
        return (
            f"bytes {self.inline} and {self.crossline} look like inline ({inline[0]} from {inline[1]} to {inline[2]}) "
            f"and crossline ({crossline[0]} from {crossline[1]} to {crossline[2]}); if they are, set "
            f"SEISMIC_INLINE_BYTE={self.inline} and SEISMIC_CROSSLINE_BYTE={self.crossline}"
        )


def propose_positions(headers: NDArray[np.uint8], endian: Endian) -> Proposal | None:
    """Look for two header fields that together place every trace once on a grid.

    Of two fields that do, the one that stays while the other runs is the inline. A running number of traces is neither,
    as every trace has its own.

    Args:
        headers: (n, 240) uint8, headers of consecutive traces.
        endian: byte order of the file.

    Returns:
        The best pair, or None where no pair places at least half of a grid's positions.
    """
    if len(headers) < 4 or _pre_stack(headers, endian):
        return None
    fields = dict(_candidates(headers, endian))
    numbers = {position: values for position, values in fields.items() if position not in _COORDINATES}
    return _best(numbers) or _best(fields)


def _best(candidates: dict[int, NDArray[np.int32]]) -> Proposal | None:
    found = [
        (fill, -slow, slow, fast)
        for slow, fast in permutations(candidates, 2)
        if (fill := _fill(candidates[slow], candidates[fast])) >= _LEAST_FILL
    ]
    if not found:
        return None
    _, _, slow, fast = max(found)
    return Proposal(slow, fast, _extent(candidates[slow]), _extent(candidates[fast]))


def _candidates(headers: NDArray[np.uint8], endian: Endian) -> list[tuple[int, NDArray[np.int32]]]:
    """Fields with more than one value, and fewer than traces."""
    fields = []
    for position in _FIRST_BYTES:
        values = header_field(headers, position, "i4", endian)
        distinct = len(np.unique(values))
        if position != OFFSET and 1 < distinct <= len(values) // 2 and np.abs(values.astype(np.int64)).max() < _LARGEST:
            fields.append((position, values))
    return fields


def _pre_stack(headers: NDArray[np.uint8], endian: Endian) -> bool:
    """Whether offsets vary: shot and channel would fill a grid then, and it is none of places."""
    return len(np.unique(header_field(headers, OFFSET, "i4", endian))) > 1


def _fill(slow: NDArray[np.int32], fast: NDArray[np.int32]) -> float:
    """Share of the grid's positions that have one trace; 0 unless the first field stays while the second runs."""
    positions = _length(slow) * _length(fast)
    if not _LEAST_FILL * positions <= len(slow) <= positions:
        return 0.0
    if (slow[1:] != slow[:-1]).sum() >= (fast[1:] != fast[:-1]).sum():
        return 0.0
    pairs = (slow.astype(np.int64) << 32) | (fast.astype(np.int64) & 0xFFFFFFFF)
    if len(np.unique(pairs)) < len(pairs):
        return 0.0
    # The last line may be cut by the end of what was looked at.
    return len(pairs) / positions


def _length(values: NDArray[np.int32]) -> int:
    distinct = np.unique(values).astype(np.int64)
    return int((distinct[-1] - distinct[0]) // np.gcd.reduce(np.diff(distinct)) + 1)


def _extent(values: NDArray[np.int32]) -> tuple[int, int, int]:
    return len(np.unique(values)), int(values.min()), int(values.max())
