"""The share of dead traces: they have no features, so they can drift in number only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Jeffreys' prior of a share (H. Jeffreys, Theory of Probability, 1961).
_PRIOR = 0.5
# Standard deviations beyond which dead traces are taken to come together.
_CHANCE = 2.0


@dataclass(frozen=True)
class DeadTest:
    """Dead traces beside the reference's.

    Attributes:
        share, reference: of all traces.
        p: probability of so many or more; fewer dead traces are no drift.
        clumping: how many dead traces come together, at least 1.
    """

    share: float
    reference: float
    p: float
    clumping: float


def compare_dead(
    dead: NDArray[np.float64],
    traces: NDArray[np.float64],
    reference_dead: NDArray[np.float64],
    reference_traces: NDArray[np.float64],
) -> DeadTest:
    """Test the dead traces of tiles against those of the reference's tiles.

    Counts are divided by the reference's clumping, a design effect (J. N. K. Rao, A. J. Scott, Ann. Statist. 15,
    1987); what the reference then expects is beta-binomial with its own uncertainty.

    Args:
        dead, traces: (b,) dead and all traces of each tile.
        reference_dead, reference_traces: of the reference's tiles.
    """
    from scipy.stats import betabinom  # half a second, which a service that loads a bundle need not wait

    clumping = _clumping(reference_dead, reference_traces)
    known, known_dead = reference_traces.sum() / clumping, reference_dead.sum() / clumping
    here = max(round(float(traces.sum()) / clumping), 1)
    found = int(dead.sum() / clumping)
    p = betabinom.sf(found - 1, here, known_dead + _PRIOR, known - known_dead + _PRIOR)
    return DeadTest(
        float(dead.sum() / max(traces.sum(), 1)),
        float(reference_dead.sum() / max(reference_traces.sum(), 1)),
        float(np.clip(p, 0, 1)),
        clumping,
    )


def _clumping(dead: NDArray[np.float64], traces: NDArray[np.float64]) -> float:
    """Pearson's chi-square per degree of freedom of the counts of tiles; 1 unless chance would hardly give as much.

    Where a tile has a fraction of a dead trace it varies so much that some would come out above 1 half of the time, and
    the test would lose a tenth of its counts to nothing. The variance is that of J. B. S. Haldane (Biometrika 29,
    1937): of each term 2 + (1 - 6 s (1 - s)) / (n s (1 - s)).
    """
    share = dead.sum() / max(traces.sum(), 1)
    if share in (0, 1) or len(dead) < 2:
        return 1.0
    expected = share * (1 - share) * traces
    found = float(((dead - share * traces) ** 2 / expected).sum() / (len(dead) - 1))
    variance = float((2 + (1 - 6 * share * (1 - share)) / expected).mean() / (len(dead) - 1))
    return found if found > 1 + _CHANCE * np.sqrt(variance) else 1.0
