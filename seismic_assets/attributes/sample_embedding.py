"""The embedding of a window that is the window itself: its samples, centred and over one common scale."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class SampleEmbedder:
    """One mean and one scale for all samples, fitted on training windows alone; the waveform stays as it is.

    Attributes:
        mean, scale: of all samples of the training windows; the scale is greater than 0.
        window_samples: samples of the windows it takes.
        windows: number of windows it was fitted on.
    """

    mean: float
    scale: float
    window_samples: int
    windows: int

    @property
    def num_components(self) -> int:
        """Length of an embedding: that of the window."""
        return self.window_samples

    @property
    def explained(self) -> NDArray[np.float64]:
        """(window,) float64 share of the variance that each component keeps; together they keep all of it."""
        return np.full(self.window_samples, 1 / self.window_samples)

    def embed(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Embed (m, window) float32 windows as (m, window) float32, sample by sample in order."""
        return np.asarray((windows.astype(np.float64) - self.mean) / self.scale, dtype=np.float32)

    def digest(self) -> str:
        """Digest of what determines an embedding; equal digests mean equal features."""
        content = np.array([self.mean, self.scale, self.window_samples], dtype="<f8").tobytes()
        return hashlib.blake2b(b"samples" + content, digest_size=16).hexdigest()


def fit_sample_embedder(blocks: Iterable[NDArray[np.float32]]) -> SampleEmbedder:
    """Fit on blocks of (m, window) float32 windows in one pass; memory does not grow with their number.

    Mean and deviation of the blocks are merged in float64 (Chan, Golub and LeVeque 1983, equation 2.1), so that a large
    mean does not swallow what varies about it, whatever the size of the blocks.

    Args:
        blocks: windows of equal length.

    Raises:
        ValueError: no window was given.
    """
    windows, length, mean, squares = 0, 0, 0.0, 0.0
    for block in blocks:
        if len(block) == 0:
            continue
        samples = block.astype(np.float64)
        block_mean = float(samples.mean())
        apart = block_mean - mean
        before, length = windows * length, samples.shape[1]
        share = samples.size / (before + samples.size)
        squares += float(np.square(samples - block_mean).sum()) + apart**2 * before * share
        mean += apart * share
        windows += len(samples)
    if windows == 0:
        raise ValueError("no training window to fit the embedding on; label more traces")
    deviation = float(np.sqrt(squares / (windows * length)))
    # What is below the resolution of float32 samples is rounding, not a deviation.
    scale = deviation if deviation > 1e-7 * abs(mean) else 1.0
    return SampleEmbedder(mean, scale, length, windows)
