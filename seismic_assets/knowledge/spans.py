"""A text in parts that belong together: sentences of prose, lines of tables and code, each below its headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

_HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*\s*$")
_FENCE = re.compile(r"^\s*(```|~~~)")
_LINE_BY_ITSELF = re.compile(r"^(\||<|    |\t|C\s?\d+ )")  # a row of a table, HTML, code, a card of a text header
_ITEM = re.compile(r"^\s{0,3}([-*+]|\d+[.)])\s+")
# After the end of a sentence comes blank space and no small letter: `e.g. this` is not one.
_SENTENCE_END = re.compile(r"""[.!?:]["')\]`*]*\s+(?=[^\sa-z])""")


@dataclass(frozen=True)
class Span:
    """A part of a text, with the blank space behind it.

    Attributes:
        start, end: positions in the text; the next span starts where this one ends.
        headings: that it is below, the outermost first.
        prose: whether it is a sentence; else it is a line.
    """

    start: int
    end: int
    headings: tuple[str, ...]
    prose: bool


def spans_of(text: str) -> list[Span]:
    """The whole text as spans, in order, without a gap."""
    found: list[Span] = []
    for start, end, headings, prose in _blocks(text):
        cuts = [start + each.end() for each in _SENTENCE_END.finditer(text[start:end])] if prose else []
        bounds = [start, *cuts, end]
        found += [Span(a, b, headings, prose) for a, b in pairwise(bounds) if b > a]
    return found


def _blocks(text: str) -> Iterator[tuple[int, int, tuple[str, ...], bool]]:
    """Paragraphs, items and lines, each with the blank lines behind it: start, end, headings, whether it is prose."""
    levels: dict[int, str] = {}
    block: tuple[int, tuple[str, ...], bool] | None = None
    fenced, at, ended = False, 0, False
    for line in text.splitlines(keepends=True):
        fence = _FENCE.match(line) is not None
        heading = None if fenced or fence else _HEADING.match(line)
        prose = not (fenced or fence or heading or _LINE_BY_ITSELF.match(line))
        goes_on = not line.strip() or (block is not None and block[2] and prose and not ended and not _ITEM.match(line))
        if heading:
            level = len(heading.group(1))
            levels = {each: name for each, name in levels.items() if each < level} | {level: heading.group(2)}
        if not goes_on or block is None:
            if block is not None:
                yield block[0], at, block[1], block[2]
            block = (at, tuple(levels[each] for each in sorted(levels)), prose)
        fenced = fenced != fence
        ended = not line.strip()
        at += len(line)
    if block is not None:
        yield block[0], at, block[1], block[2]
