"""What an online store can do here, whatever it is: files of windows, whole, with what they were made with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from seismic_assets.feature_store.keys import file_number
from seismic_assets.feature_store.spec import ViewSpec

SERVED = "served:"
"""What the names of traces that were just served begin with; no file is called so."""


@dataclass(frozen=True)
class OnlineFile:
    """A file that is online, or the traces of a request.

    Attributes:
        file_id: of the file, or `served:` and the id of the request.
        generation: number of the generation in the history; 0 of what was just served.
        making: what the features were made with, as of `making_of`.
        rows: windows.
        traces, windows: one more than the largest place of a trace, and number of a window.
        num_samples: of a trace.
        sample_interval_us: microseconds.
        event, created: when the file was acquired, and when the features were made; aware.
    """

    file_id: str
    generation: int
    making: str
    rows: int
    traces: int
    windows: int
    num_samples: int
    sample_interval_us: int
    event: datetime
    created: datetime

    @property
    def number(self) -> int:
        """What the ids of its traces begin with."""
        return file_number(self.file_id)


@dataclass(frozen=True)
class WindowBlock:
    """Windows of a file.

    Attributes:
        trace_ids: (m,) int64.
        window_index: (m,) int64.
        features: (m, f) float32 by view name, in the order of the view.
    """

    trace_ids: NDArray[np.int64]
    window_index: NDArray[np.int64]
    features: dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class FoundWindows:
    """The windows of some traces in a view, trace by trace.

    Attributes:
        counts: (n,) int64, how many each trace has, in the order that they were asked for; 0 where it has none.
        window_index: (m,) int64, in order within a trace.
        features: (m, f) float32 in the order of the view.
    """

    counts: NDArray[np.int64]
    window_index: NDArray[np.int64]
    features: NDArray[np.float32]


class OnlineBackend(Protocol):
    """An online store.

    Methods raise FeatureStoreError where the store cannot be reached.
    """

    def files(self) -> dict[str, OnlineFile]:
        """What is online, by file id."""

    def file_of(self, number: int) -> OnlineFile | None:
        """The file with a number, or None."""

    def replace(self, file: OnlineFile, blocks: Iterable[WindowBlock]) -> None:
        """Put the windows of a file in the place of those that it has; killed, the old ones count or none."""

    def remove(self, file_id: str) -> None:
        """Take a file away."""

    def begin(self, views: Sequence[ViewSpec]) -> None:
        """Make room for views; where they are others than before, nothing is online any more."""

    def views(self) -> dict[str, list[str]]:
        """Names of the features of the views that are online, by view name; none before `begin`."""

    def windows(self, trace_id: int, file: OnlineFile, view: ViewSpec) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Numbers (k,) and features (k, f) of the windows of a trace, in order; none where the trace has none."""

    def windows_of(self, trace_ids: Sequence[int], file: OnlineFile, view: ViewSpec) -> FoundWindows:
        """The same of many traces of a file."""

    def close(self) -> None:
        """Let go of connections."""
