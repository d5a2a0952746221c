"""What computes a step of a run."""

from pathlib import Path

import dagster as dg
import pytest
from dagster_ray import ray_executor

from seismic_assets.defs.build import build_definitions
from seismic_assets.settings import SettingsError, load_settings


def test_a_run_does_its_steps_itself_unless_told_otherwise(tmp_path: Path) -> None:
    assert build_definitions(load_settings(storage_root=tmp_path)).executor is dg.in_process_executor


def test_steps_go_to_the_cluster_that_takes_jobs(tmp_path: Path) -> None:
    settings = load_settings(storage_root=tmp_path, run_steps="ray", ray_jobs="http://127.0.0.1:8265")

    executor = build_definitions(settings).executor

    assert isinstance(executor, dg.ExecutorDefinition)
    assert executor.name == "ray_jobs" and executor.executor_creation_fn is ray_executor.executor_creation_fn


def test_steps_without_an_address_for_jobs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="SEISMIC_RUN_STEPS=ray needs SEISMIC_RAY_JOBS, as http://HOST:8265"):
        build_definitions(load_settings(storage_root=tmp_path, run_steps="ray"))
