"""Windows: the unit that is classified."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Its square, summed over the longest trace, still fits into float32: the energy of a window is never infinite.
LARGEST_AMPLITUDE = 1e15


@dataclass(frozen=True)
class WindowGrid:
    """Which windows a trace is cut into.

    Attributes:
        samples: samples a window; None means one window, the whole trace.
        step: samples from the start of a window to the start of the next.
    """

    samples: int | None = 64
    step: int = 32

    def resolve(self, num_samples: int) -> WindowGrid:
        """The grid with a definite length, for traces of `num_samples`."""
        return self if self.samples is not None else WindowGrid(num_samples, num_samples)

    def starts(self, num_samples: int) -> NDArray[np.int64]:
        """First sample of each window of a trace of `num_samples`."""
        return window_starts(num_samples, self.samples, self.step)

    def count(self, num_samples: int) -> int:
        """Windows of a trace of `num_samples`."""
        if self.samples is None or num_samples <= self.samples:
            return 1
        return (num_samples - self.samples) // self.step + 1

    def cut(self, traces: NDArray[np.float32]) -> NDArray[np.float32]:
        """All windows of (n, num_samples) traces, trace by trace: (n * windows, samples) float32."""
        num_samples = traces.shape[1]
        return cut_windows(traces, self.starts(num_samples), self.resolve(num_samples).samples or num_samples)


def window_starts(num_samples: int, window: int | None, step: int) -> NDArray[np.int64]:
    """First samples of the windows of a trace.

    Windows start every `step` samples while a whole one fits. The whole trace is one window when `window` is None, and
    so is a trace that is shorter than the window.

    Returns:
        (k,) int64, k >= 1.
    """
    if window is None or num_samples <= window:
        return np.zeros(1, dtype=np.int64)
    return np.arange(0, num_samples - window + 1, step, dtype=np.int64)


def cut_windows(traces: NDArray[np.float32], starts: NDArray[np.int64], window: int) -> NDArray[np.float32]:
    """Cut (n, num_samples) traces into (n * k, window) float32 windows, trace by trace; `starts` has equal steps.

    A trace shorter than the window is continued by its mirror image, which keeps its amplitudes and its spectrum closer
    to the measured ones than zeros would.
    """
    traces = np.ascontiguousarray(traces, dtype=np.float32)
    short = window - traces.shape[1]
    if short > 0:
        traces = np.pad(traces, ((0, 0), (0, short)), mode="symmetric")
    step = int(starts[1] - starts[0]) if len(starts) > 1 else 0
    # Views that overlap, made by hand: numpy's own function takes ten times as long, more than to copy a few windows.
    strides = (traces.strides[0], step * traces.itemsize, traces.itemsize)
    views = np.ndarray(
        (len(traces), len(starts), window), traces.dtype, traces, int(starts[0]) * traces.itemsize, strides
    )
    return np.ascontiguousarray(views).reshape(-1, window)


def usable_traces(traces: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which of (n, num_samples) traces can be classified: finite, not dead (not every sample the same), not huge."""
    low, high = traces.min(axis=1), traces.max(axis=1)  # NaN where one sample is
    return np.asarray((low >= -LARGEST_AMPLITUDE) & (high <= LARGEST_AMPLITUDE) & (low != high))
