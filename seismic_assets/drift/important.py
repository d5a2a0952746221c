"""Whether what a model leans on most is among what has drifted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from seismic_assets.drift.findings import FeatureDrift

TOP = 10


@dataclass(frozen=True)
class ImportanceDrift:
    """Important features that drifted.

    Attributes:
        top: the most important features, most important first.
        drifted: those of them that drifted, in the same order.
        weight: share of the importance of all features that drifted features have, 0 to 1.
    """

    top: tuple[str, ...]
    drifted: tuple[str, ...]
    weight: float

    @property
    def concerns(self) -> bool:
        """Whether an important feature drifted."""
        return bool(self.drifted)


def important_drift(drift: FeatureDrift, importance: Mapping[str, float], top: int = TOP) -> ImportanceDrift:
    """Which of the most important features are among the drifted.

    Args:
        drift: of the features.
        importance: by feature, as of a permutation; below 0 counts as 0.
        top: how many are important.
    """
    gain = {name: max(value, 0.0) for name, value in importance.items()}
    ranked = sorted((name for name, value in gain.items() if value > 0), key=lambda name: -gain[name])[:top]
    found = set(drift.drifted)
    whole = sum(gain.values())
    weight = sum(value for name, value in gain.items() if name in found) / whole if whole > 0 else 0.0
    return ImportanceDrift(tuple(ranked), tuple(name for name in ranked if name in found), weight)
