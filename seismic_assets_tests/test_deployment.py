"""The object stores that settings name, and the folders of this machine beside them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from seismic_assets.deployment import check_object_stores, check_object_stores_for_reading, fetch_landed
from seismic_assets.objects import ObjectAccess, ObjectStoreError
from seismic_assets.segy import LandingFolderError
from seismic_assets.settings import Settings, SettingsError, load_settings
from seismic_assets_tests.object_store import BUCKET, client_of, object_store, reached


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectAccess]:
    with object_store(tmp_path_factory.mktemp("object_store")) as access, reached(access):
        yield access


@pytest.fixture
def at(store: ObjectAccess) -> Callable[..., Settings]:
    """Settings of a storage root in the store and a landing folder beside it."""

    def settings(root: str, state: Path) -> Settings:
        return load_settings(
            storage_root=f"s3://{root}",
            landing_dir=f"s3://{root}-landing",
            state_dir=state,
            s3_endpoint=store.endpoint,
            s3_access_key_id=store.key_id,
            s3_secret_access_key=store.secret,
        )

    return settings


def test_a_state_folder_belongs_to_the_storage_root_that_wrote_to_it_first(at, tmp_path: Path) -> None:
    check_object_stores(at(f"{BUCKET}/one", tmp_path))

    for check in (check_object_stores, check_object_stores_for_reading):
        check(at(f"{BUCKET}/one", tmp_path))
        with pytest.raises(
            SettingsError, match=f"belongs to the storage root s3://{BUCKET}/one, not to .*/other; name"
        ):
            check(at(f"{BUCKET}/other", tmp_path))


def test_who_only_reads_claims_no_state_folder(at, tmp_path: Path) -> None:
    check_object_stores_for_reading(at(f"{BUCKET}/one", tmp_path / "state"))

    assert not (tmp_path / "state").exists()


def test_a_bucket_that_is_missing_is_a_sentence_for_who_reads_too(at, tmp_path: Path) -> None:
    with pytest.raises(ObjectStoreError, match=r"s3://missing/x.* there is no such bucket"):
        check_object_stores_for_reading(at("missing/x", tmp_path))


def test_a_file_among_the_copies_that_the_store_does_not_hold_is_refused(
    at, store: ObjectAccess, tmp_path: Path
) -> None:
    settings = at(f"{BUCKET}/strange", tmp_path)
    client_of(store).put_object(Bucket=BUCKET, Key="strange-landing/a.sgy", Body=b"traces")
    assert fetch_landed(settings).fetched == ("a.sgy",)
    (settings.landing_folder / "other.sgy").write_bytes(b"of somebody")

    with pytest.raises(LandingFolderError, match=r"s3://.* and other.sgy there is a copy of nothing; put it into the"):
        fetch_landed(settings)
