"""A run as a pod: what Dagster's configuration says of the launcher, and what the launcher makes of it."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster_k8s import K8sRunLauncher
from dagster_ray import RayRunLauncher

from seismic_assets.driver import open_instance, prepare_home
from seismic_assets.settings import Settings, SettingsError, load_settings

CLUSTER = {
    "apiVersion": "v1",
    "kind": "Config",
    "clusters": [{"name": "none", "cluster": {"server": "http://127.0.0.1:9"}}],
    "contexts": [{"name": "none", "context": {"cluster": "none", "user": "none"}}],
    "current-context": "none",
    "users": [{"name": "none", "user": {}}],
}


def pods(folder: Path, **fields: Any) -> Path:
    """A launcher's configuration that needs no cluster to be loaded."""
    cluster, path = folder / "kubeconfig.yaml", folder / "pods.yaml"
    cluster.write_text(yaml.safe_dump(CLUSTER))
    known = {
        "load_incluster_config": False,
        "kubeconfig_file": str(cluster),
        "instance_config_map": "seismic-assets-runs",
        "service_account_name": "seismic-assets-run",
        "job_image": "seismic-assets-pipeline:1",
    }
    path.write_text(yaml.safe_dump({**known, **fields}))
    return path


def with_pods(root: Path, path: Path | None) -> Settings:
    return load_settings(storage_root=root / "storage", run_launcher="kubernetes", run_pods=path)


def launcher_in(settings: Settings) -> object:
    return yaml.safe_load((settings.dagster_dir / "dagster.yaml").read_text()).get("run_launcher")


def test_runs_are_of_this_machine_by_default(tmp_path: Path) -> None:
    settings = load_settings(storage_root=tmp_path)
    prepare_home(settings)

    assert launcher_in(settings) is None


def test_dagster_takes_the_launcher_of_the_file(tmp_path: Path) -> None:
    with open_instance(with_pods(tmp_path, pods(tmp_path, job_image="mirror/pipeline:2"))) as instance:
        launcher = instance.run_launcher

    assert isinstance(launcher, K8sRunLauncher)
    assert (launcher.job_image, launcher.service_account_name) == ("mirror/pipeline:2", "seismic-assets-run")


def test_the_next_start_takes_another_file_up_and_the_way_back(tmp_path: Path) -> None:
    for image in ("first:1", "second:2"):
        settings = with_pods(tmp_path, pods(tmp_path, job_image=image))
        prepare_home(settings)
        assert image in str(launcher_in(settings))

    local = load_settings(storage_root=tmp_path / "storage")
    prepare_home(local)
    assert launcher_in(local) is None


def test_runs_as_jobs_of_a_ray_cluster_are_told_no_secret(tmp_path: Path) -> None:
    settings = load_settings(storage_root=tmp_path / "s", run_launcher="ray", ray_jobs="http://127.0.0.1:8265")
    with open_instance(settings) as instance:
        launcher = instance.run_launcher

    assert isinstance(launcher, RayRunLauncher)
    assert launcher.address == "http://127.0.0.1:8265"
    assert {"DAGSTER_HOME", "SEISMIC_STORAGE_ROOT", "SEISMIC_SECRETS_DIR"} <= set(launcher.env_vars or ())
    secret = {"SEISMIC_DAGSTER_DATABASE", "SEISMIC_S3_SECRET_ACCESS_KEY", "SEISMIC_RAY_TOKEN", "SEISMIC_API_KEY"}
    assert not secret & set(launcher.env_vars or ())


def test_a_ray_cluster_without_an_address_for_jobs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="needs SEISMIC_RAY_JOBS, as http://HOST:8265"):
        prepare_home(load_settings(storage_root=tmp_path, run_launcher="ray"))


def test_a_configuration_of_somebody_else_without_a_launcher_is_refused(tmp_path: Path) -> None:
    settings = with_pods(tmp_path, pods(tmp_path))
    settings.dagster_dir.mkdir(parents=True)
    (settings.dagster_dir / "dagster.yaml").write_text("telemetry: {enabled: false}\n")

    with pytest.raises(SettingsError, match="section `run_launcher` does not name K8sRunLauncher"):
        prepare_home(settings)
    assert (settings.dagster_dir / "dagster.yaml").read_text() == "telemetry: {enabled: false}\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("job_image: [", "cannot be read"),
        ("- a list", "holds no fields"),
        ("job_image: a:1\nimages: b", "is not what dagster-k8s takes: .*images"),
    ],
)
def test_a_file_that_is_none_is_refused_before_anything_is_written(content: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "pods.yaml"
    path.write_text(content)

    with pytest.raises(SettingsError, match=rf"SEISMIC_RUN_PODS=.*pods\.yaml {said}"):
        prepare_home(with_pods(tmp_path, path))
    assert not (tmp_path / "storage" / "dagster" / "dagster.yaml").exists()


def test_pods_of_nothing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="needs SEISMIC_RUN_PODS"):
        prepare_home(with_pods(tmp_path, None))
