"""How far the rules and the language model say the same of the same samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Agreement:
    """Verdicts of two judges on the same samples.

    Attributes:
        samples: that both judged.
        share: on which they say the same.
        kappa: Cohen's: agreement beyond that of chance, 1 at most; None where one of them always says the same.
        counts: how often, by the rules' verdict and the model's.
    """

    samples: int
    share: float
    kappa: float | None
    counts: Mapping[tuple[str, str], int]


def agreement(rules: Mapping[str, str], model: Mapping[str, str]) -> Agreement | None:
    """Compare verdicts by sample; None where there is no sample that both judged."""
    pairs = [(rules[sample], model[sample]) for sample in model if sample in rules]
    if not pairs:
        return None
    number = len(pairs)
    share = sum(one == other for one, other in pairs) / number
    ours, theirs = (Counter(pair[side] for pair in pairs) for side in (0, 1))
    chance = sum(ours[verdict] * theirs[verdict] for verdict in ours) / number**2
    settled = len(ours) == 1 or len(theirs) == 1
    return Agreement(number, share, None if settled else (share - chance) / (1 - chance), Counter(pairs))
