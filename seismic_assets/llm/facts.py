"""Facts: what a deterministic analysis found, and all that a text about it may say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["count", "share", "measure", "name", "verdict", "trend"]


@dataclass(frozen=True)
class Fact:
    """One fact.

    Attributes:
        name: identifies it, such as `dead_traces` or `score.survey_001`; letters, digits, `_`, `-` and `.`.
        words: what it is, in plain words, such as `dead traces`.
        value: the number, name or verdict.
        kind: `count`: how many, a whole number; `share`: a number between 0 and 1, shown in percent; `measure`: any
            number, with a unit or without; `name`: of a file, class, feature, model; `verdict`: a judgement in words
            such as `pass`, `warn`, `fail`, `ready`; `trend`: `rising`, `falling` or `steady`.
        unit: of a measure, such as `ms`; what is counted, such as `traces`; or nothing.
        digits: significant ones that a measure or share is shown with.
    """

    name: str
    words: str
    value: float | int | str
    kind: Kind
    unit: str = ""
    digits: int = 3

    def shown(self) -> str:
        """The value as a report shows it: `1,200 traces`, `8.7 %`, `4 ms`, `warn`."""
        if isinstance(self.value, str):
            return self.value
        if self.kind == "count":
            number = f"{int(self.value):,}"
        elif self.kind == "share":
            return f"{_digits(100 * self.value, self.digits)} %"
        else:
            number = _digits(self.value, self.digits)
        return f"{number} {self.unit}".rstrip()

    def sentence(self) -> str:
        """Words and value: `dead traces: 1,200 traces`."""
        return f"{self.words}: {self.shown()}"


def _digits(value: float, digits: int) -> str:
    """Significant digits without an exponent for what is large: 999.7 with three is 1,000, not 1e+03."""
    return f"{value:,.0f}" if round(abs(value), 9) >= 10**digits - 0.5 else f"{value:,.{digits}g}"


class Facts:
    """Facts by name, in order.

    Raises:
        ValueError: two have the same name.
    """

    def __init__(self, facts: Iterable[Fact]) -> None:
        self._facts: dict[str, Fact] = {}
        for fact in facts:
            if fact.name in self._facts:
                raise ValueError(f"two facts are named {fact.name!r}")
            self._facts[fact.name] = fact

    def __iter__(self) -> Iterator[Fact]:
        return iter(self._facts.values())

    def __len__(self) -> int:
        return len(self._facts)

    def __contains__(self, name: object) -> bool:
        return name in self._facts

    def __getitem__(self, name: str) -> Fact:
        return self._facts[name]

    @property
    def names(self) -> tuple[str, ...]:
        """The names, in order."""
        return tuple(self._facts)

    def lines(self) -> str:
        """A line a fact, `name | words | value`, as a prompt gives them."""
        return "\n".join(f"{fact.name} | {fact.words} | {fact.shown()}" for fact in self)

    def to_dict(self) -> dict[str, float | int | str]:
        """Value by name."""
        return {fact.name: fact.value for fact in self}
