"""Whether a value is in line with the few that came before it, and how sure a share of clustered windows is."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

_MANY = 10  # values; from then on their median deviation says enough
_EFFICIENCY = 0.37  # of the median deviation, against the standard deviation


def in_line(value: float, before: ArrayLike, chance: float, unsure: float = 0.0) -> bool:
    """Whether a value lies where the next one of a population is expected, of which some values are known.

    Args:
        value: the new one.
        before: (n,) the known ones, at least 2.
        chance: of a value of the population to lie outside.
        unsure: margin of the value itself.
    """
    known = np.asarray(before, np.float64)
    centre = float(np.median(known))
    if len(known) >= _MANY:  # one odd file among them must not hide all others that follow
        spread, free = 1.4826 * float(np.median(np.abs(known - centre))), _EFFICIENCY * (len(known) - 1)
    else:
        spread, free = float(np.std(known, ddof=1)), len(known) - 1.0
    margin = _quantile(chance, free) * spread * np.sqrt(1 + 1 / len(known))
    return bool(abs(value - centre) <= np.hypot(margin, unsure))


def margin_of_shares(windows: NDArray[np.int64], chance: float) -> NDArray[np.float64]:
    """(classes,) how far off a share may be, from how the parts of the file differ: a ratio estimate over clusters."""
    parts = len(windows)
    totals = windows.sum(axis=1, keepdims=True)
    shares = windows.sum(axis=0) / windows.sum()
    variance = ((windows - shares * totals) ** 2).sum(axis=0) * parts / (parts - 1) / windows.sum() ** 2
    return np.asarray(_quantile(chance, parts - 1) * np.sqrt(variance))


def _quantile(chance: float, free: float) -> float:
    """Of Student's distribution: what is estimated from a few values is less sure."""
    from scipy.special import stdtrit

    return float(stdtrit(free, 1 - chance / 2))
