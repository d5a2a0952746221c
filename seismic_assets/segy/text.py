"""Textual headers: EBCDIC or ASCII, and the extended ones with their stanzas."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

TEXT_HEADER_BYTES = 3200
_LINE = 80
_EBCDIC = "cp500"
_STANZA = re.compile(r"\(\(\s*([^()]+?)\s*\)\)")
_COMMON = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,:;()[]{}-/=+_*&#'\"%<>!?@$^~|\\\n\r\t"
)
Encoding = Literal["EBCDIC", "ASCII", "none"]


@dataclass(frozen=True)
class TextHeader:
    """Textual headers of a file.

    Attributes:
        encoding: `EBCDIC`, `ASCII`, or `none` where there is no text.
        lines: the 40 lines of the first header without blanks at their ends; empty ones at the end left out.
        extended: the text of each extended header.
        stanzas: names of the stanzas in them, such as `SEG: Location Data`.
    """

    encoding: Encoding
    lines: tuple[str, ...]
    extended: tuple[str, ...] = ()
    stanzas: tuple[str, ...] = ()


def decode_text(block: bytes) -> tuple[Encoding, str]:
    """A 3,200-byte block as text, and how it is coded: whichever reading gives more characters that people write."""
    filled = bytes(byte for byte in block if byte)
    if not filled:
        return "none", ""
    readings: dict[Encoding, str] = {
        "EBCDIC": block.decode(_EBCDIC),
        "ASCII": block.decode("ascii", errors="replace"),
    }
    encoding = max(readings, key=lambda name: _share(readings[name]))
    return encoding, readings[encoding]


def looks_like_text(block: bytes) -> bool:
    """Whether most bytes that are not zero are characters that people write, in one of the codes."""
    filled = bytes(byte for byte in block if byte)
    if not filled:
        return False
    return max(_share(filled.decode(_EBCDIC)), _share(filled.decode("ascii", errors="replace"))) > 0.9


def begins_stanza(block: bytes) -> bool:
    """Whether an extended header begins with a stanza's name, `((...`, in either code."""
    return block[:2] in (b"((", "((".encode(_EBCDIC))


def ends_texts(block: bytes) -> bool:
    """Whether an extended header is the last one, by its `((SEG: EndText))` stanza."""
    return any(name.replace(" ", "").upper() == "SEG:ENDTEXT" for name in stanza_names(block))


def stanza_names(block: bytes) -> tuple[str, ...]:
    """Names of the stanzas that begin in an extended header."""
    ebcdic = block[:2] == "((".encode(_EBCDIC)  # its marks tell; what follows may be a document's bytes
    text = block.decode(_EBCDIC) if ebcdic else decode_text(block)[1]
    return tuple(" ".join(name.split()) for name in _STANZA.findall(text))


def text_header(first: bytes, extended: list[bytes]) -> TextHeader:
    """The textual headers of a file from their 3,200-byte blocks."""
    encoding, text = decode_text(first)
    pages = tuple(_tidy(decode_text(block)[1]) for block in extended)
    stanzas = tuple(name for block in extended for name in stanza_names(block))
    return TextHeader(encoding, tuple(_tidy(text).split("\n")) if text.strip() else (), pages, stanzas)


def _share(text: str) -> float:
    return sum(character in _COMMON for character in text) / max(len(text), 1)


def _tidy(text: str) -> str:
    """Lines of 80 characters, control characters as blanks, without blanks and empty lines at the end."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return "\n".join(printable[at : at + _LINE].rstrip() for at in range(0, len(printable), _LINE)).rstrip("\n")
