"""The network over the samples of a window with the look of a scikit-learn classifier."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seismic_assets.training.errors import TrainingError
from seismic_assets.training.network import Network, network_scores
from seismic_assets.training.network_training import Labelled, NetworkSettings, train_network

FEWEST_SAMPLES = 8
_SAMPLE_COLUMN = re.compile(r"embedding_(\d+)")


def sequence_columns(names: Sequence[str]) -> NDArray[np.int64]:
    """(n,) int64 columns of the features `embedding_0`, `embedding_1`, ..., in that order.

    Raises:
        TrainingError: there are fewer than eight.
    """
    numbered = sorted(
        (int(found[1]), column) for column, name in enumerate(names) if (found := _SAMPLE_COLUMN.fullmatch(name))
    )
    if len(numbered) < FEWEST_SAMPLES:
        raise TrainingError(
            f"the family 'deep_cnn' reads the samples of a window in order and found {len(numbered)} where it needs "
            f"{FEWEST_SAMPLES}; set SEISMIC_EMBEDDING=samples and take windows of {FEWEST_SAMPLES} samples or more"
        )
    return np.array([column for _, column in numbered], dtype=np.int64)


@dataclass(eq=False)
class WaveformClassifier:
    """A 1D network that can be fitted, and answers once it is.

    Attributes:
        channels, depth, kernel, dropout, learning_rate, epochs, patience: as in `NetworkSettings`.
        random_state: seed of the fit.
        classes_: (k,) classes of the training windows, sorted.
        network_: the trained network.
    """

    channels: int
    depth: int
    kernel: int
    dropout: float
    learning_rate: float
    epochs: int
    patience: int
    random_state: int
    classes_: NDArray[np.int32] = field(init=False, repr=False)
    network_: Network = field(init=False, repr=False)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """What it was made with, by name; `deep` changes nothing, as nothing is nested."""
        return {each.name: getattr(self, each.name) for each in fields(self) if each.init}

    def set_params(self, **parameters: Any) -> WaveformClassifier:
        """Change some of what it was made with.

        Raises:
            ValueError: it has no such parameter.
        """
        unknown = [name for name in parameters if name not in self.get_params()]
        if unknown:
            raise ValueError(f"the network has no parameter '{unknown[0]}'; it has {', '.join(self.get_params())}")
        for name, value in parameters.items():
            setattr(self, name, value)
        return self

    def fit(
        self,
        features: NDArray[np.float32],
        classes: NDArray[np.int32],
        *,
        sequence: NDArray[np.int64],
        stop_features: NDArray[np.float32],
        stop_classes: NDArray[np.int32],
        threads: int = 1,
    ) -> WaveformClassifier:
        """Fit on windows of at least two classes, all classes with the same weight.

        Args:
            features: (m, f) float32 standardised.
            classes: (m,) int32.
            sequence: columns of the samples, in order.
            stop_features, stop_classes: windows of the same classes that stop the training; perhaps none.
            threads: of the CPU.

        Raises:
            TrainingError: PyTorch is not installed, or the weights ran away.
        """
        known = np.unique(classes)
        settings = {name: value for name, value in self.get_params().items() if name != "random_state"}
        network = train_network(
            NetworkSettings(**settings, seed=self.random_state),
            sequence,
            Labelled(features, np.searchsorted(known, classes)),
            Labelled(stop_features, np.searchsorted(known, stop_classes)),
            len(known),
            threads,
        )
        self.classes_, self.network_ = known, network
        return self

    def predict_proba(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """(m, k) probabilities of (m, f) float32 standardised features, in the order of `classes_`."""
        from scipy.special import softmax

        return np.asarray(softmax(network_scores(self.network_, features), axis=1))

    def predict(self, features: NDArray[np.float32]) -> NDArray[np.int32]:
        """(m,) the most probable class of each window."""
        return np.asarray(self.classes_[network_scores(self.network_, features).argmax(axis=1)])
