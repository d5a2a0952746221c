import pytest

from seismic_assets.objects import ObjectAddress
from seismic_assets.objects.delta import delta_tables, log_mark
from seismic_assets.objects.files import (
    is_folder,
    listed,
    move_folder,
    read_whole,
    remove_files,
    size_below,
    sizes_of,
    write_whole,
)
from seismic_assets_tests.object_store import BUCKET


@pytest.fixture(params=["folder", "store"])
def place(request, tmp_path):
    """The same is asked of a folder and of a store."""
    if request.param == "folder":
        return tmp_path / "place"
    request.getfixturevalue("access")
    return ObjectAddress(BUCKET, f"files-{request.node.name.partition('[')[0]}")


def test_what_is_not_there_is_nothing(place):
    assert (is_folder(place), listed(place), size_below(place)) == (False, [], 0)
    assert (read_whole(place / "a"), sizes_of([place / "a"]), sizes_of([])) == (None, [None], [])
    assert delta_tables(place) == {}
    remove_files([place / "a"])


def test_what_is_written_is_read_and_replaced(place):
    write_whole(place / "a", b"one")
    write_whole(place / "a", b"three")
    write_whole(place / "b" / "c", b"four.")

    assert read_whole(place / "a") == b"three"
    assert is_folder(place) and not is_folder(place / "a")
    assert size_below(place) == 10
    assert sizes_of([place / "a", place / "b", place / "x"]) == [5, None, None]


def test_what_is_removed_is_gone(place):
    write_whole(place / "a", b"one")

    remove_files([place / "a"])

    assert read_whole(place / "a") is None


def test_a_folder_is_moved_with_all_that_is_in_it(place):
    write_whole(place / "a" / "x", b"one")
    write_whole(place / "a" / "b" / "y", b"two")

    move_folder(place / "a", place / "aside" / "1")

    assert read_whole(place / "aside" / "1" / "x") == b"one" and read_whole(place / "aside" / "1" / "b" / "y") == b"two"
    assert read_whole(place / "a" / "x") is None


def test_tables_are_told_by_their_logs_and_a_commit_by_its_mark(place):
    write_whole(place / "traces" / "_delta_log" / "0.json", b"{}")
    write_whole(place / "other" / "x.json", b"{}")
    assert delta_tables(place) == {"traces": place / "traces"}
    before = log_mark(place / "traces")
    assert log_mark(place / "traces") == before

    write_whole(place / "traces" / "_delta_log" / "1.json", b"{}")

    assert log_mark(place / "traces") != before


def test_a_table_without_a_log_has_no_mark(place):
    with pytest.raises(OSError):
        log_mark(place / "nothing")
