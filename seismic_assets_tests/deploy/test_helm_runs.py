"""A run as a pod: dagster-k8s's launcher starts one from what the chart writes, and may do what it does."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import kubernetes_validate
import pytest
import yaml
from dagster._core.launcher import LaunchRunContext
from dagster._core.launcher.base import WorkerStatus
from dagster._core.test_utils import create_run_for_test

from seismic_assets.driver import open_instance
from seismic_assets.settings import load_settings
from seismic_assets.settings.profiles import ENVIRONMENTS
from seismic_assets_tests.deploy.charts import KUBERNETES, NAMESPACE, container_of, one, release, selects
from seismic_assets_tests.deploy.cluster import Cluster, cluster


@dg.job
def nothing() -> None:
    pass


def launched(environment: str, folder: Path, asked: Cluster, tags: dict[str, Any] | None = None) -> dict[str, Any]:
    """The job of a run that was started, looked after and ended as the daemon does."""
    pods = yaml.safe_load(one(environment, "ConfigMap", "run-pods")["data"]["run_pods.yaml"])
    path = folder / "run_pods.yaml"
    path.write_text(yaml.safe_dump({**pods, "load_incluster_config": False, "kubeconfig_file": str(asked.kubeconfig)}))
    settings = load_settings(storage_root=folder / "storage", run_launcher="kubernetes", run_pods=path)
    with open_instance(settings) as instance:
        origin = dg.reconstructable(nothing).get_python_origin()
        encoded = {name: json.dumps(value) for name, value in (tags or {}).items()}
        run = create_run_for_test(
            instance, job_name="nothing", job_code_origin=origin, status=dg.DagsterRunStatus.STARTING, tags=encoded
        )
        launcher = instance.run_launcher
        launcher.launch_run(LaunchRunContext(run, workspace=None))
        kept = instance.get_run_by_id(run.run_id)
        assert kept is not None
        assert launcher.check_run_worker_health(kept).status == WorkerStatus.RUNNING
        launcher.get_run_worker_debug_info(kept)
        (job,) = asked.jobs.values()
        launcher.terminate(run.run_id)
        launcher.get_run_worker_debug_info(kept)  # of a pod that is gone it asks about the job
    return job


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def started(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Any, Cluster]]:
    folder = tmp_path_factory.mktemp("cluster")
    with cluster(folder) as asked:
        yield request.param, launched(request.param, folder, asked), asked


def test_kubernetes_takes_the_job(started: tuple[str, Any, Cluster]) -> None:
    for version in KUBERNETES:
        kubernetes_validate.validate(started[1], version, strict=True)


def test_the_pod_is_nobody_and_may_nothing(started: tuple[str, Any, Cluster]) -> None:
    pod = started[1]["spec"]["template"]["spec"]
    (container,) = pod["containers"]

    like = one(started[0], "Deployment", "code")["spec"]["template"]["spec"]
    assert pod["securityContext"] == like["securityContext"]
    assert container["securityContext"] == like["containers"][0]["securityContext"]
    assert pod["automountServiceAccountToken"] is False and pod["enableServiceLinks"] is False
    assert all(set(container["resources"][each]) == {"cpu", "memory"} for each in ("requests", "limits"))


def test_the_pod_computes_what_dagster_asks_with_the_settings_of_the_others(started: tuple[str, Any, Cluster]) -> None:
    (container,) = started[1]["spec"]["template"]["spec"]["containers"]
    like = container_of(one(started[0], "Deployment", "code"))

    assert container["command"] == ["python", "-m"]
    assert container["args"][:3] == ["dagster", "api", "execute_run"]
    assert container["envFrom"] == like["envFrom"] and container["image"] == like["image"]
    assert {"name": "DAGSTER_HOME", "value": "/var/lib/seismic/dagster"} in container["env"]
    mounts = {each["mountPath"]: each for each in like["volumeMounts"] if each["mountPath"] != "/etc/seismic"}
    assert {each["mountPath"]: each for each in container["volumeMounts"]} == mounts
    (history,) = [each for each in container["env"] if each["name"] == "SEISMIC_DAGSTER_DATABASE"]
    assert "secretKeyRef" in history["valueFrom"] and "value" not in history


def test_the_account_of_the_launcher_may_what_it_does_and_no_more(started: tuple[str, Any, Cluster]) -> None:
    role = one(started[0], "Role", "launcher")
    may = {
        (group, resource, verb)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }

    assert started[2].asked == may
    assert started[2].namespaces == {NAMESPACE} == {role["metadata"]["namespace"]}


def test_the_rules_of_the_network_cover_the_pod(started: tuple[str, Any, Cluster]) -> None:
    labels = started[1]["spec"]["template"]["metadata"]["labels"]
    policies = [each for each in release(started[0]) if each["kind"] == "NetworkPolicy" and selects(each, labels)]

    assert sorted(each["metadata"]["name"].removeprefix("seismic-seismic-assets-") for each in policies) == [
        "default-deny",
        "run",
    ]


def test_who_may_start_a_run_cannot_ask_for_more_rights(tmp_path: Path) -> None:
    wanted = {"dagster-k8s/config": {"pod_spec_config": {"service_account_name": "admin", "host_network": True}}}
    with cluster(tmp_path) as asked, pytest.raises(Exception, match=r"pod_spec_config"):
        launched("prod", tmp_path, asked, wanted)
    assert asked.jobs == {}
