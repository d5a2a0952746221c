"""JSON and HTML as lines of plain text that can be searched and read."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

_BLOCK_NAMES = "p div section article h1 h2 h3 h4 h5 h6 li tr table ul ol figure figcaption br header main"
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_CELLS = frozenset(("td", "th"))
_HEADINGS = {f"h{level}": "#" * level for level in range(1, 7)}
_SILENT = frozenset(("script", "style", "svg", "template"))
_MOST_VALUES = 24


def json_text(value: Any) -> str:
    """JSON as lines: an object of plain values is one line `path: name value, ...`, below the names that lead to it.

    Args:
        value: as `json.loads` gives it.
    """
    return "\n".join(_lines(value, ""))


def _lines(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        yield from _of_object(value, path)
    elif isinstance(value, list) and any(isinstance(each, dict | list) for each in value):
        for each in value:
            yield from _lines(each, path)
    else:
        yield f"{path}: {_plain(value)}" if path else _plain(value)


def _of_object(value: dict[str, Any], path: str) -> Iterator[str]:
    simple = {name: each for name, each in value.items() if _is_plain(each)}
    if simple:
        said = ", ".join(f"{_words(name)} {_plain(each)}" for name, each in simple.items())
        yield f"{path}: {said}." if path else f"{said}."
    for name, each in value.items():
        if name not in simple:
            yield from _lines(each, f"{path} / {_words(name)}" if path else _words(name))


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return not any(isinstance(each, dict | list) for each in value)
    return not isinstance(value, dict)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _plain(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        more = f" and {len(value) - _MOST_VALUES} more" if len(value) > _MOST_VALUES else ""
        return (" ".join(map(_plain, value[:_MOST_VALUES])) or "none") + more
    return str(value) or "none"


def html_text(page: str) -> str:
    """The text of an HTML page: a line a block, headings with `#` as in Markdown, cells with a bar between."""
    reader = _Text()
    reader.feed(page)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.pieces).split("\n"))
    return "\n".join(line for line in lines if line)


class _Text(HTMLParser):
    """Gathers what a reader of the page sees."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        elif tag in _HEADINGS:
            self.pieces.append(f"\n{_HEADINGS[tag]} ")
        elif tag in _BLOCKS:
            self.pieces.append("\n")
        elif tag in _CELLS:
            self.pieces.append(" | ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in _BLOCKS or tag in _HEADINGS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.pieces.append(data.replace("\n", " "))
