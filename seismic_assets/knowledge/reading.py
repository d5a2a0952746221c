"""Files as text: read with a bound on their size, and told in a sentence where that fails."""

from __future__ import annotations

import re
from pathlib import Path

MOST_BYTES = 4 * 2**20
_H1 = re.compile(r"^#\s+(.+?)\s*$", re.MULTILINE)


class Unreadable(Exception):
    """A file that is passed over; the message says which and why."""


def read_text(path: Path, name: str) -> str:
    """The text of a file.

    Args:
        path: of the file.
        name: what a sentence calls it.

    Raises:
        Unreadable: it is gone, too large, no UTF-8, empty, or may not be read.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise Unreadable(f"{name}: {error.strerror or error}; it is left out") from error
    if len(content) > MOST_BYTES:
        raise Unreadable(f"{name}: more than {MOST_BYTES // 2**20} MB are no document; it is left out")
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise Unreadable(f"{name}: byte {error.start} is no UTF-8; it is left out, save it as UTF-8") from error
    if not text.strip():
        raise Unreadable(f"{name}: it is empty; it is left out")
    return text


def first_heading(text: str, otherwise: str) -> str:
    """The first `# heading` of Markdown, or another title where it has none."""
    found = _H1.search(text)
    return found.group(1) if found else otherwise
