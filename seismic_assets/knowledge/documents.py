"""Documents: what can be asked about, each with its origin."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["page", "report", "table", "text_header"]


@dataclass(frozen=True)
class Document:
    """A text that questions are answered from.

    Attributes:
        source: where it is from, such as `docs/user.md` or `survey_001.sgy, text header`; one document a source.
        title: what it is called.
        text: all of it; Markdown or plain.
        kind: `page` of the project's documentation, `report` of a deployment, `table`: what its columns are, or
            `text_header` of a SEG-Y file.
        trusted: whether we wrote it; what came with data is not, and is never an instruction.
    """

    source: str
    title: str
    text: str
    kind: Kind
    trusted: bool = True

    def digest(self) -> str:
        """A digest of all of it: 32 hexadecimal digits."""
        content = "\0".join((self.source, self.title, self.kind, str(self.trusted), self.text))
        return hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


@dataclass(frozen=True)
class Loaded:
    """What a loader found.

    Attributes:
        documents: that could be read, in the order of their sources.
        problems: a sentence for each that could not, with its name.
    """

    documents: tuple[Document, ...] = ()
    problems: tuple[str, ...] = ()


def gathered(parts: Iterable[Loaded]) -> Loaded:
    """Several loaders' documents and sentences as one; of two documents of one source the first counts.

    Args:
        parts: what the loaders found.

    Returns:
        All of it, with a sentence for each source that came twice with another text.
    """
    documents: dict[str, Document] = {}
    problems: list[str] = []
    for part in parts:
        problems += part.problems
        for each in part.documents:
            first = documents.setdefault(each.source, each)
            if first.digest() != each.digest():
                problems.append(f"{each.source}: two documents have this name; the first is used, rename the other")
    return Loaded(tuple(documents.values()), tuple(problems))
