"""What computes a step of a run: the run's own process, or a job of a Ray cluster each."""

from __future__ import annotations

from importlib.util import find_spec

import dagster as dg

from seismic_assets.settings import Settings, SettingsError
from seismic_assets.settings.origins import variables_told


def executor_of(settings: Settings) -> dg.ExecutorDefinition:
    """Dagster's executor for these settings; `seismic run` does its steps itself, whatever it says.

    Raises:
        SettingsError: steps are to go to a Ray cluster, and its address or dagster-ray is missing.
    """
    if settings.run_steps == "run":
        # A process for each step would import everything again for steps of a second.
        return dg.in_process_executor
    if find_spec("dagster_ray") is None:
        raise SettingsError("SEISMIC_RUN_STEPS=ray needs dagster-ray; pip install 'seismic-assets[ray]'.")
    if settings.ray_jobs is None:
        raise SettingsError("SEISMIC_RUN_STEPS=ray needs SEISMIC_RAY_JOBS, as http://HOST:8265.")
    from dagster_ray import ray_executor

    job = {"address": settings.ray_jobs, "num_cpus": 0, "env_vars": variables_told()}
    return ray_executor.configured({"ray": job}, name="ray_jobs")
