"""The shape of the graph, so that nobody changes it by accident: after a wanted change, write the snapshot anew.

SEISMIC_WRITE_SNAPSHOT=1 pytest seismic_assets_tests/defs/test_graph.py
"""

import json
import os
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from seismic_assets.defs.build import build_definitions
from seismic_assets.settings import Settings

SNAPSHOT = Path(__file__).with_name("graph_snapshot.json")
WRITE = os.environ.get("SEISMIC_WRITE_SNAPSHOT")


@pytest.fixture
def definitions(tmp_path: Path) -> dg.Definitions:
    return build_definitions(Settings(landing_dir=tmp_path / "landing", storage_root=tmp_path / "storage"))


def shape(definitions: dg.Definitions) -> dict[str, Any]:
    graph = definitions.resolve_asset_graph()
    nodes = (graph.get(key) for key in graph.toposorted_asset_keys)
    return {
        node.key.to_user_string(): {
            "group": node.group_name,
            "inputs": sorted(parent.to_user_string() for parent in node.parent_keys),
            "partitions": str(node.partitions_def) if node.partitions_def else None,
            "condition": node.automation_condition.get_label() if node.automation_condition else None,
            "checks": sorted(key.name for key in node.check_keys),
        }
        for node in nodes
    }


def test_the_graph_is_the_one_of_the_snapshot(definitions: dg.Definitions) -> None:
    found = shape(definitions)
    if WRITE:
        SNAPSHOT.write_text(json.dumps(found, indent=2) + "\n")

    assert found == json.loads(SNAPSHOT.read_text())


def test_every_asset_has_a_group_a_description_an_owner_and_kinds(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()

    bare = [
        key.to_user_string()
        for key in graph.get_all_asset_keys()
        if not (
            graph.get(key).group_name != "default"
            and graph.get(key).description
            and graph.get(key).owners
            and graph.get(key).kinds
        )
    ]

    assert bare == []


def test_every_table_shows_its_columns(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    tables = [
        "segy_catalogue",
        "bronze_traces",
        "trace_quality",
        "trace_labels",
        "trace_attributes",
        "dataset_split",
        "trace_features",
        "predictions",
        "feature_drift",
        "prediction_drift",
        "retraining",
    ]

    without = [name for name in tables if "dagster/column_schema" not in graph.get(dg.AssetKey(name)).metadata]

    assert without == []


def test_every_sensor_and_schedule_runs_without_being_turned_on(definitions: dg.Definitions) -> None:
    sensors = {sensor.name: sensor.default_status for sensor in definitions.sensors or []}
    schedules = {schedule.name: schedule.default_status for schedule in definitions.schedules or []}

    assert sensors == dict.fromkeys(
        [
            "landing_folder_sensor",
            "automation",
            "served_sensor",
            "retraining_sensor",
            "report_alerts_sensor",
            "run_failure_sensor",
            "run_success_sensor",
        ],
        dg.DefaultSensorStatus.RUNNING,
    )
    assert schedules == {
        "monitoring_schedule": dg.DefaultScheduleStatus.RUNNING,
        "upkeep_schedule": dg.DefaultScheduleStatus.RUNNING,
    }
