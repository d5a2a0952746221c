"""A second model beside the one that is served: who sees it, and how its answers compare."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xxhash

from seismic_assets.serving.config import Role
from seismic_assets.serving.following import FollowedModel
from seismic_assets.serving.forms import Answer
from seismic_assets.serving.served_model import ServedModel

_WHOLE = 2**64


@dataclass(frozen=True)
class Comparison:
    """How two models answered one request.

    Attributes:
        version: of the second model.
        role: `shadow` or `canary`.
        agreement: share of the windows that both gave the same class; None where their classes or windows differ.
        difference: largest difference of a probability; None where they differ.
    """

    version: str
    role: Role
    agreement: float | None
    difference: float | None


@dataclass(frozen=True)
class SecondModel:
    """The second model.

    Attributes:
        followed: its version is followed as the first one's is.
        role: `shadow`: its answers are compared and thrown away; `canary`: they are given.
        share: share of the callers that it sees.
    """

    followed: FollowedModel
    role: Role
    share: float

    def sees(self, sticky: str) -> bool:
        """Whether a caller is one of its share: always the same answer for the same caller."""
        return xxhash.xxh3_64_intdigest(sticky.encode()) < self.share * _WHOLE

    def for_caller(self, sticky: str) -> ServedModel | None:
        """The second model where it is loaded and the caller is one of its share."""
        model = self.followed.serving.model
        return model if model is not None and self.sees(sticky) else None

    def compare(self, version: str, first: Answer, second: Answer) -> Comparison:
        """How the second model's answer compares with the first one's."""
        one, other = first.probabilities, second.probabilities
        if first.class_names != second.class_names or one.shape != other.shape:
            return Comparison(version, self.role, None, None)
        same = one.argmax(axis=2) == other.argmax(axis=2)
        return Comparison(version, self.role, float(same.mean()), float(np.abs(one - other).max()))
