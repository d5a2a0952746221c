"""The project's documentation: README.md and docs/*.md, of a checkout or as it lies in the package."""

from __future__ import annotations

import re
from pathlib import Path

from seismic_assets.knowledge.documents import Document, Loaded
from seismic_assets.knowledge.reading import Unreadable, first_heading, read_text

_PACKAGE = Path(__file__).resolve().parent
_SHIPPED = _PACKAGE / "pages"
_CHECKOUT = _PACKAGE.parent.parent
# A tag and the words for those who do not see it would be half of a passage, and answer nothing.
_PICTURE = re.compile(r"^<img [^>]*>\n*", re.MULTILINE)


def docs_root(root: Path | None = None) -> Path | None:
    """The folder that holds `README.md` and `docs/`.

    Args:
        root: a folder to look in, and nowhere else; None for the checkout that the package is run from, or else for
            the copy that comes with an installed package.

    Returns:
        The folder, or None where there is none.
    """
    for folder in (root,) if root is not None else (_CHECKOUT, _SHIPPED):
        if (folder / "docs").is_dir() and (folder / "README.md").is_file():
            return folder
    return None


def project_docs(root: Path | None = None) -> Loaded:
    """README.md and docs/*.md without their pictures; `source` is the path below the folder that has both.

    Args:
        root: as of `docs_root`.

    Returns:
        The documents, and a sentence where there are none or one cannot be read.
    """
    folder = docs_root(root)
    if folder is None:
        return Loaded(problems=(f"{root or _SHIPPED}: no README.md beside a folder docs; its pages are left out",))
    documents, problems = [], []
    for path in (folder / "README.md", *sorted((folder / "docs").glob("*.md"))):
        name = path.relative_to(folder).as_posix()
        try:
            text = _PICTURE.sub("", read_text(path, name))
        except Unreadable as problem:
            problems.append(str(problem))
        else:
            documents.append(Document(name, first_heading(text, name), text, "page"))
    return Loaded(tuple(documents), tuple(problems))
