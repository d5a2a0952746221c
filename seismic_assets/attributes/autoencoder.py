"""The embedding of a window by a small network: what its bottleneck keeps so that the window can be restored."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_WINDOWS = 20_000
_HIDDEN = 128
_MOST_EPOCHS, _PATIENCE = 60, 5
_FEWEST_TO_HOLD_OUT = 50
# In standard deviations: beyond it every unit of the network is saturated, and float32 would end at last.
_FARTHEST = 30.0


@dataclass(frozen=True)
class AutoEncoder:
    """Standardisation and the encoding half of an autoencoder, fitted on training windows alone.

    Attributes:
        mean, scale: (window,) float64, of each sample position over the windows it was fitted on.
        hidden_weights, hidden_bias: (window, h) and (h,) float32, of the first layer.
        weights, bias: (h, k) and (k,) float32, of the bottleneck.
        restored: share of the variance of the standardised windows that the network restores, 0 to 1.
        windows: number of windows it was fitted on.
    """

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    hidden_weights: NDArray[np.float32]
    hidden_bias: NDArray[np.float32]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    restored: float
    windows: int

    @property
    def window_samples(self) -> int:
        """Samples of the windows it takes."""
        return int(self.mean.shape[0])

    @property
    def num_components(self) -> int:
        """Length of an embedding."""
        return int(self.bias.shape[0])

    @property
    def explained(self) -> NDArray[np.float64]:
        """(k,) float64, the restored share divided evenly: the units of a bottleneck have no share of their own."""
        return np.full(self.num_components, self.restored / self.num_components)

    def embed(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Embed (m, window) float32 windows as (m, k) float32, each between -1 and 1.

        tanh(tanh(s @ hidden_weights + hidden_bias) @ weights + bias) in float32, s the window standardised in float64
        and held within 30 standard deviations; against float64 it is off by less than 1e-4.
        It costs about as much as the handcrafted attributes (`python -m benchmarks.attributes`).
        """
        standardised = _standardised(windows, self.mean, self.scale)
        hidden = np.tanh(standardised @ self.hidden_weights + self.hidden_bias)
        return np.asarray(np.tanh(hidden @ self.weights + self.bias), dtype=np.float32)

    def digest(self) -> str:
        """Digest of what determines an embedding; equal digests mean equal features."""
        digest = hashlib.blake2b(b"mlp_autoencoder", digest_size=16)
        for array in (self.mean, self.scale, self.hidden_weights, self.hidden_bias, self.weights, self.bias):
            digest.update(np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).tobytes())
        return digest.hexdigest()


def fit_autoencoder(blocks: Iterable[NDArray[np.float32]], components: int, seed: int) -> AutoEncoder:
    """Fit an autoencoder on blocks of (m, window) float32 windows, read once.

    Of more than `MOST_WINDOWS` windows so many are drawn, each with the same chance (algorithm R; Vitter, Random
    sampling with a reservoir, ACM TOMS 11, 1985); memory does not grow with their number, and the size of the blocks
    does not matter. The network is window-128-k-128-window with tanh, fitted by Adam on the squared error; a tenth of
    the windows stops it. The same windows and seed give the same embedder on one machine.

    Args:
        blocks: windows of equal length.
        components: wanted length; fewer where the window is shorter.
        seed: of the draw, the weights and the order of the batches.

    Raises:
        ValueError: no window was given.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPRegressor
    from threadpoolctl import threadpool_limits

    sample = _draw(blocks, MOST_WINDOWS, seed).astype(np.float64)
    mean, deviation = sample.mean(axis=0), sample.std(axis=0)
    # What is below the resolution of float32 samples is rounding, not a deviation.
    scale = np.where(deviation > 1e-7 * np.abs(mean), deviation, 1.0)
    standardised = _standardised(sample, mean, scale)
    width = min(components, sample.shape[1])
    network = MLPRegressor(
        hidden_layer_sizes=(_HIDDEN, width, _HIDDEN),
        activation="tanh",
        early_stopping=len(sample) >= _FEWEST_TO_HOLD_OUT,
        n_iter_no_change=_PATIENCE,
        max_iter=_MOST_EPOCHS,
        random_state=seed,
    )
    with threadpool_limits(limits=1), warnings.catch_warnings():  # with one thread a fit repeats to the last digit
        warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is a limit, not a hope
        network.fit(standardised, standardised if standardised.shape[1] > 1 else standardised[:, 0])
        left = standardised - network.predict(standardised).reshape(standardised.shape)
    variance = float(np.square(standardised, dtype=np.float64).sum())
    restored = 1 - float(np.square(left, dtype=np.float64).sum()) / variance if variance > 0 else 0.0
    (hidden_weights, weights), (hidden_bias, bias) = (
        [array.astype(np.float32) for array in layers[:2]] for layers in (network.coefs_, network.intercepts_)
    )
    return AutoEncoder(mean, scale, hidden_weights, hidden_bias, weights, bias, max(restored, 0.0), len(sample))


def _standardised(
    windows: NDArray[np.floating], mean: NDArray[np.float64], scale: NDArray[np.float64]
) -> NDArray[np.float32]:
    away = (windows.astype(np.float64) - mean) / scale
    return np.clip(away, -_FARTHEST, _FARTHEST).astype(np.float32)


def _draw(blocks: Iterable[NDArray[np.float32]], most: int, seed: int) -> NDArray[np.float32]:
    """At most `most` windows of all blocks, each with the same chance."""
    random = np.random.default_rng(seed)
    kept: NDArray[np.float32] | None = None
    seen = 0
    for block in blocks:
        if len(block) == 0:
            continue
        if kept is None:
            kept = np.empty((most, block.shape[1]), dtype=np.float32)
        number = np.arange(seen, seen + len(block))
        # Each takes the next free place, then a random one, if that is in the reservoir; of two the later stays.
        place = np.where(number < most, number, random.integers(0, number + 1))
        chosen = np.flatnonzero(place < most)
        kept[place[chosen]] = block[chosen]
        seen += len(block)
    if kept is None:
        raise ValueError("no training window to fit the embedding on; label more traces")
    return kept[:seen]
