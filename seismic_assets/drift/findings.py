"""What counts as drift, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seismic_assets.drift.classic import ALPHA
from seismic_assets.drift.dead import DeadTest
from seismic_assets.drift.domain import DomainTest
from seismic_assets.drift.severity import Severity

DEAD_TRACES = "dead_traces"


@dataclass(frozen=True)
class DriftLimits:
    """What counts as drift.

    Attributes:
        rate: of false discoveries among the features.
        dead_rate: of false alarms about dead traces, which are no discovery among the features.
        ks: Kolmogorov-Smirnov distance from which a change is large enough to matter ...
        wasserstein: ... or Wasserstein distance in standard deviations of the reference: half of what J. Cohen calls a
            small shift.
        floor: three quarters of the tiles must lie this many standard deviations between places away: a change of
            recording is everywhere, a change of geology is not.
        dead: increase of the share of dead traces that matters.
        fewest_traces, fewest_tiles: of a sample; with fewer nothing is decided.
        fewest_reference_tiles: of the reference.
    """

    rate: float = 0.05
    dead_rate: float = 0.01
    ks: float = 0.1
    wasserstein: float = 0.1
    floor: float = 1.75
    dead: float = 0.02
    fewest_traces: int = 100
    fewest_tiles: int = 3
    fewest_reference_tiles: int = 12


@dataclass(frozen=True)
class FeatureChange:
    """One feature beside the reference.

    Attributes:
        name: of the feature; `DEAD_TRACES` for the share of dead traces.
        drifted: significant, large, and everywhere.
        p: of the shift or the change of spread, whichever is smaller, doubled; not corrected.
        ks: distance of the distribution functions.
        wasserstein: in standard deviations of the reference.
        floor: see `DriftLimits.floor`.
        shift: of the mean normal score: about standard deviations, signed.
        psi: population stability index; None where the sample is worth fewer than ten independent tiles.
        classic_p: of the classic test where it was asked for.
    """

    name: str
    drifted: bool
    p: float
    ks: float
    wasserstein: float
    floor: float
    shift: float
    psi: float | None = None
    classic_p: float | None = None


@dataclass(frozen=True)
class FeatureDrift:
    """What has drifted, how far and where.

    Attributes:
        severity: by the share of features (and dead traces) that drifted.
        reason: why nothing was decided, else "".
        features: in the order of the reference, the dead traces last; none where nothing was decided.
        tiles: (b, 4) float64: mean inline, mean crossline, traces with features, and how far the tile lies from the
            reference (about 1 in health; NaN where nothing was decided). For a map.
        placed: whether the places of `tiles` are known.
        independent: number of independent tiles that the sample is worth.
        dead: traces without features.
        domain: all features together; it supports the severity and does not change it.
    """

    severity: Severity
    reason: str
    features: tuple[FeatureChange, ...]
    tiles: NDArray[np.float64]
    placed: bool
    independent: float
    dead: DeadTest | None
    domain: DomainTest | None

    @property
    def drifted(self) -> tuple[str, ...]:
        """Names of what drifted, the farthest first."""
        found = [each for each in self.features if each.drifted]
        return tuple(each.name for each in sorted(found, key=lambda each: -each.wasserstein))

    @property
    def drift_ratio(self) -> float:
        """Share of what was tested that drifted."""
        return len(self.drifted) / max(len(self.features), 1)

    @property
    def classic_alarm(self) -> bool:
        """Whether the classic test would have alarmed."""
        return any(each.classic_p is not None and each.classic_p < ALPHA for each in self.features)
