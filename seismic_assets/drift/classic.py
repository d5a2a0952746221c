"""The classic test, for comparison: Kolmogorov-Smirnov of each feature at p < .05, windows taken for independent."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import kolmogorov

from seismic_assets.drift.effect import ks_distances
from seismic_assets.drift.reference import DriftReference
from seismic_assets.drift.sample import Sample

ALPHA = 0.05


def classic_ks(sample: Sample, reference: DriftReference) -> NDArray[np.float64]:
    """Asymptotic two-sided p of each feature, (f,) (N. Smirnov, Ann. Math. Statist. 19, 1948).

    It takes neighbouring windows for independent and corrects for nothing, so it alarms in health: see
    `feature_drift` for what to act on.
    """
    bins, count = reference.bins, sample.features.shape[1]
    shares = np.stack(
        [
            np.bincount(bins.codes(sample.features[:, each], each), minlength=bins.scores.shape[1])
            for each in range(count)
        ]
    ) / max(len(sample.features), 1)
    ours, theirs = len(sample.features), max(reference.windows, 1)
    size = np.sqrt(ours * theirs / (ours + theirs))
    return np.asarray(kolmogorov(size * ks_distances(shares, bins.shares)))
