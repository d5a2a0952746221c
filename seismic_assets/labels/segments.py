"""Runs of samples of one class: what picks and tables become once they are matched to a file's traces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seismic_assets.labels.errors import LabelError
from seismic_assets.labels.geometry import FileGeometry, joined_ranges


@dataclass(frozen=True)
class Segments:
    """Runs of samples of one class, m of them.

    Attributes:
        row: (m,) int64, position of the trace in the file.
        first, stop: (m,) int64, the samples first..stop-1.
        class_index: (m,) int16.
        line: (m,) int64, line or row of the source that says so.
    """

    row: NDArray[np.int64]
    first: NDArray[np.int64]
    stop: NDArray[np.int64]
    class_index: NDArray[np.int16]
    line: NDArray[np.int64]

    def num_samples(self) -> int:
        """Number of samples in all segments together."""
        return int((self.stop - self.first).sum())


class SegmentPainter:
    """The segments of all sources of one kind for one file, ready to be painted block by block.

    Args:
        geometry: the file.
        parts: segments of each source.
        names: name of each source, for messages.
        class_names: for messages.

    Raises:
        LabelError: if two segments give the same sample two different classes.
    """

    def __init__(
        self,
        geometry: FileGeometry,
        parts: Sequence[Segments],
        names: Sequence[str],
        class_names: Sequence[str],
    ) -> None:
        self._geometry, self._names, self._class_names = geometry, names, class_names
        source = np.repeat(np.arange(len(parts)), [len(part.row) for part in parts])
        row, first, stop, class_index, line = (
            np.concatenate([getattr(part, field) for part in parts])
            for field in ("row", "first", "stop", "class_index", "line")
        )
        order = np.lexsort((first, row))
        self._segments = Segments(row[order], first[order], stop[order], class_index[order], line[order])
        self._source = source[order]
        self._refuse_overlaps()

    def sample_classes(self, rows: NDArray[np.int64]) -> NDArray[np.int16]:
        """(len(rows), num_samples) int16 class of each sample of these traces, -1 where it has none."""
        painted = np.full((len(rows), self._geometry.num_samples), -1, dtype=np.int16)
        segments = self._segments
        chosen, place = joined_ranges(
            np.searchsorted(segments.row, rows, side="left"), np.searchsorted(segments.row, rows, side="right")
        )
        sample, owner = joined_ranges(segments.first[chosen], segments.stop[chosen])
        painted[place[owner], sample] = segments.class_index[chosen][owner]
        return painted

    def _refuse_overlaps(self) -> None:
        segments = self._segments
        if len(segments.row) < 2:
            return
        # Of the segments so far, the one that ends last. In (trace, first sample) order, any overlap of two classes
        # shows as an overlap of two classes between some segment and the last-ending one before it.
        width = self._geometry.num_samples + 1
        end = segments.row * width + segments.stop
        position = np.arange(len(end))
        last_ending = np.maximum.accumulate(np.where(end == np.maximum.accumulate(end), position, 0))[:-1]
        clash = (end[last_ending] > segments.row[1:] * width + segments.first[1:]) & (
            segments.class_index[last_ending] != segments.class_index[1:]
        )
        if clash.any():
            later = int(np.flatnonzero(clash)[0]) + 1
            raise LabelError(self._overlap_sentence(int(last_ending[later - 1]), later))

    def _overlap_sentence(self, earlier: int, later: int) -> str:
        row = int(self._segments.row[later])
        places, classes = zip(*(self._said_by(segment) for segment in (earlier, later)), strict=True)
        return (
            f"{places[0]} and {places[1]} give {self._geometry.name}, inline {self._geometry.inline[row]}, crossline "
            f"{self._geometry.crossline[row]}, sample {self._segments.first[later]} two classes "
            f"('{classes[0]}' and '{classes[1]}'); remove one of the two."
        )

    def _said_by(self, segment: int) -> tuple[str, str]:
        name = self._names[self._source[segment]]
        return (
            f"{name}, line {self._segments.line[segment]}",
            self._class_names[self._segments.class_index[segment]],
        )
