"""Whether a model's answers have changed: the shares of the classes, and how sure it is.

The reference must be of traces that the model was not fitted on (the test blocks): on its own training traces a model
is surer than on any file to come.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtrc

from seismic_assets.drift.effect import ks_distances
from seismic_assets.drift.null import TileTest, compare, fit_null
from seismic_assets.drift.prediction_reference import PredictionReference, answer_means, check_classes, class_shares
from seismic_assets.drift.sample import Sample
from seismic_assets.drift.tiles import tiles_of

ALPHA = 0.05
LEAST_W = 0.2
LEAST_KS = 0.1
_FLOOR = 1.75
_FEWEST_TRACES, _FEWEST_TILES, _FEWEST_REFERENCE_TILES = 100, 3, 12


@dataclass(frozen=True)
class PredictionDrift:
    """Answers beside those of the reference.

    Attributes:
        decided: whether there was enough to decide.
        reason: why not, else "".
        drifted: whether the class shares or the confidence have drifted.
        shares: share of each class now.
        chi2_p: of the class shares, corrected for tiles that are no independent windows.
        cohens_w: effect size of the class shares; 0.1 small, 0.3 medium, 0.5 large.
        cramers_v: the same divided by the root of the classes less one.
        confidence_p: of the confidence.
        confidence_ks: distance of its distribution functions.
        confidence_shift: of its mean normal score.
    """

    decided: bool
    reason: str
    drifted: bool
    shares: tuple[float, ...]
    chi2_p: float
    cohens_w: float
    cramers_v: float
    confidence_p: float
    confidence_ks: float
    confidence_shift: float


def prediction_drift(probabilities: Sample, reference: PredictionReference) -> PredictionDrift:
    """Compare a model's answers with those of the reference.

    Class shares: chi-square with the first-order correction of J. N. K. Rao and A. J. Scott (Ann. Statist. 12, 1984),
    in which tiles stand for the design: F = sum (d^2 / p) / sum (v / p) over the classes, with the healthy variance v
    of each difference d from `compare`. Confidence: the tests of a feature. Either counts only where its effect is
    large: Cohen's w = sqrt(sum d^2 / p) from 0.2, or a Kolmogorov-Smirnov distance from 0.1 that three quarters of the
    tiles share.

    Args:
        probabilities: (m, c) as the features of a `Sample`.
        reference: of the bundle.

    Raises:
        DriftError: other classes than the reference's.
    """
    check_classes(probabilities, reference.classes)
    reason = _too_few(probabilities, reference)
    if reason:
        return PredictionDrift(False, reason, False, (), 1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    means, confidence_shares = answer_means(probabilities, reference.bins, reference.tile_size)
    test = compare(means, fit_null(reference.means))
    count = len(reference.classes)
    shares, p = class_shares(probabilities), np.maximum(reference.shares, 1e-6)
    w = float(np.sqrt(((shares - reference.shares) ** 2 / p).sum()))
    chi2_p = _class_p(test, p, count, reference.means.count)
    confidence_p = float(min(1.0, 2 * test.p[count:].min()))
    ks = float(ks_distances(confidence_shares, reference.bins.shares)[0])
    everywhere = test.floor[count:][test.p[count:].argmin()] >= _FLOOR
    unsure = confidence_p < ALPHA / 2 and ks >= LEAST_KS and bool(everywhere)
    return PredictionDrift(
        decided=True,
        reason="",
        drifted=unsure or (chi2_p < ALPHA / 2 and w >= LEAST_W),
        shares=tuple(shares.tolist()),
        chi2_p=chi2_p,
        cohens_w=w,
        cramers_v=w / float(np.sqrt(max(count - 1, 1))),
        confidence_p=confidence_p,
        confidence_ks=ks,
        confidence_shift=float(test.shift[count]),
    )


def _class_p(test: TileTest, p: NDArray[np.float64], count: int, tiles: int) -> float:
    found, expected = (test.shift[:count] ** 2 / p).sum(), (test.variance[:count] / p).sum()
    if expected <= 0:
        return float(found == 0)
    return float(fdtrc(max(count - 1, 1), max((count - 1) * (tiles - 1), 1), found / expected))


def _too_few(probabilities: Sample, reference: PredictionReference) -> str:
    if reference.means.count < _FEWEST_REFERENCE_TILES:
        return (
            f"the reference has {reference.means.count} tiles, {_FEWEST_REFERENCE_TILES} are needed: too few to decide"
        )
    heard = np.unique(probabilities.trace)
    tiles = len(np.unique(tiles_of(probabilities.places, len(probabilities.dead), reference.tile_size).tile[heard]))
    if len(heard) < _FEWEST_TRACES or tiles < _FEWEST_TILES:
        wanted = f"{_FEWEST_TRACES} in {_FEWEST_TILES} are needed"
        return f"{len(heard)} traces in {tiles} tiles are too few to decide: {wanted}"
    return ""
