"""`seismic backup` and `seismic restore` of a deployment that a run filled."""

import json
import shutil
import subprocess
from pathlib import Path

import polars as pl
import pytest

from seismic_assets.deployment import registry_of
from seismic_assets.lake import Lake
from seismic_assets.objects import ObjectAddress
from seismic_assets.settings import load_settings
from seismic_assets_tests.commands import SEISMIC, environment, run, seismic
from seismic_assets_tests.object_store import BUCKET, object_store, reached, variables_of
from seismic_assets_tests.surveys import add_labelled, add_unlabelled

SMALL = {"split_block": "4", "split_buffer": "1", "min_class_windows": "5"}


def told(result: subprocess.CompletedProcess[str]) -> dict:
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("backup") / "landing"
    add_labelled(folder, 1)
    return folder


@pytest.fixture(scope="module")
def storage(landing: Path) -> Path:
    root = landing.parent / "storage"
    told(run(landing, root, **SMALL))
    return root


def predicted(segy: Path, root: Path, out: Path) -> pl.DataFrame:
    result = seismic("predict", segy, "-o", out, "--storage-root", root)
    assert result.returncode == 0, result.stderr
    return pl.read_parquet(out)


@pytest.mark.slow
def test_restored_to_the_same_place_there_is_nothing_to_do(storage: Path, landing: Path, tmp_path: Path) -> None:
    made = told(seismic("backup", tmp_path / "backups", "--json", "--storage-root", storage))
    aside = storage.rename(tmp_path / "aside")
    try:
        told(seismic("restore", tmp_path / "backups", "--json", "--storage-root", storage))
        again = told(run(landing, storage, **SMALL))
    finally:
        shutil.rmtree(storage)
        aside.rename(storage)

    assert again["assets"] == []
    assert {"lake/bronze_traces", "lake/predictions"} <= made["tables"].keys()


@pytest.mark.slow
def test_restored_elsewhere_it_predicts_the_same_and_takes_up_what_lands(
    storage: Path, landing: Path, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    segy = add_unlabelled(tmp_path / "other", 5)
    before = predicted(segy, storage, tmp_path / "before.parquet")
    told(seismic("backup", tmp_path / "backups", "--json", "--storage-root", storage))
    hidden = storage.rename(tmp_path / "hidden")  # what still pointed there would fail
    try:
        told(seismic("restore", tmp_path / "backups", "--json", "--storage-root", tmp_path / "new"))
        after = predicted(segy, tmp_path / "new", tmp_path / "after.parquet")
        nothing = told(run(landing, tmp_path / "new", **SMALL))
        shutil.copytree(landing, tmp_path / "landing")
        shutil.copy(segy, tmp_path / "landing" / "new.sgy")
        more = told(run(tmp_path / "landing", tmp_path / "new", **SMALL))
    finally:
        hidden.rename(storage)

    assert after.equals(before) and after.height > 0
    assert nothing["assets"] == []
    assert "predictions" in {each["asset"] for each in more["assets"]}
    assert pl.read_delta(str(tmp_path / "new/lake/predictions"))["file_id"].n_unique() == 2


@pytest.mark.slow
def test_a_backup_that_is_made_while_a_run_writes_can_be_gone_on_with(landing: Path, tmp_path: Path) -> None:
    root, command = tmp_path / "storage", ["run", "--json", "--landing-dir", str(landing)]
    writing = subprocess.Popen(
        [SEISMIC, *command, "--storage-root", str(root)], env=environment(**SMALL), stdout=subprocess.DEVNULL
    )
    try:
        while not (root / "lake" / "trace_features" / "_delta_log").exists():
            assert writing.poll() is None
        told(seismic("backup", tmp_path / "backups", "--json", "--storage-root", root))
    finally:
        writing.wait()
    told(seismic("restore", tmp_path / "backups", "--json", "--storage-root", tmp_path / "new"))
    told(run(landing, tmp_path / "new", **SMALL))

    tables = [Lake(each / "lake").tables() for each in (root, tmp_path / "new")]
    assert tables[0].keys() == tables[1].keys()
    rows = [{name: pl.read_delta(str(place)).height for name, place in each.items()} for each in tables]
    assert rows[0]["predictions"] == rows[1]["predictions"] > 0
    assert rows[0]["trace_features"] == rows[1]["trace_features"]
    assert registry_of(load_settings(storage_root=tmp_path / "new")).aliased()[0] == "1"


@pytest.mark.slow
def test_tables_of_an_object_store_come_into_a_backup_and_to_a_disk(landing: Path, tmp_path: Path) -> None:
    with object_store(tmp_path) as access:
        named = {name.removeprefix("SEISMIC_").lower(): value for name, value in variables_of(access).items()}
        store = {**named, "storage_root": f"s3://{BUCKET}/storage", "state_dir": str(tmp_path / "state"), **SMALL}
        told(seismic("run", "--json", "--landing-dir", landing, **store))
        told(seismic("backup", tmp_path / "backups", "--json", **store))
        again = {**store, "storage_root": f"s3://{BUCKET}/again", "state_dir": str(tmp_path / "again")}
        told(seismic("restore", tmp_path / "backups", "--json", **again))
        nothing = told(seismic("run", "--json", "--landing-dir", landing, **again))
        refused = seismic("restore", tmp_path / "backups", **{**again, "state_dir": str(tmp_path / "third")})
        with reached(access):
            copied = {
                name: pl.read_delta(str(place)).height
                for name, place in Lake(ObjectAddress(BUCKET, "again/lake")).tables().items()
            }
        only = told(seismic("backup", tmp_path / "states", "--state-only", "--json", **store))
    told(seismic("restore", tmp_path / "backups", "--json", "--storage-root", tmp_path / "disk"))

    assert nothing["assets"] == []
    assert refused.returncode == 2 and "is there already" in refused.stderr
    found = {name: pl.read_delta(str(place)).height for name, place in Lake(tmp_path / "disk/lake").tables().items()}
    assert found == copied and found["predictions"] > 0
    segy = next(landing.glob("*.sgy"))
    assert predicted(segy, tmp_path / "disk", tmp_path / "of_disk.parquet").height > 0
    assert only["tables"] == {}


def test_what_is_no_storage_root_or_no_backup_is_a_sentence(tmp_path: Path) -> None:
    for command in (
        ("backup", tmp_path / "backups", "--storage-root", tmp_path / "none"),
        ("restore", tmp_path, "--storage-root", tmp_path / "new"),
        ("backup", "--check", tmp_path),
    ):
        result = seismic(*command)
        assert (result.returncode, result.stderr.count("Error:")) == (2, 1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [("backup",), ("backup", "--check"), ("restore",)])
def test_backups_are_in_a_folder_of_this_machine(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "storage").mkdir()

    result = seismic(*arguments, "s3://surveys/bk", "--storage-root", tmp_path / "storage")

    assert result.returncode == 2
    assert "Error: s3://surveys/bk is an address; give a folder of this machine" in result.stderr
    assert [each.name for each in tmp_path.rglob("*")] == ["storage"]


def test_a_restore_into_the_folder_of_backups_is_refused(tmp_path: Path) -> None:
    (tmp_path / "storage" / "reports").mkdir(parents=True)
    (tmp_path / "storage" / "reports" / "kept.json").write_text("{}")
    told(seismic("backup", tmp_path / "backups", "--json", "--storage-root", tmp_path / "storage"))

    result = seismic("restore", tmp_path / "backups", "--storage-root", tmp_path / "backups" / "x")

    assert result.returncode == 2
    assert "where backups are; restore to a folder outside" in result.stderr
    assert not (tmp_path / "backups" / "x").exists()
