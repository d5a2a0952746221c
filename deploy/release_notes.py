"""The notes of a release: the section of CHANGELOG.md that bears the version of the tag.

    python -m deploy.release_notes v1.2.3

It refuses a tag that is not the version of pyproject.toml, and one that the changelog says nothing of.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_TAG = re.compile(r"v(\d+\.\d+\.\d+)")
_HEADING = re.compile(r"^## \[(?P<version>[^\]]+)\]", re.MULTILINE)


class ReleaseNotesError(Exception):
    """There are no notes for a tag: why, and what to do."""


def notes_of(tag: str, changelog: str, version: str) -> str:
    """What the changelog says of the version that a tag names, without its heading.

    Args:
        tag: `v` and a version.
        changelog: text in the format of Keep a Changelog.
        version: of the package.

    Raises:
        ReleaseNotesError: the tag is none, names another version, or nothing is said of it.
    """
    named = _TAG.fullmatch(tag)
    if named is None:
        raise ReleaseNotesError(f"{tag!r} is no tag of a release; give one like v1.2.3")
    if named[1] != version:
        raise ReleaseNotesError(
            f"the tag {tag} is not the version {version} of pyproject.toml; set the version there, then tag that commit"
        )
    headings = list(_HEADING.finditer(changelog))
    for number, heading in enumerate(headings):
        if heading["version"] == version:
            end = headings[number + 1].start() if number + 1 < len(headings) else len(changelog)
            notes = changelog[changelog.index("\n", heading.end()) : end].strip()
            if notes:
                return notes
            break
    raise ReleaseNotesError(
        f"CHANGELOG.md says nothing of {version}; give what stands under Unreleased the heading `## [{version}] - DATE`"
    )


def main() -> None:
    """Print the notes of the tag that is the first argument."""
    version = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]["version"]
    try:
        sys.stdout.write(notes_of(" ".join(sys.argv[1:]), (_ROOT / "CHANGELOG.md").read_text(), version) + "\n")
    except ReleaseNotesError as error:
        sys.exit(f"Error: {error}")


if __name__ == "__main__":
    main()
