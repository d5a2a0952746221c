"""Traces and their windows, with what their features follow from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seismic_assets.attributes.scaling import scaled
from seismic_assets.attributes.windows import WindowGrid


@dataclass(frozen=True)
class Windows:
    """Windows of some traces.

    Attributes:
        samples: (m, n) float32.
        sample_interval_us: microseconds.
        centre_ms: (m,) time of each window's centre in milliseconds, where it is known.
        neighbours: (m, 8, n) float32, the same window of the traces around, where they are known.
        present: (m, 8) bool, which of them there are.
    """

    samples: NDArray[np.float32]
    sample_interval_us: int
    centre_ms: NDArray[np.float32] | None = None
    neighbours: NDArray[np.float32] | None = None
    present: NDArray[np.bool_] | None = None

    def of(self, rows: NDArray) -> Windows:
        """Some of the windows."""
        return Windows(
            self.samples[rows],
            self.sample_interval_us,
            *(None if each is None else each[rows] for each in (self.centre_ms, self.neighbours, self.present)),
        )


@dataclass(frozen=True)
class Neighbours:
    """The traces around each of n traces, in the order of `lateral`.

    Attributes:
        samples: (n, 8, num_samples) float32; what stands where there is no trace is not read.
        present: (n, 8) bool, which of them there are.
    """

    samples: NDArray[np.float32]
    present: NDArray[np.bool_]

    def of(self, rows: NDArray) -> Neighbours:
        """Those of some of the traces."""
        return Neighbours(self.samples[rows], self.present[rows])


@dataclass(frozen=True)
class Traces:
    """Traces that can be cut into windows.

    Attributes:
        samples: (n, num_samples) float32, finite.
        sample_interval_us: microseconds.
        start_ms: (n,) time of each trace's first sample in milliseconds, where it is known.
        neighbours: the traces around, where they are known.
    """

    samples: NDArray[np.float32]
    sample_interval_us: int
    start_ms: NDArray[np.float32] | None = None
    neighbours: Neighbours | None = None

    def of(self, rows: NDArray) -> Traces:
        """Some of the traces."""
        return Traces(
            self.samples[rows],
            self.sample_interval_us,
            None if self.start_ms is None else self.start_ms[rows],
            None if self.neighbours is None else self.neighbours.of(rows),
        )

    def over(self, scale: float | None) -> Traces:
        """The same with amplitudes divided by a scale; itself where it is None."""
        if scale is None:
            return self
        around = self.neighbours
        if around is not None:
            around = Neighbours(scaled(around.samples, scale), around.present)
        return Traces(scaled(self.samples, scale), self.sample_interval_us, self.start_ms, around)

    def windows(self, grid: WindowGrid) -> Windows:
        """All windows, trace by trace."""
        count, num_samples = self.samples.shape
        starts = grid.starts(num_samples)
        centre_ms = neighbours = present = None
        if self.start_ms is not None:
            length = min(grid.resolve(num_samples).samples or num_samples, num_samples)
            offsets = (starts + length / 2) * (self.sample_interval_us / 1000)
            centre_ms = (self.start_ms[:, None] + offsets).ravel().astype(np.float32)
        if self.neighbours is not None:
            around = grid.cut(self.neighbours.samples.reshape(count * 8, num_samples))
            around = around.reshape(count, 8, len(starts), around.shape[1]).swapaxes(1, 2)
            neighbours = around.reshape(count * len(starts), 8, around.shape[3])
            present = np.repeat(self.neighbours.present, len(starts), axis=0)
        return Windows(grid.cut(self.samples), self.sample_interval_us, centre_ms, neighbours, present)
