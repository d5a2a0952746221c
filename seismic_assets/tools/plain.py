"""Answers as JSON holds them: plain types, no longer than they may be, and no folder of the server in them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

TEXT_CHARACTERS = 2000
LIST_VALUES = 50
_DEPTH = 6
_NUMBERS = {math.inf: "Infinity", -math.inf: "-Infinity"}
_ABSOLUTE = re.compile(r"(?<![\w.<>/])/(?:[^\s/'\"(),;:<>]+/)+[^\s/'\"(),;:<>]*")


def plain(value: Any, depth: int = 0) -> Any:
    """A value of a table as JSON holds it.

    Numbers that JSON has no word for become `NaN`, `Infinity` and `-Infinity` as texts, bytes their number, times ISO
    8601; long texts and lists are cut and say so.
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else _NUMBERS.get(value, "NaN")
    if isinstance(value, str):
        return cut(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(value)} bytes>"
    if isinstance(value, datetime | date | time | timedelta | Decimal):
        return value.isoformat() if hasattr(value, "isoformat") else str(value)
    return _nested(value, depth)


def _nested(value: Any, depth: int) -> Any:
    if depth >= _DEPTH:
        return "..."
    if isinstance(value, Mapping):
        return {cut(str(key), 200): plain(each, depth + 1) for key, each in list(value.items())[:LIST_VALUES]}
    if isinstance(value, Sequence | set | frozenset):
        every = list(value)
        shown = [plain(each, depth + 1) for each in every[:LIST_VALUES]]
        return shown if len(every) <= LIST_VALUES else [*shown, f"... {len(every) - LIST_VALUES} more"]
    return plain(value.item(), depth + 1) if hasattr(value, "item") else cut(str(value))


def cut(text: str, most: int = TEXT_CHARACTERS) -> str:
    """A text of at most so many characters, and how many were cut off; no half of a pair of surrogates in it."""
    safe = text.encode(errors="replace").decode()
    return safe if len(safe) <= most else f"{safe[:most]}... ({len(safe) - most} characters more)"


def printable(text: str) -> str:
    """A text without what would steer a terminal."""
    return "".join(each for each in text if each.isprintable() or each in "\n\t")


def without_places(value: Any, places: Mapping[str, str]) -> Any:
    """An answer without the folders of the server.

    Args:
        value: of plain types.
        places: what stands for each folder, by its absolute path.
    """
    if isinstance(value, str):
        return _named(value, places)
    if isinstance(value, Mapping):
        return {_named(str(key), places): without_places(each, places) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [without_places(each, places) for each in value]
    return value


def sentence_without_places(text: str, places: Mapping[str, str]) -> str:
    """A sentence without the folders of the server, nor any other absolute path."""
    return cut(_ABSOLUTE.sub("<path>", _named(" ".join(text.split()), places)), 1000)


def _named(text: str, places: Mapping[str, str]) -> str:
    for place in sorted(places, key=len, reverse=True):
        text = text.replace(place, places[place])
    return text
