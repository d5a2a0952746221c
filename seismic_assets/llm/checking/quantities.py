"""Whether a fact backs a number: the same value, correctly rounded, in the same unit."""

from __future__ import annotations

import math
from decimal import Decimal
from numbers import Real

from seismic_assets.llm.checking.numbers import Mention
from seismic_assets.llm.checking.units import PERCENT, POINTS, canonical
from seismic_assets.llm.facts import Fact

_MOST = Decimal("0.05")  # of the value: `1 %` is a rounding of 0.6 % and says something else all the same
_FRACTION = Decimal("0.005")  # how far a share may be from `a third`, unless it is `about a third`


def is_number(fact: Fact) -> bool:
    """Whether a fact has a number that a text can say."""
    return isinstance(fact.value, Real) and not isinstance(fact.value, bool) and math.isfinite(fact.value)


def comparable(fact: Fact, mention: Mention) -> bool:
    """Whether a number could be this fact's, by its form and unit, whatever its value."""
    unit = canonical(fact.unit)
    if not is_number(fact) or mention.form == "unread":
        return False
    if fact.kind == "share":
        return mention.form in ("fraction", "percent") or (
            mention.form == "number" and not mention.unit and mention.step < 1
        )
    if mention.form == "number":
        # A number with decimals is no count: `0.0834` is left to shares and measures.
        return (fact.kind == "measure" and mention.unit == unit) or (
            fact.kind == "count" and mention.unit in ("", unit) and mention.step >= 1
        )
    return fact.kind == "measure" and unit == {"percent": PERCENT, "points": POINTS}.get(mention.form)


def backs(fact: Fact, mention: Mention) -> bool:
    """Whether a number says this fact's value."""
    if not comparable(fact, mention):
        return False
    value = Decimal(fact.value if isinstance(fact.value, int) else repr(float(fact.value)))
    if mention.form == "percent" and fact.kind == "share":
        value *= 100
    away = abs(value - mention.value)
    if away > _MOST * abs(value) or not _right_side(value, mention):
        return False
    if mention.form == "fraction":
        return bool(mention.hedge) or away <= _FRACTION
    return away <= mention.step / 2


def _right_side(value: Decimal, mention: Mention) -> bool:
    return mention.hedge not in ("nearly", "almost") or value <= mention.value
