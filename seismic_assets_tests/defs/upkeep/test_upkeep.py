"""Upkeep as assets: what it removes, what it leaves, who asks for it."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from seismic_assets.defs.build import build_definitions
from seismic_assets.defs.upkeep.assets import lake_upkeep
from seismic_assets.defs.upkeep.history import remove_old_runs
from seismic_assets.defs.upkeep.pages import remove_old_evaluations
from seismic_assets.deployment import registry_of
from seismic_assets.driver import open_instance
from seismic_assets.driver.tick import evaluate
from seismic_assets.lake import Lake
from seismic_assets.settings import Settings, SettingsError
from seismic_assets_tests.lake.building import ROWS, WHOLE, rows
from seismic_assets_tests.registry.building import add_version, build_bundle


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "landing").mkdir()
    return Settings(landing_dir=tmp_path / "landing", storage_root=tmp_path / "storage", keep_evaluations=2)


def test_the_asset_tells_what_it_did_and_its_check_names_what_is_damaged(settings: Settings) -> None:
    lake = Lake(settings.lake_dir)
    lake.replace(WHOLE, pl.DataFrame({"name": ["a"], "value": [1]}))
    lake.replace_file(ROWS, "a.sgy", rows([1]))
    resources = {"settings": settings, "lake": lake}
    result = dg.materialize([lake_upkeep], resources=resources)
    (made,) = result.asset_materializations_for_node("lake_upkeep")
    assert made.metadata["bytes_freed"].value == 0 and "rows" in made.metadata["tables"].value
    assert result.get_asset_check_evaluations()[0].passed

    lake.segments(ROWS, ["a.sgy"])[0].path.unlink()
    again = dg.materialize([lake_upkeep], resources=resources, raise_on_error=False)
    (check,) = again.get_asset_check_evaluations()
    assert not check.passed and "rows names 1 parts" in (check.description or "")


def test_no_condition_asks_for_it_and_the_schedule_is_on(settings: Settings) -> None:
    definitions = build_definitions(settings)
    graph = definitions.resolve_asset_graph()
    group = dg.AssetSelection.groups("upkeep").resolve(graph)
    assert {key.to_user_string() for key in group} == {"lake_upkeep", "history_upkeep"}
    with open_instance(settings) as instance:
        asked = evaluate(definitions, instance, None)
    assert all(not asked.get_requested_partitions(key) for key in group)
    schedule = definitions.resolve_schedule_def("upkeep_schedule")
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING and schedule.cron_schedule == "43 3 * * *"


def test_a_wrong_cron_line_is_refused_by_its_variable(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="SEISMIC_UPKEEP_CRON='every day' is no cron line"):
        build_definitions(settings.model_copy(update={"upkeep_cron": "every day"}))


FILES = dg.DynamicPartitionsDefinition(name="files")


@dg.asset(partitions_def=FILES)
def of_files() -> None:
    """An asset with files."""


@dg.asset
def whole() -> None:
    """An asset without."""


@dg.asset
def fails() -> None:
    """An asset that is never made."""
    raise RuntimeError("no")


@pytest.mark.parametrize("age", ["old", "young"])
def test_old_runs_go_but_for_those_that_tell_what_is_made(settings: Settings, age: str) -> None:
    with open_instance(settings) as instance:
        instance.add_dynamic_partitions("files", ["a", "b"])
        runs = [
            dg.materialize([each], instance=instance, partition_key=key, raise_on_error=False).run_id
            for each, key in (
                (whole, None),
                (of_files, "a"),
                (of_files, "b"),
                (of_files, "a"),
                (fails, None),
                (whole, None),
            )
        ]
        time.sleep(0.01)
        before = datetime.now(UTC) + (timedelta(0) if age == "old" else -timedelta(days=1))

        removed = remove_old_runs(instance, before, settings.dagster_dir)

        gone = {runs[0], runs[1]} if age == "old" else set()
        assert removed == len(gone)
        assert {record.run_id for record in instance.get_runs()} == set(runs) - gone
        assert instance.get_materialized_partitions(of_files.key) == {"a", "b"}
        assert instance.get_latest_materialization_event(whole.key).run_id == runs[5]
        left = {path.name for path in settings.dagster_dir.rglob("*") if path.name.removesuffix(".db") in gone}
        assert left == set()


def test_pages_of_old_versions_go_but_for_those_in_use(settings: Settings, tmp_path: Path) -> None:
    registry = registry_of(settings)
    build_bundle(tmp_path / "bundle")
    for _ in range(4):
        add_version(registry, tmp_path / "bundle")
    registry.promote("1", by="the test")
    for version in range(1, 5):
        (settings.reports_dir / "evaluation" / f"v{version}").mkdir(parents=True)
    (settings.reports_dir / "evaluation" / "mine").mkdir()
    assert remove_old_evaluations(settings, registry) == ["v2"]
    left = {path.name for path in (settings.reports_dir / "evaluation").iterdir()}
    assert left == {"v1", "v3", "v4", "mine"}
    assert remove_old_evaluations(settings, registry) == []
