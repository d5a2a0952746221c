"""One test of all features together: can windows of the sample be told from those of the reference?

A linear classifier (Fisher's discriminant) of normal scores and their squares is fitted on some tiles and scored on
others; the area under its ROC curve is 0.5 where it cannot. Tiles of one place are told from the others even in health,
so the area is compared with those of parts of the reference that lie as close together as the sample does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seismic_assets.drift.scores import Bins

FOLDS = 4
_RIDGE = 0.05
_PARTS = 39
_FEWEST_TILES = 16
_FEWEST_PLACES = 3.0
LEAST_AUC = 0.6


@dataclass(frozen=True)
class DomainTest:
    """How well a sample can be told from the reference.

    Attributes:
        auc: on tiles held out; None where there are too few tiles, or all are one place.
        healthy: the 95th percentile of the AUC of parts of the reference against its rest; None likewise.
        differs: whether `auc` is beyond all that parts of the reference show, and at least 0.6.
    """

    auc: float | None
    healthy: float | None
    differs: bool


class Domain:
    """The reference's side of the test: what parts of it show is found once for each size of a sample."""

    def __init__(
        self, codes: NDArray[np.integer], tile: NDArray[np.int64], centres: NDArray[np.float64], bins: Bins
    ) -> None:
        """Prepare.

        Args:
            codes: (s, f) bins of some windows.
            tile: (s,) their tiles.
            centres: (b, 2) of the tiles.
            bins: of the features.
        """
        self._known, self._tile, self._centres, self._bins = _inputs(codes, bins), tile, centres, bins
        self._healthy: dict[tuple[int, int], list[float]] = {}

    def compare(
        self, codes: NDArray[np.integer], tile: NDArray[np.int64], tiles: int, independent: float
    ) -> DomainTest:
        """Test all features together.

        Args:
            codes: (r, f) bins of some windows of the sample.
            tile: (r,) their tiles.
            tiles: number of tiles.
            independent: number of independent tiles that the sample is worth.
        """
        if independent < _FEWEST_PLACES or tiles < FOLDS or len(self._centres) < _FEWEST_TILES:
            return DomainTest(None, None, differs=False)
        auc = _blocked_auc(_inputs(codes, self._bins), tile, self._known, self._tile)
        parts = self._parts_of(tiles, independent)
        return DomainTest(auc, float(np.quantile(parts, 0.95)), differs=auc > max(*parts, LEAST_AUC))

    def _parts_of(self, tiles: int, independent: float) -> list[float]:
        """AUC of parts of the reference against its rest; a size stands for those up to a fifth larger."""
        size = _rounded(int(np.clip(tiles, FOLDS, len(self._centres) // 4)))
        seeds = _rounded(int(np.clip(independent / 2, 1, size)))
        if (size, seeds) not in self._healthy:
            self._healthy[size, seeds] = [
                _blocked_auc(self._known[part], self._tile[part], self._known[rest], self._tile[rest])
                for part, rest in _parts(self._tile, self._centres, size, seeds)
            ]
        return self._healthy[size, seeds]


def _rounded(number: int) -> int:
    """Down to a quarter of an octave: smaller parts are told from the rest no worse."""
    return max(int(2 ** (np.floor(4 * np.log2(number)) / 4)), min(number, FOLDS))


def _inputs(codes: NDArray[np.integer], bins: Bins) -> NDArray[np.float64]:
    scores = np.stack([bins.scores[each][codes[:, each]] for each in range(codes.shape[1])], axis=1)
    return np.concatenate([scores, scores**2], axis=1)


def _parts(
    tile: NDArray[np.int64], centres: NDArray[np.float64], size: int, seeds: int
) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """Rows of parts of the reference of `size` tiles, as many as the sample has or a quarter, and of the rest.

    A part is grown around `seeds`, half as many as the sample is worth independent tiles. Where it is a few places, as
    many tiles around it belong neither to it nor to the rest: a new file lies beside the reference, not in its midst.
    """
    random = np.random.default_rng(0)
    gap = size if seeds < size / 3 else 0
    for _ in range(_PARTS):
        chosen = random.choice(len(centres), seeds, replace=False)
        apart = np.min(np.abs(centres[:, None] - centres[chosen]).sum(axis=2), axis=1)
        order = np.argsort(apart + 1e-3 * random.random(len(apart)))
        yield np.isin(tile, order[:size]), np.isin(tile, order[size + gap :])


def _blocked_auc(
    ours: NDArray[np.float64], our_tile: NDArray[np.int64], theirs: NDArray[np.float64], their_tile: NDArray[np.int64]
) -> float:
    """AUC over held-out tiles, the mean over the folds."""
    areas = []
    for fold in range(FOLDS):
        # Neighbouring numbers are neighbouring tiles: a fold of a run of them leaves a place out.
        held, held_theirs = _in_fold(our_tile, fold), _in_fold(their_tile, fold)
        if held.all() or not held.any() or held_theirs.all() or not held_theirs.any():
            continue
        axis = _discriminant(ours[~held], theirs[~held_theirs])
        areas.append(_area(ours[held] @ axis, theirs[held_theirs] @ axis))
    return float(np.mean(areas)) if areas else 0.5


def _in_fold(tile: NDArray[np.int64], fold: int) -> NDArray[np.bool_]:
    distinct, rank = np.unique(tile, return_inverse=True)
    return np.asarray(rank.reshape(-1) * FOLDS // len(distinct) == fold)


def _discriminant(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> NDArray[np.float64]:
    """(covariance + ridge)^-1 (mean - mean) (R. A. Fisher, Annals of Eugenics 7, 1936)."""
    centred = np.concatenate([ours - ours.mean(axis=0), theirs - theirs.mean(axis=0)])
    covariance = centred.T @ centred / len(centred)
    covariance[np.diag_indices_from(covariance)] += _RIDGE * np.trace(covariance) / len(covariance) + 1e-12
    return np.asarray(np.linalg.solve(covariance, ours.mean(axis=0) - theirs.mean(axis=0)))


def _area(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> float:
    """Area under the ROC curve from ranks (H. B. Mann, D. R. Whitney, Ann. Math. Statist. 18, 1947)."""
    from scipy.stats import rankdata  # half a second, which a service that loads a bundle need not wait

    ranks = rankdata(np.concatenate([ours, theirs]))[: len(ours)]
    return float((ranks.sum() - len(ours) * (len(ours) + 1) / 2) / (len(ours) * len(theirs)))
