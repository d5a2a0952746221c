"""Numbers in words: `twelve hundred`, `a third`, `two dozen`."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache

from seismic_assets.llm.checking.words import lexicon

SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12, "dozen": 12}
_WORD = re.compile(r"(?<![\w.])[A-Za-z]+(?![\w])")
_Found = tuple[int, int, Decimal | None, Decimal]


def spelled_in(text: str) -> list[_Found]:
    """Numbers that are written in words.

    Returns:
        Start, end, value (None where words of number make no number) and the place of the last digit (0 of a fraction).
    """
    found: list[_Found] = []
    words = list(_WORD.finditer(text))
    at = 0
    while at < len(words):
        run = _run(text, words, at)
        if run:
            found.append(_read(text, run))
            at += len(run)
        else:
            at += 1
    return found


def _run(text: str, words: list[re.Match[str]], at: int) -> list[re.Match[str]]:
    """The words from this one on that make one number."""
    if not _of_number(words[at][0].lower()):
        return []
    run = [words[at]]
    for word in words[at + 1 :]:
        between = text[run[-1].end() : word.start()]
        joins = word[0].lower() == "and" and run[-1][0].lower() in SCALES
        if not re.fullmatch(r"[ \u00a0]+|-", between) or not (_of_number(word[0].lower()) or joins):
            break
        run.append(word)
    while run and run[-1][0].lower() == "and":
        run.pop()
    return run


def _of_number(word: str) -> bool:
    lists = lexicon()
    known = word in _units() or word in _tens() or word in SCALES or _part(word) is not None
    return known or word in lists.multiples or (word in lists.ordinals and word != "second")


def _part(word: str) -> int | None:
    if word in ("halves", "half"):
        return 2
    return _parts().get(word) or _parts().get(word.removesuffix("s"))


def _read(text: str, run: list[re.Match[str]]) -> _Found:
    words = [match[0].lower() for match in run]
    start, end = run[0].start(), run[-1].end()
    article = re.search(r"\b(an?)\s+$", text[max(start - 10, 0) : start], re.IGNORECASE)
    below = _part(words[-1])
    if below is not None:
        above = _whole(words[:-1]) if len(words) > 1 else (Decimal(1) if article or words[-1] == "half" else None)
        return start, end, None if above is None else above / below, Decimal(0)
    if words == ["zero"]:
        return start, end, Decimal(0), Decimal(1)
    value = _whole(words)
    scale = SCALES.get(words[-1], 1)
    return start, end, value, Decimal(1 if scale == 12 else scale)


def _whole(words: list[str]) -> Decimal | None:
    """The whole number that words make: hundreds within thousands within millions; None where they make none."""
    total, part, last = 0, 0, 10**15
    units: int | None = None  # the smallest place that is filled in the part
    for word in words:
        if word == "and":
            continue
        if word in _units() and (units is None or units > 9 or (units == 10 and _units()[word] < 10)):
            part, units = part + _units()[word], 1
        elif word in _tens() and (units is None or units >= 100):
            part, units = part + _tens()[word], 10
        elif word in ("hundred", "dozen") and (units is None or units < 100):
            part, units = max(part, 1) * SCALES[word], 100
        elif SCALES.get(word, 0) >= 1000 and SCALES[word] < last:
            total, part, units, last = total + max(part, 1) * SCALES[word], 0, None, SCALES[word]
        else:
            return None
    return Decimal(total + part)


@cache
def _units() -> dict[str, int]:
    return {word: number for number, word in enumerate(lexicon().numerals["units"])}


@cache
def _tens() -> dict[str, int]:
    return {word: 10 * number for number, word in enumerate(lexicon().numerals["tens"], start=2)}


@cache
def _parts() -> dict[str, int]:
    pairs = (pair.split("=") for pair in lexicon().numerals["parts"])
    return {word: int(number) for word, number in pairs}
