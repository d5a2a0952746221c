"""Label volumes: a class index per sample on inlines and crosslines, laid on the traces of a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seismic_assets.labels.errors import LabelError
from seismic_assets.labels.geometry import FileGeometry, trace_keys

UNLABELLED = 255
BLOCK = 2048  # traces at a time
_TOLERANCE = 0.01  # samples; what a header in whole milliseconds or microseconds cannot say better


@dataclass(frozen=True)
class TimeAxis:
    """Where the samples of a volume lie in time.

    Attributes:
        start_ms: time of the first sample in milliseconds.
        interval_ms: sample interval in milliseconds.
    """

    start_ms: float
    interval_ms: float


@dataclass(frozen=True)
class Volume:
    """A label volume in memory.

    Attributes:
        path: where it came from.
        values: (m, num_samples) integers, class index of each sample; negative or 255 where it has none.
        inline, crossline: (m,) int64, one a trace.
        axis: its time axis; None where its sample i is sample i of the file.
    """

    path: Path
    values: NDArray[np.integer]
    inline: NDArray[np.int64]
    crossline: NDArray[np.int64]
    axis: TimeAxis | None

    def on(self, geometry: FileGeometry) -> VolumeOnFile | None:
        """The volume laid on a file's traces; None where it covers none of their samples.

        Raises:
            LabelError: if it covers traces of the file but its time axis cannot be brought together with the file's.
        """
        rows = self._rows(geometry)
        if not (rows >= 0).any():
            return None
        shift = self._shift(geometry)
        first = max(shift, 0)
        stop = min(shift + self.values.shape[1], geometry.num_samples)
        return VolumeOnFile(self, geometry, rows, first, stop, shift) if first < stop else None

    def _rows(self, geometry: FileGeometry) -> NDArray[np.int64]:
        """For each trace of the file the trace of the volume, or -1."""
        if np.array_equal(self._keys, geometry.keys):  # a 2D line may repeat or lack its numbers: order decides
            return np.arange(geometry.num_traces)
        order, ordered = self._ordered
        place = np.minimum(np.searchsorted(ordered, geometry.keys), len(ordered) - 1)
        found = ordered[place] == geometry.keys
        if found.any() and (np.diff(ordered) == 0).any():
            raise LabelError(
                f"{self.path}: holds several traces of one inline and crossline, and its traces are not those of "
                f"{geometry.name}; write one label trace for each trace of that file, in the same order."
            )
        return np.where(found, order[place], -1)

    @cached_property
    def _keys(self) -> NDArray[np.int64]:
        return trace_keys(self.inline, self.crossline)

    @cached_property
    def _ordered(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        order = np.argsort(self._keys, kind="stable")
        return order, self._keys[order]

    def _shift(self, geometry: FileGeometry) -> int:
        """The sample of the file at which the volume's sample 0 lies."""
        if self.axis is None:
            if self.values.shape[1] != geometry.num_samples:
                raise LabelError(
                    f"{self.path}: has {self.values.shape[1]} samples a trace, {geometry.name} has "
                    f"{geometry.num_samples}; add start_ms and sample_interval_ms to the volume, or name its file "
                    "with 'file' in labels.yaml."
                )
            return 0
        drift = abs(self.axis.interval_ms - geometry.interval_ms) * self.values.shape[1] / geometry.interval_ms
        shift = (self.axis.start_ms - geometry.start_ms) / geometry.interval_ms
        if drift > _TOLERANCE or abs(shift - round(shift)) > _TOLERANCE:
            raise LabelError(
                f"{self.path}: its samples (from {self.axis.start_ms:g} ms, every {self.axis.interval_ms:g} ms) do "
                f"not fall on those of {geometry.name} (from {geometry.start_ms:g} ms, every "
                f"{geometry.interval_ms:g} ms); resample the volume, or name its file with 'file' in labels.yaml."
            )
        return round(shift)


@dataclass(frozen=True)
class VolumeOnFile:
    """A volume laid on a file's traces.

    Attributes:
        volume: the volume.
        geometry: the file.
        rows: (n,) trace of the volume for each trace of the file, -1 where there is none.
        first, stop: the file's samples that the volume covers.
        shift: the file's sample at which the volume's sample 0 lies.
    """

    volume: Volume
    geometry: FileGeometry
    rows: NDArray[np.int64]
    first: int
    stop: int
    shift: int

    def sample_classes(self, rows: NDArray[np.int64]) -> NDArray[np.int16]:
        """(len(rows), num_samples) int16 class of each sample of these traces of the file, -1 where it has none."""
        classes = np.full((len(rows), self.geometry.num_samples), -1, dtype=np.int16)
        mine = self.rows[rows]
        covered = mine >= 0
        values = self._values(mine[covered])
        # Validated values are class indices below 255, so int16 holds them; the rest becomes -1. Cast first: unsigned
        # bytes have no -1, and NumPy says so since 2.5.
        classes[covered, self.first : self.stop] = np.where(labelled(values), values.astype(np.int16), np.int16(-1))
        return classes

    def num_labelled(self) -> int:
        """Number of the file's samples that the volume labels."""
        mine = self.rows[self.rows >= 0]
        blocks = (mine[start : start + BLOCK] for start in range(0, len(mine), BLOCK))
        return sum(int(np.count_nonzero(labelled(self._values(block)))) for block in blocks)

    def covers(self, row: int, sample: int) -> bool:
        """Whether the volume labels this sample of this trace of the file."""
        return bool(self.sample_classes(np.array([row]))[0, sample] >= 0)

    def _values(self, volume_rows: NDArray[np.int64]) -> NDArray[np.integer]:
        return self.volume.values[volume_rows, self.first - self.shift : self.stop - self.shift]


class VolumePainter:
    """The volumes that cover a file, ready to be painted block by block."""

    def __init__(self, volumes: Sequence[VolumeOnFile], class_names: Sequence[str]) -> None:
        self._volumes, self._class_names = volumes, class_names

    def sample_classes(self, rows: NDArray[np.int64]) -> NDArray[np.int16]:
        """(len(rows), num_samples) int16 class of each sample of these traces, -1 where it has none.

        Raises:
            LabelError: if two volumes give the same sample two different classes.
        """
        classes = self._volumes[0].sample_classes(rows)
        for volume in self._volumes[1:]:
            added = volume.sample_classes(rows)
            clash = np.argwhere((classes >= 0) & (added >= 0) & (classes != added))
            if len(clash):
                place, sample = (int(number) for number in clash[0])
                pair = [int(found[place, sample]) for found in (classes, added)]
                raise LabelError(self._overlap_sentence(volume, int(rows[place]), sample, pair))
            classes = np.where(classes >= 0, classes, added)
        return classes

    def _overlap_sentence(self, volume: VolumeOnFile, row: int, sample: int, pair: Sequence[int]) -> str:
        others = [other.volume.path for other in self._volumes if other.covers(row, sample)]
        geometry = volume.geometry
        return (
            f"{others[0]} and {volume.volume.path} give {geometry.name}, inline {geometry.inline[row]}, crossline "
            f"{geometry.crossline[row]}, sample {sample} two classes ('{self._class_names[pair[0]]}' and "
            f"'{self._class_names[pair[1]]}'); set the sample to 255 in one of them."
        )


def labelled(values: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Which values are class indices rather than the marks of an unlabelled sample, negative or 255."""
    return np.asarray((values >= 0) & (values != UNLABELLED))  # type: ignore[operator]
