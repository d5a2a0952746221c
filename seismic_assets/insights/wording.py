"""Words of the insights: numbers in tables, lists in a sentence, one and many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

BASELINES: Mapping[str, str] = {
    "logistic": "a logistic regression on the same features",
    "shuffled": "a model fitted on shuffled labels",
    "majority": "always the commonest class",
}
"""What a model is put beside, in plain words."""


def listed(names: Sequence[str], most: int = 5) -> str:
    """`a, b and c`, of many the first ones `and 4 more`."""
    shown = list(names[:most])
    if len(names) > most:
        return f"{', '.join(shown)} and {len(names) - most:,} more"
    return " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))


def counted(number: int, one: str, many: str = "") -> str:
    """`1 trace`, `2,400 traces`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def figure(value: Any, digits: int = 3) -> str:
    """A cell of a table: a whole number in full, another with so many decimals, `-` for nothing."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() or abs(value) >= 10**6 else f"{value:,.{digits}f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def percent(share: float | None) -> str:
    """`8.7 %`, of little `less than 0.1 %`."""
    if share is None:
        return "-"
    return "less than 0.1 %" if 0 < share < 0.001 else f"{100 * share:.1f} %"


def sentence(text: str) -> str:
    """A clause as a sentence: its first letter large, a full stop at its end."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""


def shown_parameters(parameters: Mapping[str, Any]) -> str:
    """`learning_rate 0.05, max_features sqrt`."""
    return ", ".join(f"{name} {_parameter(value)}" for name, value in parameters.items())


def _parameter(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    return "none" if value is None else str(value)
