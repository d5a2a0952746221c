"""Textual headers of SEG-Y files as documents: what somebody typed into a file, and nothing that is trusted."""

from __future__ import annotations

import re
from collections.abc import Iterable

from seismic_assets.knowledge.documents import Document, Loaded
from seismic_assets.llm.prompts.quoting import redacted

_MOST = 20_000  # characters: the 3,200 of the standard's header and five extended ones
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_EMPTY_CARD = re.compile(r"^C\s*\d+\s*$")


def header_documents(headers: Iterable[tuple[str, str]]) -> Loaded:
    """A document a file; blank cards are left out, as are characters that no terminal should get, and what is secret.

    Args:
        headers: name of the file, and its text, decoded.

    Returns:
        Documents that are not trusted, with `<name>, text header` as source, and a sentence for each text that is too
        long or empty.
    """
    documents, problems = [], []
    for name, text in headers:
        shown = _CONTROL.sub("", name)
        lines = [_CONTROL.sub("", line).rstrip() for line in redacted(text[:_MOST]).splitlines()]
        content = "\n".join(line for line in lines if line and not _EMPTY_CARD.match(line))
        if len(text) > _MOST:
            problems.append(f"{shown}: its text header is longer than {_MOST:,} characters; the rest is left out")
        if content:
            title = f"Textual header (EBCDIC, text header) of {shown}"
            documents.append(Document(f"{shown}, text header", title, content, "text_header", trusted=False))
        else:
            problems.append(f"{shown}: its text header is empty; it is left out")
    return Loaded(tuple(documents), tuple(problems))
