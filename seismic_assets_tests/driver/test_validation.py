"""`look_at` and `seismic validate` on a real deployment that is harmed in one way after another."""

import hashlib
import json
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest
from deltalake import DeltaTable, write_deltalake

from seismic_assets.driver import materialise_stale, open_instance
from seismic_assets.driver.validation import look_at
from seismic_assets.lake import BRONZE_TRACES, TRACE_ATTRIBUTES, TRACE_QUALITY, Lake
from seismic_assets.settings import Settings, load_settings
from seismic_assets.validation import Finding, Validation, ValidationError
from seismic_assets_tests.commands import seismic
from seismic_assets_tests.postgres import postgres
from seismic_assets_tests.surveys import add_labelled, add_unlabelled

pytestmark = [pytest.mark.slow]
SMALL = {
    "split_block": "4",
    "split_buffer": "1",
    "min_class_windows": "5",
    "model_families": "decision_tree",
    "class_floor": "0",
}


def of(folder: Path, **options: object) -> Settings:
    return load_settings(
        landing_dir=folder / "landing",
        storage_root=folder / "storage",
        split_block=4,
        split_buffer=1,
        min_class_windows=5,
        tuning_trials=0,
        model_families=("decision_tree",),
        class_floor=0.0,
        feature_store=False,
        knowledge=False,
        **options,
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("validated")
    for seed in (1, 2):
        add_labelled(folder / "landing", seed)
    settings = of(folder)
    with open_instance(settings) as instance:
        outcome = materialise_stale(settings, instance, lambda _: None)
    assert outcome.errors == []
    return folder


@pytest.fixture
def deployment(made: Path) -> Iterator[Path]:
    """The deployment; put back as it was afterwards, as MLflow keeps absolute paths."""
    aside = made.with_name(f"{made.name}-aside")
    shutil.copytree(made, aside)
    yield made
    shutil.rmtree(made)
    aside.rename(made)


def states(found: Validation) -> dict[str, str]:
    return {layer.name: layer.state for layer in found.layers}


def wrong(found: Validation) -> list[Finding]:
    return [finding for layer in found.layers for finding in layer.wrong]


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def test_a_deployment_after_a_run_is_well_and_looking_changes_no_byte(made: Path) -> None:
    before = digests(made)

    found = look_at(of(made))

    assert wrong(found) == []
    assert states(found)["knowledge"] == "switched off"
    assert digests(made) == before


def test_nothing_there_yet_is_missing_in_every_layer_and_nothing_is_made(tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()

    found = look_at(of(tmp_path))

    assert set(states(found).values()) == {"missing", "switched off"}
    assert not (tmp_path / "storage").exists()


def test_a_file_that_landed_and_was_not_taken_up_is_stale_until_a_run_takes_it(deployment: Path) -> None:
    add_unlabelled(deployment / "landing", 5)
    settings = of(deployment)

    (finding,) = wrong(look_at(settings))
    with open_instance(settings) as instance:
        materialise_stale(settings, instance, lambda _: None)

    assert (finding.layer, finding.state) == ("raw", "stale")
    assert "unlabelled_005.sgy" in finding.reason
    assert wrong(look_at(settings)) == []


def test_a_file_that_went_is_stale(deployment: Path) -> None:
    (deployment / "landing" / "survey_002.sgy").unlink()

    assert any(
        "survey_002.sgy" in finding.reason and finding.layer == "raw" for finding in wrong(look_at(of(deployment)))
    )


def test_a_setting_that_changed_is_stale(deployment: Path) -> None:
    found = look_at(of(deployment, window_step=16))

    assert any("settings of windows" in finding.reason for finding in wrong(found))


def test_a_parquet_part_that_vanished_fails_its_layer(deployment: Path) -> None:
    table = Lake(of(deployment).lake_dir).path(TRACE_ATTRIBUTES)
    next(table.glob("**/*.parquet")).unlink()

    found = look_at(of(deployment))

    assert states(found)["silver"] == "failed"
    assert "has lost Parquet parts" in wrong(found)[0].reason


def test_tables_that_vanished_fail_their_layers_and_a_run_makes_them_anew(deployment: Path) -> None:
    settings, gone = of(deployment), (BRONZE_TRACES, TRACE_ATTRIBUTES)
    lake = Lake(settings.lake_dir)
    rows = {table.name: lake.row_counts(table) for table in gone}
    for table in gone:
        shutil.rmtree(lake.path(table))

    told = wrong(look_at(settings))
    with open_instance(settings) as instance:
        outcome = materialise_stale(settings, instance, lambda _: None)

    assert {(each.layer, each.reason) for each in told} == {
        ("bronze", "the table bronze_traces is gone, though the history says it was made"),
        ("silver", "the table trace_attributes is gone, though the history says it was made"),
    }
    assert outcome.errors == []
    assert {table.name: lake.row_counts(table) for table in gone} == rows
    assert wrong(look_at(settings)) == []


def test_a_table_of_an_older_version_fails_its_layer(deployment: Path) -> None:
    folder = Lake(of(deployment).lake_dir).path(TRACE_QUALITY)
    narrower = DeltaTable(str(folder)).to_pyarrow_table().drop_columns(["notes"])
    write_deltalake(str(folder), narrower, mode="overwrite", schema_mode="overwrite", partition_by=["file_id"])

    assert "trace_quality is of an older version: it lacks notes" in str(wrong(look_at(of(deployment))))


def test_a_file_in_quarantine_is_a_note(deployment: Path) -> None:
    settings = of(deployment)
    (deployment / "landing" / "broken.sgy").write_bytes(b"no traces")
    with open_instance(settings) as instance:
        materialise_stale(settings, instance, lambda _: None)

    found = look_at(settings)

    assert wrong(found) == []
    (raw,) = [each for each in found.layers if each.name == "raw"]
    assert [each.reason for each in raw.findings] == ["1 file is in quarantine: broken.sgy; `seismic quality` says why"]


def test_a_check_that_failed_fails_its_layer(deployment: Path) -> None:
    settings = of(deployment)
    with open_instance(settings) as instance:
        instance.report_runless_asset_event(
            dg.AssetCheckEvaluation(
                asset_key=dg.AssetKey("trace_attributes"),
                check_name="finite",
                passed=False,
                description="3 values of survey_001.sgy are not finite.",
            )
        )

    (finding,) = wrong(look_at(settings))

    assert (finding.layer, finding.state) == ("silver", "failed")
    assert "3 values of survey_001.sgy are not finite." in finding.reason


def test_no_champion_is_missing_in_serving(deployment: Path) -> None:
    with closing(sqlite3.connect(deployment / "storage" / "mlflow" / "mlflow.db")) as database, database:
        database.execute("DELETE FROM registered_model_aliases WHERE alias = 'production'")

    # In a process of its own: MLflow keeps the connections that it opened before the folder was put back.
    folders = ("--landing-dir", deployment / "landing", "--storage-root", deployment / "storage")
    result = seismic("validate", "--json", *folders, **SMALL)

    (serving,) = [layer for layer in json.loads(result.stdout)["layers"] if layer["layer"] == "serving"]
    assert (result.returncode, serving["state"]) == (1, "missing")
    assert "no version of SeismicClassifier is in production" in serving["findings"][0]["reason"]


def test_an_altered_bundle_fails_serving(deployment: Path) -> None:
    settings = of(deployment)
    for graph in settings.mlflow_artifacts.rglob("bundle/model.onnx"):
        graph.write_bytes(graph.read_bytes() + b"\0")

    found = look_at(settings)

    assert states(found)["serving"] == "failed"


def test_an_asset_whose_run_failed_is_told(deployment: Path) -> None:
    add_labelled(deployment / "landing", 3)
    settings = of(deployment)
    label_file = deployment / "landing" / "labels.yaml"
    label_file.write_text(label_file.read_text().replace("survey_003", "missing_003"))
    with open_instance(settings) as instance:
        outcome = materialise_stale(settings, instance, lambda _: None)
    assert outcome.errors

    found = look_at(settings)

    assert any(finding.state == "failed" and "latest attempt" in finding.reason for finding in wrong(found))


def test_a_report_older_than_its_policy_is_stale(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    later = time.time() + 2 * 86_400
    monkeypatch.setattr("seismic_assets.driver.validation.time.time", lambda: later)

    found = look_at(of(made))

    assert states(found)["monitoring"] == "stale"
    assert any("serving_performance was last made 2.0 days ago" in finding.reason for finding in wrong(found))
    assert states(found)["evaluation"] == "ok"


def test_a_history_that_is_damaged_cannot_be_looked_at(deployment: Path) -> None:
    for database in (of(deployment).dagster_dir / "history").rglob("*.db"):
        database.write_bytes(b"no database at all, but text of some length" * 100)

    with pytest.raises(ValidationError, match="cannot be read"):
        look_at(of(deployment))


def test_the_command_says_it_in_a_table_and_as_json(made: Path) -> None:
    folders = ("--landing-dir", made / "landing", "--storage-root", made / "storage")
    as_json = seismic("validate", "--json", *folders, **SMALL)
    table = seismic("validate", *folders, **SMALL)

    assert as_json.returncode == table.returncode == 0, as_json.stderr
    assert json.loads(as_json.stdout)["well"] is True
    assert "Every layer is well." in table.stdout


def test_the_command_ends_with_1_where_something_is_wrong_and_2_where_it_could_not_look(
    deployment: Path, tmp_path: Path
) -> None:
    (tmp_path / "landing").mkdir()
    nothing = seismic("validate", "--landing-dir", tmp_path / "landing", "--storage-root", tmp_path / "none", **SMALL)
    for database in (of(deployment).dagster_dir / "history").rglob("*.db"):
        database.write_bytes(b"no database at all, but text of some length" * 100)
    damaged = seismic("validate", "--storage-root", deployment / "storage", **SMALL)

    assert (nothing.returncode, damaged.returncode) == (1, 2)
    assert "Traceback" not in damaged.stderr


def test_full_makes_everything_anew_elsewhere_and_leaves_the_deployment_alone(made: Path, tmp_path: Path) -> None:
    before = digests(made)
    folders = ("--landing-dir", made / "landing", "--storage-root", made / "storage")

    result = seismic("validate", "--full", "--keep", tmp_path / "anew", "--json", *folders, **SMALL)

    found = json.loads(result.stdout)
    assert result.returncode == 0, result.stderr
    assert {"bronze_traces", "predictions", "champion"} <= set(found["made"])
    assert found["storage_root"] == str(tmp_path / "anew")
    assert digests(made) == before


def test_full_refuses_a_folder_that_holds_something(made: Path) -> None:
    result = seismic("validate", "--full", "--keep", made / "storage", "--landing-dir", made / "landing", **SMALL)

    assert result.returncode == 2
    assert "is not empty" in " ".join(result.stderr.split())


def test_a_history_whose_database_is_away_cannot_be_looked_at(tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    with postgres() as address:
        settings = of(tmp_path, dagster_database=address)
        with open_instance(settings):
            pass
        assert set(states(look_at(settings)).values()) >= {"missing"}

    with pytest.raises(ValidationError, match="the database of SEISMIC_DAGSTER_DATABASE cannot be used"):
        look_at(settings)
