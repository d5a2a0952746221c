"""Windows brought to one strength, so that what is taken of them does not depend on their gain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

# Far below any recording; above it neither a square nor a reciprocal leaves float32.
SILENCE = 1e-30


@dataclass(frozen=True)
class UnitWindows:
    """m windows of n samples, each divided by its root mean square.

    Attributes:
        samples: (m, n) float32, mean square 1; all 0 in a silent window, one without a sample above `SILENCE`.
        spectrum: (m, n // 2 + 1) complex64, `rfft` of the samples less the first of them, a shift of bin 0 alone: a
            window that does not vary has no other bin than 0, to the last bit.
        rms: (m,) float32, what the samples were divided by; 0 in a silent window.
        highest, lowest: (m,) int64, position of the largest and of the smallest sample, the first of equal ones.
    """

    samples: NDArray[np.float32]
    spectrum: NDArray[np.complex64]
    rms: NDArray[np.float32]
    highest: NDArray[np.int64]
    lowest: NDArray[np.int64]

    @classmethod
    def of(cls, windows: NDArray[np.float32]) -> UnitWindows:
        """Of (m, n) float32 windows, finite and not beyond `LARGEST_AMPLITUDE`."""
        every = np.arange(len(windows))
        highest, lowest = windows.argmax(axis=1), windows.argmin(axis=1)
        peak = np.maximum(np.abs(windows[every, highest]), np.abs(windows[every, lowest]))
        silent = peak <= SILENCE
        factor = 1 / np.where(silent, np.float32(np.inf), peak)
        samples = np.asarray(windows * factor[:, None], dtype=np.float32)
        # Of samples up to 1 the squares stay within float32, whatever the gain was.
        size = np.sqrt(np.einsum("ij,ij->i", samples, samples) / np.float32(windows.shape[1]))
        inverse = 1 / np.where(silent, np.float32(np.inf), size)
        varying = (
            windows - windows[:, :1]
        )  # before any rounding: it is all there is of a small signal on a large offset
        varying *= (inverse * factor)[:, None]
        samples *= inverse[:, None]
        rms = np.asarray(peak * size * ~silent, dtype=np.float32)
        return cls(samples, scipy.fft.rfft(varying, axis=1), rms, highest, lowest)
