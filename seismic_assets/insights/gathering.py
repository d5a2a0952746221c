"""Facts as an analysis comes to them: each shown as it is taken, so that a text and its facts say the same."""

from __future__ import annotations

import math
import re

from seismic_assets.llm.facts import Fact, Facts, Kind

UNKNOWN = "-"
"""What stands where a figure is not known."""


def fact_name(*parts: str) -> str:
    """A name that a fact may have: of any text, letters, digits, `_` and `-`, the parts joined by `.`."""
    return ".".join(re.sub(r"[^A-Za-z0-9_-]+", "_", part).strip("_")[:60] or "unnamed" for part in parts)


class Gathering:
    """Facts in the order they are found.

    What is not known, or not finite, is shown as `-` and becomes no fact. Two that would have the same name (of files
    whose names differ in marks only) are told apart by a number behind it.
    """

    def __init__(self) -> None:
        self._facts: dict[str, Fact] = {}

    @property
    def facts(self) -> Facts:
        """All that was gathered."""
        return Facts(self._facts.values())

    def count(self, name: str, words: str, value: int, unit: str = "") -> str:
        """How many of something; returns it as it is shown."""
        return self._add(name, words, int(value), "count", unit)

    def share(self, name: str, words: str, value: float | None) -> str:
        """A number between 0 and 1; returns it in percent."""
        return self._add(name, words, value, "share")

    def measure(self, name: str, words: str, value: float | None, unit: str = "", digits: int = 3) -> str:
        """Any number; returns it with its unit."""
        return self._add(name, words, value, "measure", unit, digits)

    def name(self, name: str, words: str, value: str) -> str:
        """A name, of a file, a class, a feature or a model; returns it."""
        return self._add(name, words, value, "name")

    def verdict(self, name: str, words: str, value: str) -> str:
        """A judgement in words; returns it."""
        return self._add(name, words, value, "verdict")

    def trend(self, name: str, words: str, change: float, least: float = 0.0) -> str:
        """`rising`, `falling`, or `steady` where the change is not above `least`; returns the word."""
        word = "steady" if abs(change) <= least else "rising" if change > 0 else "falling"
        return self._add(name, words, word, "trend")

    def _add(
        self, name: str, words: str, value: float | int | str | None, kind: Kind, unit: str = "", digits: int = 3
    ) -> str:
        if value is None or value == "" or (isinstance(value, float) and not math.isfinite(value)):
            return UNKNOWN
        fact = Fact(self._free(name), words, value, kind, unit, digits)
        self._facts[fact.name] = fact
        return fact.shown()

    def _free(self, name: str) -> str:
        if name not in self._facts:
            return name
        number = next(number for number in range(2, len(self._facts) + 3) if f"{name}-{number}" not in self._facts)
        return f"{name}-{number}"
