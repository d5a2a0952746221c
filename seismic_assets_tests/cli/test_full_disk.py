"""Commands that write, on a disk without room: one sentence, status 2, and no file that is half there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from seismic_assets_tests.commands import seismic
from seismic_assets_tests.small_disk import fill, small_disk

SIZE = ("--inlines", "8", "--crosslines", "16", "--samples", "128")


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("full") / "landing"
    assert seismic("survey", folder, *SIZE).returncode == 0
    return folder


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", 2) as disk:
        fill(disk)
        yield disk


@pytest.mark.parametrize("command", ["run", "survey", "inspect"])
def test_a_full_disk_is_one_sentence_and_leaves_no_file(command: str, landing: Path, full: Path) -> None:
    arguments = {
        "run": ("--landing-dir", landing, "--storage-root", full / "storage"),
        "survey": (full / "made", *SIZE),
        "inspect": (next(landing.glob("*.sgy")), "--picture", full / "picture.png"),
    }

    result = seismic(command, *arguments[command])

    assert result.returncode == 2
    assert result.stderr.strip().startswith(f"Error: {full}")
    assert result.stderr.strip().count("\n") == 0
    assert "No space left on device; free space on that disk" in result.stderr
    assert [path.name for path in full.rglob("*") if path.is_file()] == ["filling"]
