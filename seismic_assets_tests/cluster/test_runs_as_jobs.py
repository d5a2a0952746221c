"""A run as a job of a Ray cluster, and each of its steps as one: they do their work and are told no secret."""

import os
import sys
import time
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.reconstruct import ReconstructableRepository
from dagster._core.launcher import LaunchRunContext

from benchmarks.ray_nodes import ray_nodes
from seismic_assets.driver import open_instance
from seismic_assets.lake import SEGY_CATALOGUE, Lake
from seismic_assets.settings import load_settings
from seismic_assets_tests.commands import seismic

pytestmark = pytest.mark.slow
SECRET = "of-no-business-of-a-page"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A landing folder with a survey, a cluster, and the settings of both in the environment of all machines."""
    of = ("--surveys", "1", "--inlines", "8", "--crosslines", "10")
    assert seismic("survey", tmp_path / "landing", *of).returncode == 0
    told = {
        "SEISMIC_LANDING_DIR": tmp_path / "landing",
        "SEISMIC_STORAGE_ROOT": tmp_path / "storage",
        "SEISMIC_KNOWLEDGE": "false",
        "SEISMIC_FEATURE_STORE": "false",
        "SEISMIC_RUN_LAUNCHER": "ray",
        "SEISMIC_RUN_STEPS": "ray",
        "SEISMIC_API_KEY": SECRET,
        "DAGSTER_HOME": tmp_path / "storage" / "dagster",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    for name, value in told.items():
        monkeypatch.setenv(name, str(value))
    with ray_nodes(1, jobs=True) as nodes:
        from ray.job_submission import JobSubmissionClient  # after the token is set

        monkeypatch.setenv("SEISMIC_RAY_JOBS", str(nodes.jobs))
        yield load_settings(), JobSubmissionClient(nodes.jobs)


def ended(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRunStatus:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        run = instance.get_run_by_id(run_id)
        assert run is not None
        if run.is_finished:
            return run.status
        time.sleep(0.5)
    raise AssertionError("the run did not end in five minutes")


def launched(instance: dg.DagsterInstance, asset: str) -> str:
    """The identity of a run of this asset and its checks, started as the daemon starts one, and successful."""
    from seismic_assets.definitions import defs  # of the deployment that the environment names

    graph = ReconstructableRepository.for_module("seismic_assets.definitions", "defs", str(ROOT))
    run = instance.create_run_for_job(
        defs.resolve_implicit_global_asset_job_def().get_subset(asset_selection={dg.AssetKey(asset)}),
        asset_selection={dg.AssetKey(asset)},
        job_code_origin=graph.get_reconstructable_job("__ASSET_JOB").get_python_origin(),
        status=dg.DagsterRunStatus.STARTING,
    )
    instance.run_launcher.launch_run(LaunchRunContext(run, workspace=None))
    status = ended(instance, run.run_id)
    assert status == dg.DagsterRunStatus.SUCCESS, [str(each.dagster_event) for each in instance.all_logs(run.run_id)]
    return run.run_id


def test_a_run_and_its_steps_are_jobs_that_are_told_no_secret(deployment) -> None:
    settings, jobs = deployment
    with open_instance(settings) as instance:
        run_id = launched(instance, "segy_catalogue")
        steps = {each.step_key for each in instance.get_run_step_stats(run_id)}

    assert Lake(settings.lake_dir).read(SEGY_CATALOGUE).height == 1
    done = {each.submission_id: each for each in jobs.list_jobs() if "dagster/job" in (each.metadata or {})}
    assert {each.status for each in done.values()} <= {"SUCCEEDED", "RUNNING"}  # the last of them are about to end
    run = done.pop(f"dagster-run-{run_id}")
    assert len(steps) > 1 and {each.metadata["dagster/op"] for each in done.values()} == steps
    assert run.runtime_env["env_vars"]["SEISMIC_STORAGE_ROOT"] == str(settings.storage_root)
    assert SECRET not in str(run) + str(done)
