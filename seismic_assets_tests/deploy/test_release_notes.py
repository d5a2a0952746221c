import subprocess
import sys
from pathlib import Path

import pytest

from deploy.release_notes import ReleaseNotesError, notes_of

ROOT = Path(__file__).parents[2]
CHANGELOG = """# Changelog

## [Unreleased]

### Added

- what comes

## [1.2.3] - 2026-11-22

### Added

- a thing

### Fixed

- another

## [1.2.2] - 2026-11-01

- the first
"""


def test_the_notes_are_the_section_of_the_version() -> None:
    assert notes_of("v1.2.3", CHANGELOG, "1.2.3") == "### Added\n\n- a thing\n\n### Fixed\n\n- another"


def test_the_last_section_ends_with_the_file() -> None:
    assert notes_of("v1.2.2", CHANGELOG, "1.2.2") == "- the first"


def test_a_tag_that_is_not_the_version_is_refused() -> None:
    with pytest.raises(ReleaseNotesError, match=r"v1\.2\.3 is not the version 1\.2\.4"):
        notes_of("v1.2.3", CHANGELOG, "1.2.4")


@pytest.mark.parametrize("tag", ["", "1.2.3", "v1.2", "v1.2.3rc1", "v1.2.3; rm -r x"])
def test_what_is_no_tag_is_refused(tag: str) -> None:
    with pytest.raises(ReleaseNotesError, match="is no tag"):
        notes_of(tag, CHANGELOG, "1.2.3")


@pytest.mark.parametrize(
    "changelog", [CHANGELOG.replace("1.2.3", "9.9.9"), "# Changelog\n\n## [1.2.3]\n\n## [1.2.2]\n"]
)
def test_a_version_of_which_nothing_is_said_is_refused(changelog: str) -> None:
    with pytest.raises(ReleaseNotesError, match=r"says nothing of 1\.2\.3"):
        notes_of("v1.2.3", changelog, "1.2.3")


def test_as_a_program_it_ends_in_one_sentence() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "deploy.release_notes", "v99.0.0"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert result.returncode == 1
    assert result.stderr.startswith("Error: the tag v99.0.0 is not the version")
    assert result.stdout == ""
