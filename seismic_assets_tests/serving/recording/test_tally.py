from collections.abc import Iterator
from pathlib import Path

import pytest

from seismic_assets.serving.recording.tally import Counts, Tally, dead_tally


@pytest.fixture
def tally(tmp_path: Path) -> Iterator[Tally]:
    tally = Tally(tmp_path, "app", 2)
    yield tally
    tally.close(keep=True)


def test_what_was_counted_before_there_was_a_file_is_in_it(tally: Tally, tmp_path: Path) -> None:
    tally.counts[0] = 3
    assert not tally.secured()
    tally.move(tally.prepare())
    tally.counts[5] = 7
    assert tally.secured()
    tally.close(keep=True)

    dead = dead_tally(tmp_path / "app.tally")
    assert dead is not None
    dead.close()
    assert dead.tables == [Counts(3, 0, 0, 0), Counts(0, 7, 0, 0)]


def test_the_tally_of_a_living_process_is_not_dead(tally: Tally, tmp_path: Path) -> None:
    tally.move(tally.prepare())
    assert dead_tally(tmp_path / "app.tally") is None


def test_a_tally_whose_file_was_removed_gets_another_one(tally: Tally, tmp_path: Path) -> None:
    tally.move(tally.prepare())
    tally.counts[0] = 4
    (tmp_path / "app.tally").unlink()
    assert not tally.secured()
    tally.move(tally.prepare())
    assert tally.secured()
    assert tally.counts[0] == 4


def test_a_tally_that_all_was_written_of_leaves_nothing(tally: Tally, tmp_path: Path) -> None:
    tally.move(tally.prepare())
    tally.close(keep=False)
    tally.counts[0] += 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"12345678", b"x" * 80, b"1234567"], ids=str)
def test_a_file_that_is_no_tally_is_left_alone(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "app.tally"
    path.write_bytes(content)
    assert dead_tally(path) is None
    assert path.read_bytes() == content


def open_files() -> int:
    """How many this process has open, where the system says so."""
    listed = Path("/proc/self/fd")
    return len(list(listed.iterdir())) if listed.exists() else 0


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    before = open_files()
    for _ in range(5):
        tally = Tally(tmp_path, "app", 1)
        tally.move(tally.prepare())
        assert dead_tally(tmp_path / "app.tally") is None
        tally.close(keep=True)
        dead = dead_tally(tmp_path / "app.tally")
        assert dead is not None
        dead.close()
    after = open_files()
    assert after == before
