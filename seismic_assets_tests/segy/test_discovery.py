import os
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismic_assets.segy import LandingFolderError, digest_file, file_id_of, list_segy_files
from seismic_assets_tests.ordinary_user import open_folder, ordinary_user
from seismic_assets_tests.segy.building import write_line

# Close to each other on purpose: the characters that are replaced, and the one they are replaced by.
part = st.text(st.sampled_from("aB1._- /…é,'\"%=\\\n"), min_size=1, max_size=8)
relative = st.one_of(part, st.text(min_size=1, max_size=300), st.lists(part, min_size=1).map("/".join)).map(
    lambda stem: f"{stem}.sgy"
)


@given(relative)
def test_an_id_is_safe_as_partition_key_and_folder_name(path):
    file_id = file_id_of(path)
    assert set(file_id) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
    assert ".." not in file_id
    assert 0 < len(file_id) <= 200


@given(st.lists(relative, unique=True, max_size=30))
def test_different_paths_have_different_ids(paths):
    assert len({file_id_of(path) for path in paths}) == len(paths)


def test_a_safe_name_is_its_own_id_and_the_id_is_stable():
    assert file_id_of("F3_block-1.sgy") == "F3_block-1.sgy"
    assert file_id_of("north/line 1.sgy") == file_id_of("north/line 1.sgy") != file_id_of("north_line_1.sgy")


def test_files_are_found_by_suffix_below_the_folder_sorted_by_id(tmp_path):
    for name in ("b.sgy", "a.SEGY", "sub/c.SgY", "notes.txt", "sgy"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x" * 10)
    found = list_segy_files(tmp_path)
    assert [landed.relative for landed in found] == ["a.SEGY", "b.sgy", "sub/c.SgY"]
    assert [landed.file_id for landed in found] == sorted(landed.file_id for landed in found)
    status = (tmp_path / "b.sgy").stat()
    assert found[1].stamp == (10, status.st_mtime_ns, status.st_ctime_ns)


def test_hidden_files_excluded_files_folders_and_dangling_links_are_passed_over(tmp_path):
    for name in ("kept.sgy", ".hidden.sgy", ".trash/old.sgy", "labels.sgy", "folder.sgy/inner.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "dangling.sgy").symlink_to(tmp_path / "nothing")
    found = list_segy_files(tmp_path, exclude=[(tmp_path / "labels.sgy").resolve()])
    assert [landed.relative for landed in found] == ["kept.sgy"]


def test_a_name_that_is_not_utf8_is_found(tmp_path):
    try:
        (tmp_path / os.fsdecode(b"\xff.sgy")).touch()
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    (landed,) = list_segy_files(tmp_path)
    assert landed.relative == "\ufffd.sgy"
    assert landed.file_id == file_id_of(os.fsdecode(b"\xff.sgy"))


def test_a_path_longer_than_a_file_name_may_be_has_a_short_id(tmp_path):
    deep = tmp_path / ("d" * 120) / ("e" * 120)
    deep.mkdir(parents=True)
    (deep / f"{'f' * 200}.sgy").touch()
    (landed,) = list_segy_files(tmp_path)
    (tmp_path / f"file_id={landed.file_id}").mkdir()


@pytest.mark.parametrize("name", ["missing", "file"])
def test_a_landing_folder_that_is_none_is_refused_with_the_setting(tmp_path, name):
    (tmp_path / "file").touch()
    with pytest.raises(LandingFolderError, match=rf"The landing folder {tmp_path / name} .*SEISMIC_LANDING_DIR"):
        list_segy_files(tmp_path / name)


def test_a_landing_folder_that_may_not_be_read_is_refused_and_not_taken_for_empty():
    with open_folder() as folder:
        landing = folder / "landing"
        landing.mkdir()
        write_line(landing / "a.sgy")
        for path in (landing, folder):
            path.chmod(0o700 if os.geteuid() == 0 else 0)
            with ordinary_user(), pytest.raises(LandingFolderError, match="may not be read; grant this user"):
                list_segy_files(landing)
            path.chmod(0o755)


def test_equal_bytes_have_equal_digests_whatever_the_chunk(tmp_path):
    first = write_line(tmp_path / "a.sgy")
    second = shutil.copy(first, tmp_path / "b.sgy")
    assert digest_file(first) == digest_file(second, chunk=7)
    assert len(digest_file(first)) == 32
    assert digest_file(write_line(tmp_path / "c.sgy", count=7)) != digest_file(first)
