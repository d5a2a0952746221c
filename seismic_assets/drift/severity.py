"""From the share of features that drifted to what to do about it."""

from __future__ import annotations

from enum import StrEnum


class Severity(StrEnum):
    """How much has drifted."""

    UNDECIDED = "undecided"
    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def action(self) -> str:
        """What to do."""
        return _ACTIONS[self]

    @property
    def alarms(self) -> bool:
        """Whether anything drifted."""
        return self not in (Severity.UNDECIDED, Severity.NONE)


_ACTIONS = {
    Severity.UNDECIDED: "wait for more traces",
    Severity.NONE: "nothing to do",
    Severity.LOW: "monitor",
    Severity.MEDIUM: "investigate",
    Severity.HIGH: "retrain",
}


def severity_of(drifted: int, tested: int) -> Severity:
    """None 0, low below 10 %, medium 10 to 30 %, high above 30 % of the features tested."""
    if drifted == 0:
        return Severity.NONE
    # In whole numbers: 0.3 as a float is not three tenths.
    if 10 * drifted < tested:
        return Severity.LOW
    return Severity.MEDIUM if 10 * drifted <= 3 * tested else Severity.HIGH
