"""Feature sets: which features a window has, by name and in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from seismic_assets.attributes.extended import EXTENDED
from seismic_assets.attributes.handcrafted import HANDCRAFTED
from seismic_assets.attributes.lateral import LATERAL

FeatureSetName = Literal["classic", "extended", "lateral"]
FEATURE_SETS: tuple[str, ...] = get_args(FeatureSetName)
CENTRE_TIME = "centre_time_ms"


@dataclass(frozen=True)
class FeatureSet:
    """What a model sees of a window.

    Attributes:
        name: `classic`, the eight handcrafted attributes and the embedding; `extended`, those and the attributes of
            the analytic signal and the spectrum; `lateral`, those and the likeness to the traces around.
        time: whether the time of the window's centre is a feature too. It tells a model where in the section it is, and
            so ties it to one survey.
    """

    name: FeatureSetName = "classic"
    time: bool = False

    @property
    def attributes(self) -> tuple[str, ...]:
        """Names of the attributes of a window, the embedding and the time left out."""
        return HANDCRAFTED + self.further

    @property
    def further(self) -> tuple[str, ...]:
        """Names of the attributes beside the eight handcrafted."""
        extended = EXTENDED if self.name in ("extended", "lateral") else ()
        return extended + (LATERAL if self.needs_neighbours else ())

    @property
    def needs_neighbours(self) -> bool:
        """Whether a trace alone is not enough."""
        return self.name == "lateral"

    def names(self, num_components: int) -> tuple[str, ...]:
        """Names of the features: the handcrafted, embedding_0, embedding_1, ..., the further ones, the time."""
        embedding = tuple(f"embedding_{index}" for index in range(num_components))
        return HANDCRAFTED + embedding + self.further + ((CENTRE_TIME,) if self.time else ())


CLASSIC = FeatureSet()
