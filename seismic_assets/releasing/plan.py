"""A step of a deploy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """One thing that a deploy does; done again after it was killed in the middle, it ends the same.

    Attributes:
        name: of the step.
        what: what it will do, as the plan says it.
        act: does it and returns what was done in a sentence; raises StepFailedError.
        skipped: why it is left out; empty where it is not.
    """

    name: str
    what: str
    act: Callable[[], str]
    skipped: str = ""

    def as_dict(self) -> dict[str, str]:
        """Plain types, for JSON."""
        return {"step": self.name, "what": self.what, "skipped": self.skipped}
