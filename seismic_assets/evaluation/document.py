"""A document of sections, written as Markdown, as plain text or as an HTML page from the same content."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from seismic_assets.evaluation.page import data_uri, render_page


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of plain text."""

    text: str


@dataclass(frozen=True)
class Bullets:
    """A list of plain sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table of plain text.

    Attributes:
        header: names of the columns.
        rows: cells.
        words: how many of the first columns are words, to the left; the others are numbers, to the right.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: int = 1


@dataclass(frozen=True)
class Picture:
    """A picture.

    Attributes:
        caption: what it shows.
        file: name that Markdown refers to; the PNG is to lie beside it under that name.
        png: its bytes, which the HTML page holds.
    """

    caption: str
    file: str
    png: bytes


_LINE = 100
Block = Paragraph | Bullets | Table | Picture


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it; `level` 2 or 3."""

    title: str
    blocks: tuple[Block, ...]
    level: int = 2


_HTML = """{% for section in sections %}
{% if section.level == 2 %}<h2>{{ section.title }}</h2>{% else %}<h3>{{ section.title }}</h3>{% endif %}
{% for kind, block in section.blocks %}
{% if kind == "Paragraph" %}<p>{{ block.text }}</p>
{% elif kind == "Bullets" %}<ul>{% for item in block["items"] %}<li>{{ item }}</li>{% endfor %}</ul>
{% elif kind == "Table" %}<div class="wide"><table>
{% if block.header|select|first %}<tr>{% for name in block.header %}
<th{% if loop.index > block.words %} class="number"{% endif %}>{{ name }}</th>{% endfor %}</tr>{% endif %}
{% for row in block.rows %}<tr>{% for cell in row %}
{% if loop.first %}<th>{{ cell }}</th>{% elif loop.index <= block.words %}<td class="words">{{ cell }}</td>
{% else %}<td>{{ cell }}</td>{% endif %}{% endfor %}</tr>
{% endfor %}</table></div>
{% else %}<p><img alt="{{ block.caption }}" src="{{ data_uri(block.png) }}"></p>
{% endif %}{% endfor %}{% endfor %}"""


def document_html(title: str, sections: Sequence[Section]) -> str:
    """One HTML file that loads nothing from elsewhere; all text is escaped."""
    shown = [
        {
            "title": section.title,
            "level": section.level,
            "blocks": [(type(block).__name__, block) for block in section.blocks],
        }
        for section in sections
    ]
    return render_page(_HTML, title, sections=shown, data_uri=data_uri)


def document_markdown(title: str, sections: Sequence[Section]) -> str:
    """GitHub-flavoured Markdown; all text is escaped, pictures are referred to by file name."""
    parts = [f"# {escape_markdown(title)}"]
    for section in sections:
        parts += [f"{'#' * section.level} {escape_markdown(section.title)}", *map(_markdown, section.blocks)]
    return "\n\n".join(part for part in parts if part) + "\n"


def document_text(title: str, sections: Sequence[Section]) -> str:
    """Plain text for a terminal or a mail: lines of up to 100 characters, tables in columns, pictures by name."""
    parts = [_underlined(title, "=")]
    for section in sections:
        parts += [_underlined(section.title, "-" if section.level == 2 else "."), *map(_text, section.blocks)]
    return "\n\n".join(part for part in parts if part) + "\n"


def escape_markdown(text: str) -> str:
    """Text that renders as itself in a paragraph, a list item or a cell: one line, what has a meaning escaped."""
    line = " ".join(text.split())
    line = re.sub(r"([\\`*\[\]<>|~&$])", r"\\\1", line)
    # An underscore within a word is left as it is, so that the names of features stay readable.
    line = re.sub(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", r"\\_", line)
    line = re.sub(r"^([-+=#])(?!\d)", r"\\\1", line)
    line = re.sub(r"(?<=\s)(#+)$", lambda found: found[0].replace("#", "\\#"), line)
    return re.sub(r"^(\d+)([.)])(?=\s|$)", r"\1\\\2", line)


def _markdown(block: Block) -> str:
    match block:
        case Paragraph(text):
            return escape_markdown(text)
        case Bullets(items):
            return "\n".join(f"- {escape_markdown(item)}" for item in items)
        case Picture(caption, file, _):
            return f"![{escape_markdown(caption)}]({file})"
        case Table(header, rows, words):
            rule = ["---" if index < words else "---:" for index in range(len(header))]
            lines = [map(escape_markdown, header), rule, *(map(escape_markdown, row) for row in rows)]
            return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _text(block: Block) -> str:
    match block:
        case Paragraph(text):
            return textwrap.fill(text, _LINE)
        case Bullets(items):
            return "\n".join(textwrap.fill(f"- {item}", _LINE, subsequent_indent="  ") for item in items)
        case Picture(caption, file, _):
            return f"[{caption}: {file}]"
        case Table(header, rows, words):
            lines = [tuple(map(_one_line, line)) for line in ((header, *rows) if any(header) else rows)]
            widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
            return "\n".join(_columns(line, widths, words) for line in lines)


def _columns(cells: Sequence[str], widths: Sequence[int], words: int) -> str:
    padded = [
        cell.ljust(width) if column < words else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(padded).rstrip()


def _one_line(cell: str) -> str:
    return " ".join(cell.split())


def _underlined(title: str, line: str) -> str:
    return f"{_one_line(title)}\n{line * len(_one_line(title))}"
