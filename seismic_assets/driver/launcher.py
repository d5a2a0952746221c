"""What computes a run that the daemon or the page starts: this machine, or a pod or a job of a cluster each."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import yaml

from seismic_assets.settings import Settings, SettingsError
from seismic_assets.settings.origins import variables_told

MARK = "\n# Runs go to a cluster. What follows is written anew at each start, from the settings and SEISMIC_RUN_PODS.\n"
"""Line of dagster.yaml above what is made from settings; what stands before it is shipped."""


def launcher_section(settings: Settings) -> str:
    """What Dagster's configuration says of the launcher; nothing where runs are computed on this machine.

    Raises:
        SettingsError: the launcher is not installed, or its own configuration is missing or none.
    """
    if settings.run_launcher == "local":
        return ""
    launcher = _pods(settings) if settings.run_launcher == "kubernetes" else _jobs(settings)
    return MARK + yaml.safe_dump({"run_launcher": launcher}, sort_keys=False)


def _jobs(settings: Settings) -> Mapping[str, object]:
    """Jobs of a Ray cluster, told no variable that holds a secret: what a job is told stands on the cluster's page."""
    if find_spec("dagster_ray") is None:
        raise SettingsError("SEISMIC_RUN_LAUNCHER=ray needs dagster-ray; pip install 'seismic-assets[ray]'.")
    if settings.ray_jobs is None:
        raise SettingsError("SEISMIC_RUN_LAUNCHER=ray needs SEISMIC_RAY_JOBS, as http://HOST:8265.")
    job = {"address": settings.ray_jobs, "num_cpus": 0, "env_vars": variables_told()}
    return {"module": "dagster_ray", "class": "RayRunLauncher", "config": {"ray": job}}


def _pods(settings: Settings) -> Mapping[str, object]:
    if find_spec("dagster_k8s") is None:
        raise SettingsError(
            "SEISMIC_RUN_LAUNCHER=kubernetes needs dagster-k8s; pip install 'seismic-assets[kubernetes]'."
        )
    if settings.run_pods is None:
        raise SettingsError(
            "SEISMIC_RUN_LAUNCHER=kubernetes needs SEISMIC_RUN_PODS, the file of what pods are made of; the Helm "
            "chart in deploy/helm writes one."
        )
    return {"module": "dagster_k8s", "class": "K8sRunLauncher", "config": _configuration(settings.run_pods)}


def _configuration(path: Path) -> Mapping[str, object]:
    """What the file says, with Dagster's names of the fields checked.

    Raises:
        SettingsError: it cannot be read, is no YAML, or Dagster does not take it.
    """
    from dagster._config import process_config, resolve_to_config_type
    from dagster_k8s import K8sRunLauncher

    try:
        content = yaml.safe_load(path.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"SEISMIC_RUN_PODS={path} cannot be read ({' '.join(str(error).split())}).") from error
    if not isinstance(content, Mapping):
        raise SettingsError(f"SEISMIC_RUN_PODS={path} holds no fields of dagster-k8s's launcher; write `name: value`.")
    said = process_config(resolve_to_config_type(K8sRunLauncher.config_type()), content)
    if not said.success:
        wrong = " ".join(error.message for error in said.errors or ())
        raise SettingsError(f"SEISMIC_RUN_PODS={path} is not what dagster-k8s takes: {' '.join(wrong.split())}")
    return content
