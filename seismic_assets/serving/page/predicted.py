"""A section with its predicted classes: what the page draws."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seismic_assets.serving.page.lines import Lines
from seismic_assets.serving.page.picture import Picture


@dataclass(frozen=True)
class Column:
    """Which traces of a file or array are shown, one a column.

    Attributes:
        first, last: of the range that they are chosen from, counted from 0.
        step: every how many traces one is shown.
    """

    first: int
    last: int
    step: int

    @property
    def index(self) -> NDArray[np.int64]:
        """(width,) positions of the traces shown."""
        return np.arange(self.first, self.last + 1, self.step, dtype=np.int64)


@dataclass(frozen=True)
class PredictedSection:
    """A section with its predicted classes.

    Attributes:
        num_traces: in the file, shown or not.
        num_samples: a trace, after resampling where that was asked for.
        sample_interval_us: microseconds, likewise.
        start_ms: time of the first sample of the first trace shown.
        columns: which traces are shown.
        inline, crossline: (width,) of each trace shown.
        picture: its elements.
        class_names: by index.
        lines: that the file consists of, where there are several.
        notes: what a person should know of it, a sentence each.
    """

    num_traces: int
    num_samples: int
    sample_interval_us: int
    start_ms: float
    columns: Column
    inline: NDArray[np.int32]
    crossline: NDArray[np.int32]
    picture: Picture
    class_names: tuple[str, ...]
    lines: Lines | None
    notes: tuple[str, ...]

    @property
    def windows(self) -> int:
        """Windows that were answered."""
        return int(self.picture.windows.sum())

    @property
    def trace_classes(self) -> dict[str, int]:
        """Traces by the class of the largest mean probability of their windows."""
        return dict(zip(self.class_names, self.picture.traces.tolist(), strict=True))

    @property
    def mean_confidence(self) -> float | None:
        """Of the traces that have a class; None without any."""
        answered = int(self.picture.traces.sum())
        return self.picture.trace_confidence / answered if answered else None

    def as_dict(self) -> dict[str, Any]:
        """Plain types for JSON; see `schemas.SectionAnswer`, which describes them."""
        picture, clip = self.picture, self.picture.clip()
        shares = picture.windows / max(self.windows, 1)
        return {
            "num_traces": self.num_traces,
            "num_samples": self.num_samples,
            "sample_interval_us": self.sample_interval_us,
            "start_ms": self.start_ms,
            "width": len(self.inline),
            "height": picture.rows.height,
            "sample_step": picture.rows.step,
            "traces_shown": {"first": self.columns.first, "last": self.columns.last, "step": self.columns.step},
            "inline": self.inline.tolist(),
            "crossline": self.crossline.tolist(),
            "clip": clip,
            "amplitudes": _row_major(picture.grey(clip)),
            "classes": _row_major(picture.classes),
            "confidence": _row_major(picture.confidence),
            "class_names": list(self.class_names),
            "class_shares": dict(zip(self.class_names, shares.tolist(), strict=True)),
            "windows": self.windows,
            "lines": None if self.lines is None else {"axis": self.lines.axis, "lines": self.lines.lines},
            "notes": list(self.notes),
        }


def _row_major(columns: NDArray[np.uint8]) -> str:
    """Base64 of (width, height) columns, row by row."""
    return base64.b64encode(np.ascontiguousarray(columns.T).tobytes()).decode("ascii")
