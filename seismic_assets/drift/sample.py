"""Windows of traces with their places: one file, or some served requests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seismic_assets.drift.errors import DriftError


@dataclass(frozen=True)
class Sample:
    """The features of m windows of n traces.

    Where amplitudes are normalised the features are those of normalised amplitudes, as the model sees them: the gain
    of a whole survey is then no drift, because it is not there.

    Attributes:
        features: (m, f) float32, not standardised.
        trace: (m,) int64, the trace of each window, 0 to n - 1.
        dead: (n,) bool: traces that have no features.
        places: (n, 2) float64, inline and crossline (or any two coordinates along lines) in trace steps; None where
            they are unknown, and then all traces count as one place.
        group: (n,) int64, the file of each trace, in any numbers; None where all are of one. Files are of no matter to
            what is judged, but to a reference: a survey is compared with those that were recorded like it.
    """

    features: NDArray[np.float32]
    trace: NDArray[np.int64]
    dead: NDArray[np.bool_]
    places: NDArray[np.float64] | None = None
    group: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        if self.features.ndim != 2 or len(self.features) != len(self.trace):
            raise DriftError(
                f"features of shape {self.features.shape} do not fit {len(self.trace)} trace numbers: give one row each"
            )
        if len(self.trace) and not 0 <= self.trace.min() <= self.trace.max() < len(self.dead):
            raise DriftError(f"trace numbers must be 0 to {len(self.dead) - 1}: number the traces of the sample anew")
        if self.places is not None and self.places.shape != (len(self.dead), 2):
            raise DriftError(f"places of shape {self.places.shape} do not fit {len(self.dead)} traces: give (n, 2)")
        if self.group is not None and self.group.shape != self.dead.shape:
            raise DriftError(f"{len(self.group)} file numbers do not fit {len(self.dead)} traces: give one each")

    @property
    def usable(self) -> int:
        """Traces with features."""
        return int(len(self.dead) - self.dead.sum())

    def of_traces(self, kept: NDArray[np.bool_]) -> Sample:
        """The part that a mask of the n traces keeps, its traces numbered anew."""
        windows = kept[self.trace]
        number = np.cumsum(kept) - 1
        return Sample(
            self.features[windows],
            number[self.trace[windows]],
            self.dead[kept],
            None if self.places is None else self.places[kept],
            None if self.group is None else self.group[kept],
        )
