"""What was found of a trace: features of its windows, at a time or at several."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seismic_assets.cli.features_catalogue import plain

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from seismic_assets.feature_store.lineage import Origin, WindowValues


@dataclass(frozen=True)
class Found:
    """Features of a trace.

    Attributes:
        trace_id: of it.
        place: it has in its file.
        source: `online`, or `lake`.
        names: of the features.
        values: of its windows.
        start_ms, end_ms: (k,) times of the windows.
        facts: where they are from, for people.
        origin: the same as the lake notes it; None where it does not.
        notes: what is to be known beside.
    """

    trace_id: int
    place: int
    source: str
    names: Sequence[str]
    values: WindowValues
    start_ms: NDArray[np.float64]
    end_ms: NDArray[np.float64]
    facts: Mapping[str, str]
    origin: Origin | None
    notes: Sequence[str]

    def as_json(self) -> dict[str, Any]:
        """As JSON holds it, a mapping for each window."""
        windows = [
            {
                "window_index": number,
                "start_ms": start,
                "end_ms": end,
                "features": dict(zip(self.names, row, strict=True)),
            }
            for number, start, end, row in zip(
                self.values.window_index.tolist(),
                self.start_ms.tolist(),
                self.end_ms.tolist(),
                self.values.features.tolist(),
                strict=True,
            )
        ]
        return {
            "trace_id": self.trace_id,
            "trace_index": self.place,
            "source": self.source,
            "windows": windows,
            "origin": None if self.origin is None else plain(self.origin),
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class Changes:
    """Values of a feature of a trace, generation by generation.

    Attributes:
        feature: its name.
        trace_id: of the trace.
        place: it has in its file.
        origins: the generations, the latest first.
        values: of each generation, by number of the window.
        window_index: of all windows, in order.
        start_ms, end_ms: (k,) times of the windows.
        notes: what is to be known beside.
    """

    feature: str
    trace_id: int
    place: int
    origins: Sequence[Origin]
    values: Sequence[Mapping[int, float]]
    window_index: Sequence[int]
    start_ms: NDArray[np.float64]
    end_ms: NDArray[np.float64]
    notes: Sequence[str]

    def as_json(self) -> dict[str, Any]:
        """As JSON holds it, a list of values for each generation."""
        generations = [
            {
                **plain(origin),
                "values": [_finite(values.get(each)) for each in self.window_index],
            }
            for origin, values in zip(self.origins, self.values, strict=True)
        ]
        return {
            "feature": self.feature,
            "trace_id": self.trace_id,
            "trace_index": self.place,
            "window_index": list(self.window_index),
            "start_ms": self.start_ms.tolist(),
            "end_ms": self.end_ms.tolist(),
            "generations": generations,
            "notes": list(self.notes),
        }


def _finite(value: float | None) -> float | None:
    """A value as JSON can hold it."""
    return value if value is not None and math.isfinite(value) else None
