"""Which form an answer has: what the header Accept asks for."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache

from fastapi import HTTPException


class Form(StrEnum):
    """A form of requests or answers, with its media type as the value."""

    JSON = "application/json"
    RAW = "application/octet-stream"
    ARROW = "application/vnd.apache.arrow.stream"
    CSV = "text/csv"
    PARQUET = "application/vnd.apache.parquet"


@lru_cache(maxsize=256)
def choose(accept: str, offered: tuple[Form, ...], default: Form) -> Form:
    """The form that an Accept header prefers among those offered (RFC 9110, section 12.5.1).

    Args:
        accept: the header; empty accepts everything.
        offered: what can be given.
        default: what is given where the header leaves it open.

    Raises:
        HTTPException: 406, none of those offered is accepted.
    """
    ranges = [_parse(each) for each in accept.split(",")] if accept.strip() else []
    if not ranges:
        return default
    first = [default, *(form for form in offered if form is not default)]
    best = max(first, key=lambda form: _quality(form, ranges))
    if _quality(best, ranges) <= 0:
        raise HTTPException(406, f"the answer can be {_listed(offered)}; ask for one of these in the header Accept")
    return best


def _parse(media_range: str) -> tuple[str, float]:
    name, *parameters = (part.strip().lower() for part in media_range.split(";"))
    quality = next((each[2:] for each in parameters if each.startswith("q=")), "1")
    try:
        number = float(quality)
    except ValueError:
        return name, 0.0
    return name, min(number, 1.0) if number > 0 else 0.0  # nor is a NaN


def _quality(form: Form, ranges: Sequence[tuple[str, float]]) -> float:
    """Of the most specific range that a form falls into."""
    for name in (form.value, form.value.split("/")[0] + "/*", "*/*"):
        found = [quality for each, quality in ranges if each == name]
        if found:
            return max(found)
    return 0.0


def _listed(forms: Sequence[Form]) -> str:
    return ", ".join(form.value for form in forms)
