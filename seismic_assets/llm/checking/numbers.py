"""Reading the numbers of a text, in whatever guise they come."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from seismic_assets.llm.checking.spelled import SCALES, spelled_in
from seismic_assets.llm.checking.units import PERCENT, POINTS, unit_at
from seismic_assets.llm.checking.words import lexicon

Form = Literal["number", "percent", "points", "fraction", "unread"]

_CHUNK = re.compile(r"[^\s()\[\]\"“”;\ue000-\uf8ff]+")
_SPACED = re.compile(r"(?<![\w.,+\-−–])\d{1,3}(?:[ \u00a0\u2009\u202f'’]\d{3})+(?:[.,]\d{1,2})?(?![\w'’])")
_SIGN = r"(?P<sign>[+\-−])?"
_DIGITS = r"(?P<whole>\d{1,3}(?:,\d{3})+|\d+)(?P<part>\.\d+|,\d{1,2}|,\d{4,})?(?P<power>[eE][+\-−]?\d{1,3})?"
_NUMBER = re.compile(rf"{_SIGN}{_DIGITS}(?P<rest>[^\W\d_]*|%)")
_RANGE = re.compile(r"(?P<low>\d[\d.,]*)[-–—](?P<high>\d[\d.,]*(?:[^\W\d_]*|%))")
_FRACTION = re.compile(r"(?P<above>\d{1,4})/(?P<below>\d{1,4})")
_SIGN_WORD = re.compile(r"\b(minus|negative|plus)\s+$", re.IGNORECASE)
_HEDGE = re.compile(r"(?:\b(\w+)\s+|([~≈])\s*)$")
_BETWEEN = re.compile(r"\s+(?:in|in\s+every|out\s+of|out\s+of\s+every)\s+", re.IGNORECASE)
_BEFORE = 30  # characters in which the word before a number is looked for
_BEHIND = 100  # and its unit
_GLUED = {"k": 10**3, "K": 10**3, "M": 10**6, "bn": 10**9}


@dataclass(frozen=True)
class Mention:
    """A number as a text says it.

    Attributes:
        text: as it stands there, with its unit.
        start, end: where, in characters.
        value: what it says; of a `percent` the number before the sign; meaningless where `unread`.
        step: place of its last digit: 0.1 of `8.7`, 1,000 of `3 thousand`.
        form: `number`; `percent`; percentage `points`; `fraction`, such as `a third`; `unread`: has digits or words of
            number and is none that can be compared.
        unit: as `units.py` spells it; empty for none.
        hedge: word that makes it a rough one, or nothing.
    """

    text: str
    start: int
    end: int
    value: Decimal
    step: Decimal
    form: Form = "number"
    unit: str = ""
    hedge: str = ""


def numbers_in(text: str, units: frozenset[str] = frozenset()) -> list[Mention]:
    """All numbers of a text, in order.

    Args:
        text: a sentence or more.
        units: further units to know, beside the usual ones.
    """
    found: list[Mention] = []
    taken: list[tuple[int, int]] = []
    for mention in [*_spaced(text), *_chunks(text), *_spelled(text)]:
        if all(mention.end <= start or mention.start >= end for start, end in taken):
            found.append(mention)
            taken.append((mention.start, mention.end))
    found.sort(key=lambda each: each.start)
    completed: list[Mention] = []
    for mention in _apart(found):
        if not completed or mention.start >= completed[-1].end:  # not the 100 of the unit `of 100`
            completed.append(_completed(text, mention, units))
    return _in_so_many(text, completed)


def _apart(found: list[Mention]) -> list[Mention]:
    """Without the words of scale that belong to the digits before them."""
    kept: list[Mention] = []
    for mention in found:
        if not (mention.text.lower() in SCALES and kept and kept[-1].form == "number" and _touch(kept[-1], mention)):
            kept.append(mention)
    return kept


def _touch(one: Mention, other: Mention) -> bool:
    return one.text[0].isdigit() and other.start - one.end <= 1


def _spaced(text: str) -> list[Mention]:
    found = []
    for match in _SPACED.finditer(text):
        plain = re.sub(r"[ \u00a0\u2009\u202f'’]", "", match[0])
        number = _NUMBER.fullmatch(plain)
        if number is not None:
            found.append(_mention(match[0], match.start(), number))
    return found


def _chunks(text: str) -> list[Mention]:
    found: list[Mention] = []
    for match in _CHUNK.finditer(text):
        lead = len(match[0]) - len(match[0].lstrip(":'’‘,~≈*"))
        chunk = match[0][lead:].rstrip(".,:!?'’*…")
        if re.search(r"\d", chunk):
            found += _chunk(chunk, match.start() + lead)
    return found


def _chunk(chunk: str, start: int) -> list[Mention]:
    """What one run of characters with a digit says: a number, a range, a fraction, or nothing that can be read."""
    if number := _NUMBER.fullmatch(chunk):
        return [_mention(chunk, start, number)]
    if spread := _RANGE.fullmatch(chunk):
        high = start + spread.start("high")
        return [*_chunk(spread["low"], start), *_chunk(spread["high"], high)]
    if (fraction := _FRACTION.fullmatch(chunk)) and int(fraction["below"]) > 0:
        value = Decimal(int(fraction["above"])) / Decimal(int(fraction["below"]))
        return [Mention(chunk, start, start + len(chunk), value, Decimal("0.01"), "fraction")]
    return [_unread(chunk, start)]


def _unread(text: str, start: int) -> Mention:
    return Mention(text, start, start + len(text), Decimal(0), Decimal(0), "unread")


def _mention(text: str, start: int, number: re.Match[str]) -> Mention:
    part = (number["part"] or "").replace(",", ".")
    power = (number["power"] or "").replace("−", "-")
    value = Decimal(number["whole"].replace(",", "") + part + power)
    step = Decimal(1).scaleb(-max(len(part) - 1, 0) + int(power[1:] or 0))
    if number["sign"] in ("-", "−"):
        value = -value
    rest = number["rest"]
    body = Mention(text, start, start + len(text), value, step)
    if rest in _GLUED:
        return replace(body, value=value * _GLUED[rest], step=step * _GLUED[rest])
    # The unit is read from the text behind the digits, glued or not.
    return replace(body, text=text[: len(text) - len(rest)], end=body.end - len(rest))


def _spelled(text: str) -> list[Mention]:
    found = []
    for start, end, value, step in spelled_in(text):
        form: Form = "unread" if value is None else ("fraction" if step == 0 else "number")
        found.append(Mention(text[start:end], start, end, value or Decimal(0), step, form))
    return found


def _completed(text: str, mention: Mention, units: frozenset[str]) -> Mention:
    """With its sign in words, its scale, its unit, and the word that hedges it."""
    if mention.form == "unread":
        return mention
    form: Form = mention.form
    start, end, value, step = mention.start, mention.end, mention.value, mention.step
    if sign := _SIGN_WORD.search(text[max(start - _BEFORE, 0) : start]):
        value = value if sign[1].lower() == "plus" else -value
        start -= len(sign[0])
    hedge = _hedge(text[max(start - _BEFORE, 0) : start])
    if hedge and mention.form == "number":
        step = max(step, _trailing(value))
    if mention.text[-1].isdigit() and (
        scale := re.match(r"[ \u00a0-]?([a-z]+)\b", text[end : end + _BEHIND], re.IGNORECASE)
    ):
        factor = SCALES.get(scale[1].lower())
        if factor:
            value, step, end = value * factor, max(Decimal(1) * factor * mention.step, step), end + scale.end()
    if not hedge and form == "number" and step > 1 and abs(value) < 10 * step:
        step = Decimal(1)  # `a thousand` is a rounding of 1,004 only where it says about
    unit, length = unit_at(text[end : end + _BEHIND], units)
    end += length
    if form == "number" and unit in (PERCENT, POINTS):
        form, unit = ("percent" if unit == PERCENT else "points"), ""
    elif length == 0 and re.match(r"[^\W\d_]", text[end:]):
        form = "unread"  # a letter glued to the digits that is no unit: `3D`, `5x`
        end += len(re.match(r"\w+", text[end:])[0])  # type: ignore[index]
    return replace(
        mention, text=text[start:end], start=start, end=end, value=value, step=step, form=form, unit=unit, hedge=hedge
    )


def _hedge(before: str) -> str:
    match = _HEDGE.search(before)
    if match is None:
        return ""
    word = (match[1] or match[2]).lower()
    return word if match[2] or word in lexicon().hedges else ""


def _trailing(value: Decimal) -> Decimal:
    """The place of the last digit that is not zero, of a whole number."""
    if value == 0 or value != value.to_integral_value():
        return Decimal(0)
    digits = str(abs(int(value)))
    return Decimal(1).scaleb(len(digits) - len(digits.rstrip("0")))


def _in_so_many(text: str, mentions: list[Mention]) -> list[Mention]:
    """`one in five` as one fraction; larger numbers stay the two counts that they are."""
    joined: list[Mention] = []
    for mention in mentions:
        before = joined[-1] if joined else None
        if before is not None and _is_in_so_many(text, before, mention):
            value = before.value / mention.value
            joined[-1] = replace(
                before, text=text[before.start : mention.end], end=mention.end, value=value, form="fraction"
            )
        else:
            joined.append(mention)
    return joined


def _is_in_so_many(text: str, one: Mention, other: Mention) -> bool:
    plain = all(each.form == "number" and not each.unit for each in (one, other))
    between = _BETWEEN.fullmatch(text[one.end : other.start])
    return plain and between is not None and 0 < one.value < other.value <= 20
