"""A file is replaced whole or not at all."""

from pathlib import Path

import pytest

from seismic_assets.whole_files import replace_file
from seismic_assets_tests.small_disk import fill, small_disk


def test_the_new_content_takes_the_place_of_the_old(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    replace_file(path, "old")
    replace_file(path, "né".encode())
    assert path.read_text() == "né"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_of_the_owner_alone_is_one_from_the_start(tmp_path: Path) -> None:
    replace_file(tmp_path / "keys.json", b"{}", 0o600)
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600


def test_what_cannot_be_put_in_place_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "report.json").mkdir()
    with pytest.raises(OSError, match=r"report\.json"):
        replace_file(tmp_path / "report.json", "new")
    assert [each.name for each in tmp_path.iterdir()] == ["report.json"]


def test_a_disk_without_room_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 1) as disk:
        fill(disk)
        with pytest.raises(OSError, match="No space left") as caught:
            replace_file(disk / "report.json", "new")
        assert [each.name for each in disk.iterdir()] == ["filling"]
    assert caught.value.filename == str(tmp_path / "disk" / "report.json")
