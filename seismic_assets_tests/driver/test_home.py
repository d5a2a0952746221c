"""Dagster's home, and its history in a real PostgreSQL."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import dagster as dg
import pytest
import yaml
from sqlalchemy import make_url

from seismic_assets.driver import open_instance, prepare_home
from seismic_assets.driver.home import check_reading_history
from seismic_assets.exporter.history import History
from seismic_assets.settings import SettingsError, load_settings
from seismic_assets_tests.commands import run, seismic
from seismic_assets_tests.ports import free_port
from seismic_assets_tests.postgres import postgres
from seismic_assets_tests.surveys import add_labelled

NOBODY = "postgresql://seismic:hush@127.0.0.1:{port}/postgres"


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with postgres() as address:
        yield address


def password_of(address: str) -> str:
    return str(make_url(address).password)


def storage_in(home: Path) -> object:
    return yaml.safe_load((home / "dagster.yaml").read_text()).get("storage")


def test_without_a_database_the_history_is_in_the_home(tmp_path: Path) -> None:
    assert storage_in(prepare_home(load_settings(storage_root=tmp_path))) is None


def test_with_a_database_the_history_is_there_and_its_password_in_no_file(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEISMIC_DAGSTER_DATABASE", database)
    settings = load_settings(storage_root=tmp_path)
    with open_instance(settings) as instance:
        instance.add_dynamic_partitions("files", ["a.sgy"])
    with open_instance(settings) as instance:
        assert instance.get_dynamic_partitions("files") == ["a.sgy"]

    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if password_of(database).encode() in path.read_bytes()]
    assert not list(tmp_path.rglob("*.db"))


def test_who_watches_the_pipeline_reads_the_history_there(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEISMIC_DAGSTER_DATABASE", database)
    settings = load_settings(storage_root=tmp_path)
    with open_instance(settings) as instance:
        instance.report_runless_asset_event(dg.AssetMaterialization("watched"))

    with History(settings.dagster_dir).reading() as instance:
        assert instance.get_latest_materialization_event(dg.AssetKey("watched"))


def test_the_database_may_be_named_in_a_file_of_secrets(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "seismic_dagster_database").write_text(database)
    monkeypatch.setenv("SEISMIC_SECRETS_DIR", str(tmp_path / "secrets"))

    with open_instance(load_settings(storage_root=tmp_path / "storage")) as instance:
        assert instance.get_run_records() == []


def test_a_deployment_may_move_to_a_database(tmp_path: Path, database: str) -> None:
    home = prepare_home(load_settings(storage_root=tmp_path))
    assert storage_in(home) is None

    prepare_home(load_settings(storage_root=tmp_path, dagster_database=database))
    assert storage_in(home) is not None


def test_a_configuration_of_somebody_else_is_kept(tmp_path: Path) -> None:
    home = tmp_path / "dagster"
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")

    prepare_home(load_settings(storage_root=tmp_path))
    assert (home / "dagster.yaml").read_text() == "telemetry: {enabled: false}\n"

    with pytest.raises(SettingsError, match=r"not ours and its section `storage` does not name SEISMIC_D"):
        prepare_home(load_settings(storage_root=tmp_path, dagster_database=NOBODY.format(port=5432)))


def test_a_database_that_lets_nobody_in_is_one_sentence_without_its_password(tmp_path: Path, database: str) -> None:
    wrong = database.replace("@", "x@")

    with pytest.raises(SettingsError, match=r"cannot be used \(.*password authentication failed.*\); start it") as told:
        prepare_home(load_settings(storage_root=tmp_path, dagster_database=wrong))
    assert password_of(wrong) not in str(told.value)


@pytest.mark.parametrize("address", ["sqlite:///x.db", "postgresql://host/db", "postgresql://u:hush@host"])
def test_an_address_that_is_none_is_refused_without_being_told(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEISMIC_DAGSTER_DATABASE", address)

    with pytest.raises(SettingsError, match="SEISMIC_DAGSTER_DATABASE: give postgresql://") as told:
        load_settings()
    assert "hush" not in str(told.value)


@pytest.mark.parametrize("command", ["run", "dev"])
def test_a_database_that_does_not_answer_is_one_sentence_of_a_command(command: str, tmp_path: Path) -> None:
    add_labelled(tmp_path / "landing", 1)
    folders = ("--landing-dir", tmp_path / "landing", "--storage-root", tmp_path / "storage")
    done = seismic(command, *folders, dagster_database=NOBODY.format(port=free_port()))

    assert done.returncode == 2
    assert "the database of SEISMIC_DAGSTER_DATABASE cannot be used" in done.stderr
    assert "Connection refused" in done.stderr
    assert "Traceback" not in done.stderr and "hush" not in done.stderr


def test_a_database_that_does_not_answer_leaves_the_home_as_it_is(tmp_path: Path) -> None:
    here = load_settings(storage_root=tmp_path)
    before = (prepare_home(here) / "dagster.yaml").read_bytes()

    with pytest.raises(SettingsError, match="cannot be used"):
        prepare_home(load_settings(storage_root=tmp_path, dagster_database=NOBODY.format(port=free_port())))

    assert (here.dagster_dir / "dagster.yaml").read_bytes() == before


def test_a_home_that_names_a_database_which_nobody_set_says_so(tmp_path: Path) -> None:
    settings = load_settings(storage_root=tmp_path)
    settings.dagster_dir.mkdir(parents=True)
    shipped = files("seismic_assets").joinpath("dagster_postgres.yaml").read_text()
    (settings.dagster_dir / "dagster.yaml").write_text(shipped)

    with pytest.raises(SettingsError, match="in the database of SEISMIC_DAGSTER_DATABASE, which is not set; set it"):
        check_reading_history(settings)


@pytest.mark.slow
def test_a_run_keeps_its_history_in_the_database_and_the_next_finds_it(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing, storage = tmp_path / "landing", tmp_path / "storage"
    seismic("survey", landing, "--inlines", "24", "--crosslines", "40")

    first, second = (run(landing, storage, dagster_database=database) for _ in range(2))

    assert first.returncode == 0, first.stderr
    assert '"predictions"' in first.stdout
    assert second.returncode == 0
    assert '"predictions"' not in second.stdout
    assert not list((storage / "dagster").rglob("*.db"))
    monkeypatch.setenv("SEISMIC_DAGSTER_DATABASE", database)
    with open_instance(load_settings(storage_root=storage)) as instance:
        assert instance.get_latest_materialization_event(dg.AssetKey("seismic_classifier"))
