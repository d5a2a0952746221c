"""When conditions ask, with runs that are still reading while their input changes."""

import dagster as dg
import pytest
from dagster._core.events import AssetMaterializationPlannedData, DagsterEventType, StepMaterializationData
from dagster._core.test_utils import create_run_for_test

from seismic_assets.defs.conditions import PER_FILE
from seismic_assets.defs.partitions import SEGY_FILES

KEY = dg.AssetKey("predictions")


@dg.asset(partitions_def=SEGY_FILES, deps=["segy_file", "champion"], automation_condition=PER_FILE)
def predictions() -> None:
    """An asset for each file, with an input for each file and one for all."""


@pytest.mark.parametrize(("changed", "partition"), [("champion", None), ("segy_file", "a.sgy")])
def test_a_change_while_a_run_reads_the_older_content_is_taken_up_once_afterwards(
    changed: str, partition: str | None
) -> None:
    definitions = dg.Definitions(
        assets=[dg.AssetSpec("segy_file", partitions_def=SEGY_FILES), dg.AssetSpec("champion"), predictions]
    )
    instance = dg.DagsterInstance.ephemeral()
    instance.add_dynamic_partitions(str(SEGY_FILES.name), ["a.sgy"])
    cursor = None

    def change(key: str, version: str, file_id: str | None = None) -> None:
        tags = {"dagster/data_version": version}
        instance.report_runless_asset_event(dg.AssetMaterialization(key, partition=file_id, tags=tags))

    def asked() -> int:
        nonlocal cursor
        result = dg.evaluate_automation_conditions(definitions, instance, cursor=cursor)
        cursor = result.cursor
        return result.total_requested

    change("segy_file", "1", "a.sgy")
    change("champion", "1")
    assert asked() == 1
    run = create_run_for_test(
        instance,
        job_name="run",
        asset_selection=frozenset([KEY]),
        tags={"dagster/partition": "a.sgy"},
        status=dg.DagsterRunStatus.STARTED,
    )

    def report(kind: DagsterEventType, data: object = None) -> None:
        instance.report_dagster_event(dg.DagsterEvent(kind.value, "run", event_specific_data=data), run.run_id)

    report(DagsterEventType.ASSET_MATERIALIZATION_PLANNED, AssetMaterializationPlannedData(KEY, partition="a.sgy"))
    assert asked() == 0
    change(changed, "2", partition)
    assert asked() == 0
    written = dg.AssetMaterialization(KEY, partition="a.sgy")
    report(DagsterEventType.ASSET_MATERIALIZATION, StepMaterializationData(written))
    report(DagsterEventType.RUN_SUCCESS)

    assert [asked() for _ in range(3)] == [1, 0, 0]
