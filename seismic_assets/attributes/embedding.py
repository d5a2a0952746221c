"""The embedding of a window: principal components of standardised samples."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Embedder:
    """Standardisation and principal components, fitted on training windows alone.

    Attributes:
        mean, scale: (window,) float64, of each sample position over the training windows.
        components: (k, window) float64, orthonormal rows by falling variance.
        explained: (k,) float64, share of the variance that each explains.
        windows: number of windows it was fitted on.
    """

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    components: NDArray[np.float64]
    explained: NDArray[np.float64]
    windows: int

    @property
    def window_samples(self) -> int:
        """Samples of the windows it takes."""
        return int(self.mean.shape[0])

    @property
    def num_components(self) -> int:
        """Length of an embedding."""
        return int(self.components.shape[0])

    def embed(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Embed (m, window) float32 windows as (m, k) float32.

        Standardisation and projection are one matrix product in float32; against float64 a component is off by less
        than 1e-5 of the length of the standardised window. An amplitude beyond float32's square root is out of range.
        """
        mean, projection, rest = self.projection_parts
        return np.asarray((windows - mean) @ projection - rest, dtype=np.float32)

    @cached_property
    def projection_parts(self) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """(window,), (window, k) and (k,) such that an embedding is (windows - first) @ second - third.

        The third is what rounding took from the mean: without it a large mean would drown what varies about it.
        """
        weights, mean = (self.components / self.scale).T, self.mean.astype(np.float32)
        return mean, weights.astype(np.float32), ((self.mean - mean) @ weights).astype(np.float32)

    def digest(self) -> str:
        """Digest of what determines an embedding; equal digests mean equal features."""
        digest = hashlib.blake2b(digest_size=16)
        for array in (self.mean, self.scale, self.components):
            digest.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
        return digest.hexdigest()


def fit_embedder(blocks: Iterable[NDArray[np.float32]], components: int) -> Embedder:
    """Fit an embedder on blocks of (m, window) float32 windows in one pass, exactly.

    The correlation matrix is accumulated in float64 and decomposed (Jolliffe, Principal Component Analysis, 2002,
    section 2.3), so that the result does not depend on the size of the blocks beyond rounding, and memory does not grow
    with the number of windows. The sign of a component is fixed by its largest entry.

    Args:
        blocks: windows of equal length.
        components: wanted length; fewer where the window is shorter.

    Raises:
        ValueError: no window was given.
    """
    count, total, products = 0, np.zeros(0), np.zeros((0, 0))
    for block in blocks:
        if len(block) == 0:
            continue
        samples = block.astype(np.float64)
        if count == 0:
            total, products = np.zeros(samples.shape[1]), np.zeros((samples.shape[1],) * 2)
        count += len(samples)
        total += samples.sum(axis=0)
        products += samples.T @ samples
    if count == 0:
        raise ValueError("no training window to fit the embedding on; label more traces")
    mean = total / count
    covariance = products / count - np.outer(mean, mean)
    deviation = np.sqrt(np.clip(np.diag(covariance), 0.0, None))
    # What is below the resolution of float32 samples is the rounding of the sums, not a deviation.
    scale = np.where(deviation > 1e-7 * np.abs(mean), deviation, 1.0)
    values, vectors = np.linalg.eigh(covariance / np.outer(scale, scale))
    order = np.argsort(values)[::-1][: min(components, len(mean))]
    rows = vectors[:, order].T
    signs = np.sign(rows[np.arange(len(rows)), np.abs(rows).argmax(axis=1)])
    variance = np.clip(values, 0, None)
    explained = variance[order] / (variance.sum() or 1.0)
    return Embedder(mean, scale, rows * signs[:, None], explained, count)
