"""An answer before it has a form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from seismic_assets.inference.rollup import TraceSummary, roll_up


@dataclass(frozen=True)
class Stored:
    """Under which ids the features of a request were put into the feature store.

    Attributes:
        first: id of the first trace, the others follow one by one; None where the store did not take them.
        traces: how many.
    """

    first: int | None
    traces: int

    @property
    def ids(self) -> list[str] | None:
        """The ids as digits: JavaScript rounds whole numbers as large as these."""
        return None if self.first is None else [str(self.first + place) for place in range(self.traces)]


@dataclass(frozen=True)
class Stamp:
    """Who answered what and when.

    Attributes:
        request_id: of the request.
        time: of the answer, with its zone.
        version: of the model.
        num_features: of a window.
        stored: where the features were to be kept, what became of that.
    """

    request_id: str
    time: datetime
    version: str
    num_features: int
    stored: Stored | None = None


@dataclass(frozen=True)
class Answer:
    """Probabilities of the k windows of each of n traces.

    Attributes:
        class_names: by index.
        starts_ms: (k,) float64, first sample of each window, from that of the trace.
        ends_ms: (k,) float64, end of its last sample.
        probabilities: (n, k, classes) float32, finite.
        features: (n, k, f) float32 where they were asked for, not standardised.
        feature_names: by index.
    """

    class_names: tuple[str, ...]
    starts_ms: NDArray[np.float64]
    ends_ms: NDArray[np.float64]
    probabilities: NDArray[np.float32]
    features: NDArray[np.float32] | None = None
    feature_names: tuple[str, ...] = ()

    def part(self, start: int, stop: int) -> Answer:
        """Some of the traces, without features; what was summarised stays so."""
        probabilities, whole = self.probabilities[start:stop], self.summary
        part = Answer(self.class_names, self.starts_ms, self.ends_ms, probabilities, None, self.feature_names)
        # A cached property of a frozen class is kept in its dictionary.
        part.__dict__["summary"] = TraceSummary(
            whole.probabilities[start:stop], whole.classes[start:stop], whole.confidence[start:stop]
        )
        return part

    @cached_property
    def summary(self) -> TraceSummary:
        """One answer for each trace."""
        return roll_up(self.probabilities)
