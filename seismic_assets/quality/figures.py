"""Quality figures of a file, accumulated block by block."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass
class QualityFigures:
    """Counts and amplitude statistics of the traces seen so far.

    Attributes:
        traces: how many.
        dead_traces: finite traces whose samples are all the same.
        nan_traces: traces with a sample that is not finite.
        traces_without_position: inline, crossline and both coordinates are zero.
        amplitude_min, amplitude_max: over the finite samples, in the unit of the file.
    """

    traces: int = 0
    dead_traces: int = 0
    nan_traces: int = 0
    traces_without_position: int = 0
    amplitude_min: float = np.inf
    amplitude_max: float = -np.inf
    _samples: int = 0
    _mean: float = 0.0
    _deviations: float = 0.0
    _positions: list[NDArray[np.int64]] = field(default_factory=list)

    def add(
        self,
        traces: NDArray[np.float32],
        *,
        inline: NDArray[np.int32],
        crossline: NDArray[np.int32],
        offset: NDArray[np.int32],
        cdp_x: NDArray[np.float64],
        cdp_y: NDArray[np.float64],
    ) -> None:
        """Take (n, num_samples) traces and their headers into account."""
        finite = np.isfinite(traces)
        whole = finite.all(axis=1)
        self.traces += len(traces)
        self.nan_traces += int((~whole).sum())
        self.dead_traces += int(((traces == traces[:, :1]).all(axis=1) & whole).sum())
        placed = (inline != 0) | (crossline != 0)
        self.traces_without_position += int((~placed & (cdp_x == 0) & (cdp_y == 0)).sum())
        self._positions.append(np.stack([inline, crossline, offset], axis=1)[placed].astype(np.int64))
        samples = traces[finite].astype(np.float64)
        if samples.size:
            self._add_samples(samples)
            self.amplitude_min = min(self.amplitude_min, float(samples.min()))
            self.amplitude_max = max(self.amplitude_max, float(samples.max()))

    def _add_samples(self, samples: NDArray[np.float64]) -> None:
        """Merge mean and sum of squared deviations (Chan et al., 1983): no cancellation where the mean is large."""
        step = float(samples.mean()) - self._mean
        together = self._samples + samples.size
        self._deviations += float(samples.var()) * samples.size + step**2 * self._samples * samples.size / together
        self._mean += step * samples.size / together
        self._samples = together

    @property
    def mean_amplitude(self) -> float:
        """Mean of the finite samples; 0 without any."""
        return self._mean

    @property
    def std_amplitude(self) -> float:
        """Population standard deviation of the finite samples; 0 without any."""
        return float(np.sqrt(self._deviations / self._samples)) if self._samples else 0.0

    @property
    def repeated_positions(self) -> int:
        """Traces that repeat the inline, crossline and offset of another."""
        if not self._positions:
            return 0
        positions = np.concatenate(self._positions)
        return len(positions) - len(np.unique(positions, axis=0))

    def as_row(self) -> dict[str, Any]:
        """The figures as columns of the quality table."""
        return {
            "traces": self.traces,
            "dead_traces": self.dead_traces,
            "nan_traces": self.nan_traces,
            "traces_without_position": self.traces_without_position,
            "repeated_positions": self.repeated_positions,
            "mean_amplitude": self.mean_amplitude,
            "std_amplitude": self.std_amplitude,
            "min_amplitude": self.amplitude_min if self._samples else 0.0,
            "max_amplitude": self.amplitude_max if self._samples else 0.0,
        }
