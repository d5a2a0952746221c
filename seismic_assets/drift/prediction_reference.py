"""A model's answers on traces it was not fitted on, tile by tile: what later answers are compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seismic_assets.drift.errors import DriftError
from seismic_assets.drift.sample import Sample
from seismic_assets.drift.scores import Bins, fit_bins, scores_of
from seismic_assets.drift.tile_means import TileMeans, means_over, score_sample
from seismic_assets.drift.tiles import TILE, tiles_of

_MOST_TILES = 256


@dataclass(frozen=True)
class PredictionReference:
    """A model's answers on traces it was not fitted on: c classes, b tiles.

    Attributes:
        classes: c names.
        tile_size: trace steps along the edge of a tile.
        shares: (c,) float64, share of each class.
        bins: of the confidence, one feature.
        means: of c + 2 quantities: the class shares, the mean score of the confidence and its mean square.
    """

    classes: tuple[str, ...]
    tile_size: int
    shares: NDArray[np.float64]
    bins: Bins
    means: TileMeans

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """All of it as arrays for an .npz file that is read without pickle: below 10 kB."""
        return {
            "classes": np.array(self.classes),
            "tile_size": np.array(self.tile_size),
            "shares": self.shares,
            "edges": self.bins.edges,
            "bin_shares": self.bins.shares,
            "values": self.means.values.astype(np.float32),
            "traces": self.means.traces.astype(np.float32),
            "centres": self.means.centres.astype(np.float32),
            "within": self.means.within,
        }


def build_prediction_reference(
    probabilities: Sample, classes: Sequence[str], tile_size: int = TILE
) -> PredictionReference:
    """The reference of a model's (m, c) probabilities, given as the features of a `Sample`."""
    check_classes(probabilities, classes)
    bins = fit_bins(probabilities.features.max(axis=1, keepdims=True))
    means, _ = answer_means(probabilities, bins, tile_size)
    if means.count > _MOST_TILES:
        some = np.linspace(0, means.count - 1, _MOST_TILES).astype(np.int64)
        means = TileMeans(means.values[some], means.traces[some], means.centres[some], means.within)
    return PredictionReference(tuple(classes), tile_size, class_shares(probabilities), bins, means)


def prediction_reference_from_arrays(arrays: Mapping[str, NDArray[Any]]) -> PredictionReference:
    """What `to_arrays` gave.

    Raises:
        DriftError: an array is missing.
    """
    try:
        shares = arrays["bin_shares"]
        return PredictionReference(
            tuple(str(name) for name in arrays["classes"]),
            int(arrays["tile_size"]),
            arrays["shares"],
            Bins(arrays["edges"], shares, scores_of(shares)),
            TileMeans(
                arrays["values"].astype(np.float64),
                arrays["traces"].astype(np.float64),
                arrays["centres"].astype(np.float64),
                arrays["within"],
            ),
        )
    except KeyError as error:
        raise DriftError(f"the reference of the predictions lacks {error.args[0]}: train again") from error


def answer_means(probabilities: Sample, bins: Bins, tile_size: int) -> tuple[TileMeans, NDArray[np.float64]]:
    """Class shares and confidence scores over tiles, and the confidence's shares of bins."""
    confidence = Sample(
        probabilities.features.max(axis=1, keepdims=True),
        probabilities.trace,
        probabilities.dead,
        probabilities.places,
    )
    scored = score_sample(confidence, bins, tile_size)
    tiling = tiles_of(probabilities.places, len(probabilities.dead), tile_size)
    winner, traces = probabilities.features.argmax(axis=1), len(probabilities.dead)
    windows = np.bincount(probabilities.trace, minlength=traces)
    heard = windows > 0
    won = np.stack(
        [
            np.bincount(probabilities.trace, winner == each, minlength=traces)[heard] / windows[heard]
            for each in range(probabilities.features.shape[1])
        ]
    )
    classes = means_over(won, tiling, heard)
    means = TileMeans(
        np.concatenate([classes.values, scored.means.values], axis=1),
        classes.traces,
        classes.centres,
        np.concatenate([classes.within, scored.means.within]),
        classes.placed,
    )
    return means, scored.shares


def class_shares(probabilities: Sample) -> NDArray[np.float64]:
    """Share of the windows that each class wins, (c,)."""
    winner = probabilities.features.argmax(axis=1)
    return np.bincount(winner, minlength=probabilities.features.shape[1]) / max(len(winner), 1)


def check_classes(probabilities: Sample, classes: Sequence[str]) -> None:
    """Refuse probabilities of other classes.

    Raises:
        DriftError: another number of classes.
    """
    if probabilities.features.shape[1] != len(classes):
        raise DriftError(
            f"{probabilities.features.shape[1]} probabilities do not fit the {len(classes)} classes "
            f"{', '.join(classes)}: compare a model's answers with the reference of its own version"
        )
