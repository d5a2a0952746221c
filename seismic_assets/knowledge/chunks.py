"""Passages: pieces of documents of some hundred characters that end where a sentence or a line ends."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from seismic_assets.knowledge.documents import Document, Kind
from seismic_assets.knowledge.spans import Span, spans_of

CHARACTERS, OVERLAP = 500, 50
_WORD_START = re.compile(r"(?<!\S)\S")
_LINE_START = re.compile(r"(?<![^\n])[^\n]")


@dataclass(frozen=True)
class Passage:
    """A piece of a document.

    Attributes:
        source: of the document.
        title: the document's and the headings that the piece is below, with ` > ` between.
        text: as it stands in the document, from `start`.
        start: position of its first character in the document's text.
        digest: of title, text and questions: 32 hexadecimal digits.
        kind, trusted: of the document.
        asked: questions of people that it answers; they are searched and never shown.
    """

    source: str
    title: str
    text: str
    start: int
    digest: str
    kind: Kind = "page"
    trusted: bool = True
    asked: tuple[str, ...] = ()

    @property
    def context(self) -> str:
        """Title and text."""
        return f"{self.title}\n{self.text}"

    @property
    def searched(self) -> str:
        """Title, text and questions: what methods that count words look at."""
        return "\n".join((self.context, *self.asked))


def passages_of(documents: Iterable[Document], size: int = CHARACTERS, overlap: int = OVERLAP) -> list[Passage]:
    """The passages of all documents, in order.

    A passage never holds text below two headings, and none is a heading alone. It ends at the end of a sentence or
    line, and at that of a word where one of these is longer than a passage; a word that is longer is cut. It begins
    with up to `overlap` characters of the one before, whole words of prose and whole lines of all else.

    Args:
        documents: what to cut.
        size: characters of a passage at most.
        overlap: characters at most that a passage shares with the one before; below half of `size`.

    Raises:
        ValueError: `overlap` is negative or not below half of `size`.
    """
    if not 0 <= 2 * overlap < size:
        raise ValueError(f"an overlap of {overlap} characters is not below half of {size}")
    return [passage for document in documents for passage in _of(document, size, overlap)]


def _of(document: Document, size: int, overlap: int) -> Iterator[Passage]:
    text = document.text
    pieces = [piece for span in spans_of(text) for piece in _no_longer_than(text, span, size)]
    for headings, spans in groupby(pieces, key=lambda each: each.headings):
        section = list(spans)
        if headings and len(section) == 1 and text.startswith("#", section[0].start):
            continue  # a heading alone is in the title of what is below it
        title = " > ".join(dict.fromkeys((document.title, *headings)))
        for start, end in _packed(text, section, size, overlap):
            content = text[start:end]
            digest = hashlib.blake2b(f"{title}\0{content}".encode("utf-8", "surrogatepass"), digest_size=16)
            yield Passage(document.source, title, content, start, digest.hexdigest(), document.kind, document.trusted)


def _packed(text: str, section: Sequence[Span], size: int, overlap: int) -> Iterator[tuple[int, int]]:
    """Bounds of passages: as many spans each as fit, without blank space around them."""
    start, end = section[0].start, section[0].start
    last: Span | None = None
    for span in section:
        if last is not None and _trimmed(text, span) - start > size:
            yield from _bounds(text, start, end)
            earliest = max(start + 1, end - overlap, _trimmed(text, span) - size)
            begins = _WORD_START if last.prose else _LINE_START
            again = begins.search(text, earliest, end) if overlap else None
            start = again.start() if again else span.start
        end, last = _trimmed(text, span), span
    yield from _bounds(text, start, end)


def _bounds(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    content = text[start:end]
    if content.strip():
        yield start + len(content) - len(content.lstrip()), start + len(content.rstrip())


def _trimmed(text: str, span: Span) -> int:
    """Where the span ends without the blank space behind it."""
    return span.start + len(text[span.start : span.end].rstrip())


def _no_longer_than(text: str, span: Span, size: int) -> Iterator[Span]:
    """The span, or pieces of it that end with words where it is longer than a passage."""
    start = span.start
    while _trimmed(text, Span(start, span.end, span.headings, span.prose)) - start > size:
        words = [each.start() for each in _WORD_START.finditer(text, start + 1, min(start + size + 1, span.end))]
        cut = words[-1] if words else start + size
        yield Span(start, cut, span.headings, span.prose)
        start = cut
    yield Span(start, span.end, span.headings, span.prose)
