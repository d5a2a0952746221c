"""Units of numbers, and which spellings are the same one."""

from __future__ import annotations

import re

PERCENT = "%"
POINTS = "percentage points"

_SPELLINGS = {
    PERCENT: ("%", "percent", "per cent", "pct"),
    POINTS: ("percentage points", "percentage point", "percent points", "points", "pp", "% points"),
    "basis points": ("basis points", "basis point", "bps"),
    "ms": ("ms", "msec", "millisecond", "milliseconds"),
    "us": ("us", "µs", "μs", "microsecond", "microseconds"),
    "ns": ("ns", "nanosecond", "nanoseconds"),
    "s": ("s", "sec", "second", "seconds"),
    "min": ("min", "minute", "minutes"),
    "h": ("h", "hour", "hours"),
    "days": ("days", "day"),
    "weeks": ("weeks", "week"),
    "months": ("months", "month"),
    "years": ("years", "year"),
    "Hz": ("Hz", "hertz"),
    "kHz": ("kHz", "kilohertz"),
    "mm": ("mm",),
    "m": ("m", "metre", "metres", "meter", "meters"),
    "km": ("km", "kilometre", "kilometres", "kilometer", "kilometers"),
    "ft": ("ft", "feet", "foot"),
    "m/s": ("m/s", "metres per second", "meters per second"),
    "dB": ("dB", "decibel", "decibels"),
    "bytes": ("bytes", "byte", "B"),
    "kB": ("kB", "KB", "kilobyte", "kilobytes"),
    "MB": ("MB", "megabyte", "megabytes"),
    "GB": ("GB", "gigabyte", "gigabytes"),
    "TB": ("TB", "terabyte", "terabytes"),
    "MiB": ("MiB",),
    "GiB": ("GiB",),
    "degrees": ("degrees", "degree", "°"),
}
_CANONICAL = {spelling: unit for unit, spellings in _SPELLINGS.items() for spelling in spellings}
_LONGEST = sorted(_CANONICAL, key=len, reverse=True)


def canonical(unit: str) -> str:
    """The one spelling of a unit; one that is not known stays as it is."""
    return _CANONICAL.get(unit, _CANONICAL.get(unit.lower(), unit)) if unit else ""


def unit_at(text: str, further: frozenset[str] = frozenset()) -> tuple[str, int]:
    """The unit that a text begins with, after a blank or none.

    Args:
        text: what follows a number.
        further: units to know beside the usual ones, as they are spelled.

    Returns:
        The unit in its one spelling and how many characters it takes; nothing and 0 where there is none.
    """
    blank = re.match(r"[ \u00a0\u2009\u202f]?-?", text)
    start = blank.end() if blank else 0
    for spelling in [*sorted(further, key=len, reverse=True), *_LONGEST]:
        end = start + len(spelling)
        found = text[start:end]
        same = found == spelling or (len(spelling) > 3 and found.lower() == spelling.lower())
        if same and not re.match(r"[\w/]", text[end:]) and spelling:
            return canonical(spelling), end
    return "", 0
