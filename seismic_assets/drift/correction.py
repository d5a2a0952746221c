"""Many tests at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def benjamini_hochberg(p: NDArray[np.float64], rate: float = 0.05) -> NDArray[np.bool_]:
    """Which of (q,) p-values are discoveries when `rate` of the discoveries may be false.

    All up to the largest k with p_(k) <= k rate / q (Y. Benjamini, Y. Hochberg, J. R. Statist. Soc. B 57, 1995). Where
    nothing is there to be found, anything is found with probability `rate` at most.
    """
    order = np.argsort(p, kind="stable")
    passed = np.flatnonzero(p[order] <= rate * np.arange(1, len(p) + 1) / len(p))
    found = np.zeros(len(p), dtype=np.bool_)
    if len(passed):
        found[order[: passed[-1] + 1]] = True
    return found
