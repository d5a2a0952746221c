import os

import pytest

from seismic_assets.objects import ObjectAddress, ObjectStoreError
from seismic_assets.objects.mirror import refresh
from seismic_assets_tests.object_store import BUCKET, client_of


@pytest.fixture
def landing(access, request):
    """Puts an object of this test's own folder, or deletes it where there is no content."""
    s3, prefix = client_of(access), request.node.name

    def put(name: str, content: bytes | None) -> ObjectAddress:
        key = {"Bucket": BUCKET, "Key": f"{prefix}/{name}"}
        s3.put_object(**key, Body=content) if content is not None else s3.delete_object(**key)
        return ObjectAddress(BUCKET, prefix)

    return put


def copies(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }


def test_what_landed_is_copied_with_its_folders_and_times(landing, access, tmp_path):
    landing("a.sgy", b"traces")
    address = landing("north/b.sgy", b"more traces")

    assert refresh(address, tmp_path / "copies").fetched == ("a.sgy", "north/b.sgy")

    assert copies(tmp_path / "copies") == {"a.sgy": b"traces", "north/b.sgy": b"more traces"}
    modified = client_of(access).head_object(Bucket=BUCKET, Key=f"{address.key}/a.sgy")["LastModified"]
    assert (tmp_path / "copies" / "a.sgy").stat().st_mtime == pytest.approx(modified.timestamp(), abs=1)


def test_only_what_changed_is_copied_again(landing, tmp_path):
    landing("a.sgy", b"traces")
    address = landing("b.sgy", b"other")
    refresh(address, tmp_path)

    landing("a.sgy", b"TRACES")  # of the same length, perhaps within the same second

    assert refresh(address, tmp_path).fetched == ("a.sgy",)
    assert copies(tmp_path)["a.sgy"] == b"TRACES"
    assert refresh(address, tmp_path) == refresh(address, tmp_path)


def test_the_copy_of_an_object_that_vanished_is_removed_and_nothing_else(landing, tmp_path):
    address = landing("a.sgy", b"traces")
    refresh(address, tmp_path)
    (tmp_path / "of_somebody.txt").write_text("kept")

    landing("a.sgy", None)

    assert refresh(address, tmp_path).removed == ("a.sgy",)
    assert copies(tmp_path) == {"of_somebody.txt": b"kept"}


def test_a_file_that_is_a_copy_of_nothing_is_named(landing, tmp_path):
    address = landing("a.sgy", b"traces")
    refresh(address, tmp_path)
    (tmp_path / "other.sgy").write_bytes(b"of somebody")
    (tmp_path / ".copied.json").write_text("{")  # also where the index was lost

    assert refresh(address, tmp_path).strange == ("other.sgy",)
    assert "other.sgy" in copies(tmp_path)


def test_a_copy_that_somebody_cut_short_is_made_again(landing, tmp_path):
    address = landing("a.sgy", b"traces")
    refresh(address, tmp_path)
    os.truncate(tmp_path / "a.sgy", 2)

    refresh(address, tmp_path)

    assert copies(tmp_path) == {"a.sgy": b"traces"}


def test_a_damaged_index_copies_all_again(landing, tmp_path):
    address = landing("a.sgy", b"traces")
    refresh(address, tmp_path)
    (tmp_path / ".copied.json").write_text("{")

    assert refresh(address, tmp_path).fetched == ("a.sgy",)


def test_a_name_that_leads_out_of_the_folder_is_passed_over(landing, tmp_path):
    landing("../evil.sgy", b"x")
    landing("a/../../evil.sgy", b"x")
    landing(".copied.json", b"{}")
    address = landing("good.sgy", b"traces")

    told = refresh(address, tmp_path / "copies").unsafe

    assert copies(tmp_path) == {"copies/good.sgy": b"traces"}
    assert set(told) == {".copied.json", "../evil.sgy", "a/../../evil.sgy"}


def test_a_folder_of_its_neighbour_is_not_taken(landing, tmp_path):
    address = landing("a.sgy", b"traces")
    landing("../" + address.key + "-more/b.sgy", b"other")

    assert refresh(address, tmp_path).fetched == ("a.sgy",)


def test_a_bucket_that_is_missing_is_a_sentence_and_leaves_the_copies(landing, tmp_path):
    refresh(landing("a.sgy", b"traces"), tmp_path)

    with pytest.raises(ObjectStoreError, match="there is no such bucket"):
        refresh(ObjectAddress("nowhere"), tmp_path)

    assert copies(tmp_path) == {"a.sgy": b"traces"}
