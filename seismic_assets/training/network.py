"""A 1D convolutional network over the samples of a window: its layers and its scores.

Convolutions, each normalised over its batch, rectified and halved in length by the larger of two neighbours; the mean
and the maximum of every channel over the window; those and the other features through one hidden layer to a score for
each class. PyTorch trains it; what remains are arrays with the normalisation folded into the convolutions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seismic_assets.training.errors import TrainingError

FARTHEST = 20.0
"""Standardised inputs beyond count as this: further out float32 scores would have no digits left to tell classes."""

POOL = 2
ROWS_AT_ONCE = 4096


@dataclass(frozen=True)
class Layer:
    """Weights of a layer, float32: (out, in, kernel) or (out, in), and (out,)."""

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]


@dataclass(frozen=True)
class Network:
    """A trained network, of arrays alone.

    Attributes:
        sequence: (n,) int64 columns of the features that are the samples, in order.
        others: (k,) int64 the other columns.
        convolutions: from the samples on, the normalisation folded in.
        hidden, output: (64, 2 channels + k) and (classes, 64).
        epochs: passes over the training windows that it was trained for.
    """

    sequence: NDArray[np.int64]
    others: NDArray[np.int64]
    convolutions: tuple[Layer, ...]
    hidden: Layer
    output: Layer
    epochs: int


def import_torch() -> Any:
    """The package torch.

    Raises:
        TrainingError: it is not installed.
    """
    try:
        import torch
    except ImportError as error:
        raise TrainingError(
            "the family 'deep_cnn' needs a package that is not installed: pip install 'seismic-assets[deep]'"
        ) from error
    return torch


def network_scores(network: Network, features: NDArray[np.float32]) -> NDArray[np.float64]:
    """(m, classes) scores of (m, f) standardised features, before the softmax; computed in float32 on the CPU."""
    torch = import_torch()
    functional = torch.nn.functional

    def tensors(layer: Layer) -> tuple[Any, Any]:
        return torch.from_numpy(layer.weight), torch.from_numpy(layer.bias)

    def scores(rows: Any) -> Any:
        signal = rows[:, network.sequence].unsqueeze(1)
        for layer in network.convolutions:
            signal = functional.conv1d(signal, *tensors(layer), padding=layer.weight.shape[2] // 2)
            signal = functional.max_pool1d(functional.relu(signal), POOL, ceil_mode=True)
        inputs = torch.cat([signal.mean(dim=2), signal.amax(dim=2), rows[:, network.others]], dim=1)
        hidden = functional.relu(functional.linear(inputs, *tensors(network.hidden)))
        return functional.linear(hidden, *tensors(network.output))

    result = np.zeros((len(features), len(network.output.bias)))
    with torch.inference_mode():
        for first in range(0, len(features), ROWS_AT_ONCE):
            rows = np.clip(features[first : first + ROWS_AT_ONCE], -FARTHEST, FARTHEST)
            result[first : first + ROWS_AT_ONCE] = scores(torch.from_numpy(rows)).numpy()
    return result
