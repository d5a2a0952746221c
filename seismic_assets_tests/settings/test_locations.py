"""Folders and files that a setting names, and addresses that are none."""

from pathlib import Path

import pytest

from seismic_assets.objects import ObjectAddress
from seismic_assets.settings import SettingsError, load_settings

NO_ADDRESSES = [
    "gs://surveys/storage",
    "https://s3.amazonaws.com/surveys/x",
    "S3://surveys/storage",
    "s3a://surveys/storage",
    "s3://Surveys/storage",
    "s3://",
    "s3:",
    "s3:/x",
    "s3:///storage",
    "s3//surveys/x",
]


@pytest.mark.parametrize("variable", ["SEISMIC_STORAGE_ROOT", "SEISMIC_LANDING_DIR"])
@pytest.mark.parametrize("given", NO_ADDRESSES)
def test_what_looks_like_an_address_and_is_none_is_refused_as_it_was_given(given, variable, monkeypatch):
    monkeypatch.setenv(variable, given)

    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert str(refused.value).startswith(f"{variable}={given!r} is not allowed: {given} is no address")
    assert "write s3://BUCKET/FOLDER" in str(refused.value)


def test_an_address_that_became_a_path_is_the_address_again():
    assert load_settings(storage_root=Path("s3://surveys/storage")).storage_root == ObjectAddress("surveys", "storage")
    with pytest.raises(
        SettingsError, match=r"^SEISMIC_STORAGE_ROOT='s3://Surveys/x' is not allowed: s3://Surveys/x is"
    ):
        load_settings(storage_root=Path("s3://Surveys/x"))


@pytest.mark.parametrize(
    ("variable", "what"),
    [
        ("SEISMIC_STATE_DIR", "folder"),
        ("SEISMIC_DAGSTER_HOME", "folder"),
        ("DAGSTER_HOME", "folder"),
        ("SEISMIC_SAMPLE_SOURCE", "file"),
        ("SEISMIC_SQL_ALERTS", "file"),
        ("SEISMIC_RUN_PODS", "file"),
    ],
)
@pytest.mark.parametrize("address", ["s3://surveys/state", "gs:/surveys/state", "file:///srv"])
def test_an_address_is_refused_where_only_this_machine_will_do(variable, what, address, monkeypatch):
    monkeypatch.setenv(variable, address)

    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert str(refused.value) == f"{variable}={address!r} is not allowed: give a {what} of this machine."


def test_a_file_is_no_storage_root_and_nothing_can_lie_below_one(tmp_path):
    file = tmp_path / "afile"
    file.touch()

    with pytest.raises(
        SettingsError, match=r"^the storage root .*afile is no folder: it is a file; give a folder with"
    ):
        load_settings(storage_root=file)
    with pytest.raises(SettingsError, match=r"afile/a/b is no folder: .*afile is a file; give a folder with"):
        load_settings(storage_root=file / "a" / "b")


def test_a_file_is_no_folder_of_the_state_and_no_home_of_dagster(tmp_path):
    file = tmp_path / "afile"
    file.touch()

    with pytest.raises(SettingsError, match=r"^SEISMIC_STATE_DIR=.*afile is no folder: it is a file; give a folder\.$"):
        load_settings(storage_root="s3://surveys/storage", state_dir=file)
    with pytest.raises(SettingsError, match=r"^SEISMIC_DAGSTER_HOME=.*afile is no folder: it is a file; give a folder"):
        load_settings(dagster_home=file)
    storage = tmp_path / "storage"
    assert load_settings(storage_root=storage, state_dir=file).local_root == storage  # not used, it does not matter
