"""The chart with an object store: what lies on the claim then, and who has the key of the store; and backups."""

from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from seismic_assets.settings import Settings
from seismic_assets_tests.deploy.charts import (
    KUBERNETES,
    OPERATORS,
    Manifest,
    container_of,
    one,
    one_of,
    rendered,
    values_of,
)

STATE = "/var/lib/seismic/state"
STORE = {
    "storage": {"root": "s3://surveys/storage"},
    "landing": {"dir": "s3://surveys/landing"},
    "mlflow": {"artifacts": "s3://surveys/mlflow"},
    "settings": {"SEISMIC_S3_ENDPOINT": "https://store.example.org:9000", "SEISMIC_S3_REGION": "eu-1"},
    "networkPolicy": {"objectStore": {"cidr": "192.0.2.0/24", "port": 9000}},
}
# Parts that read or write what the storage root holds, and whether they write it.
PARTS = {"code": True, "daemon": True, "page": True, "viewers": True, "api": True, "exporter": False}
CLAIM = {"backups": {"existingClaim": "other-disks"}}


@cache
def with_store(*parts: str) -> tuple[Manifest, ...]:
    """A release in production of which these values, or all, name the object store."""
    return tuple(rendered({**values_of("prod"), **{name: STORE[name] for name in parts or STORE}}))


def mounts(deployment: Manifest) -> dict[str, dict[str, Any]]:
    return {each["mountPath"]: each for each in container_of(deployment)["volumeMounts"]}


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("manifests", [with_store(), tuple(rendered(CLAIM))], ids=["store", "backups"])
def test_kubernetes_takes_every_manifest(manifests: tuple[Manifest, ...], version: str) -> None:
    for manifest in manifests:
        if manifest["kind"] not in OPERATORS:
            kubernetes_validate.validate(manifest, version, strict=True)


@pytest.mark.parametrize("manifests", [with_store(), tuple(rendered(CLAIM))], ids=["store", "backups"])
def test_what_is_mounted_is_there_and_nothing_else(manifests: tuple[Manifest, ...]) -> None:
    for deployment in (each for each in manifests if each["kind"] == "Deployment"):
        volumes = deployment["spec"]["template"]["spec"]["volumes"]
        assert {each["name"] for each in volumes} == {each["name"] for each in mounts(deployment).values()}


@pytest.mark.parametrize("part", PARTS)
def test_the_claim_holds_the_state_where_the_storage_root_is_in_a_store(part: str) -> None:
    mounted = mounts(one_of(with_store(), "Deployment", part))[STATE]

    assert (mounted["name"], mounted["subPath"], mounted["readOnly"]) == ("state", "state", not PARTS[part])


def test_a_run_keeps_its_state_on_the_claim_too() -> None:
    pods = yaml.safe_load(one_of(with_store(), "ConfigMap", "run-pods")["data"]["run_pods.yaml"])
    mounted = {each["mountPath"]: each for each in pods["run_k8s_config"]["container_config"]["volume_mounts"]}

    assert mounted[STATE] == {"name": "state", "mountPath": STATE, "subPath": "state", "readOnly": False}
    assert not {"/var/lib/seismic/storage", "/var/lib/seismic/landing"} & set(mounted)


def test_the_settings_write_nowhere_but_to_the_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in one_of(with_store(), "ConfigMap", "settings")["data"].items():
        if name not in ("HOME", "SEISMIC_SECRETS_DIR"):
            monkeypatch.setenv(name, value)
    settings = Settings()
    mounted = mounts(one_of(with_store(), "Deployment", "code"))

    for place in (settings.local_root, settings.landing_folder, settings.dagster_dir, settings.serving_dir):
        assert [path for path in mounted if place.is_relative_to(Path(path)) and not mounted[path].get("readOnly")]


def test_with_landed_files_alone_in_a_store_their_copies_have_a_place() -> None:
    manifests = with_store("landing")

    assert not mounts(one_of(manifests, "Deployment", "code"))[STATE]["readOnly"]
    assert mounts(one_of(manifests, "Deployment", "code"))["/var/lib/seismic/storage"]["subPath"] == "storage"
    assert STATE not in mounts(one_of(manifests, "Deployment", "api"))
    assert one_of(manifests, "ConfigMap", "settings")["data"]["SEISMIC_STATE_DIR"] == STATE


def test_without_a_store_there_is_no_state_folder() -> None:
    assert "SEISMIC_STATE_DIR" not in one("prod", "ConfigMap", "settings")["data"]
    assert all(STATE not in mounts(one("prod", "Deployment", part)) for part in PARTS)


def test_the_state_folder_is_the_charts_to_set() -> None:
    with pytest.raises(Exception, match="invalid propertyName 'SEISMIC_STATE_DIR'"):
        rendered({"settings": {"SEISMIC_STATE_DIR": "/elsewhere"}})


def test_mlflow_has_the_key_and_the_address_of_its_store() -> None:
    deployment = one_of(with_store(), "Deployment", "mlflow")
    said = {each["name"]: each for each in container_of(deployment)["env"]}
    keys = {name: said[name]["valueFrom"]["secretKeyRef"] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}

    # Optional: where the account of the pod has a role, there is no key.
    assert keys == {
        "AWS_ACCESS_KEY_ID": {"name": "seismic-assets", "key": "seismic_s3_access_key_id", "optional": True},
        "AWS_SECRET_ACCESS_KEY": {"name": "seismic-assets", "key": "seismic_s3_secret_access_key", "optional": True},
    }
    assert said["MLFLOW_S3_ENDPOINT_URL"]["value"] == "https://store.example.org:9000"
    assert said["AWS_DEFAULT_REGION"]["value"] == "eu-1"
    assert "state" not in {each["name"] for each in mounts(deployment).values()}


def test_mlflow_has_no_key_where_its_artifacts_are_on_the_claim() -> None:
    said = {each["name"] for each in container_of(one("prod", "Deployment", "mlflow"))["env"]}

    assert said == {"MLFLOW_BACKEND_STORE_URI"}


@pytest.mark.parametrize("component", ["code", "run", "api", "mlflow", "exporter"])
def test_who_reads_the_store_may_reach_it(component: str) -> None:
    policy = one_of(with_store(), "NetworkPolicy", component)
    there = {"to": [{"ipBlock": {"cidr": "192.0.2.0/24"}}], "ports": [{"port": 9000, "protocol": "TCP"}]}

    assert there in policy["spec"]["egress"]


def test_backups_have_a_claim_in_code_alone_and_where_one_is_named() -> None:
    manifests = rendered(CLAIM)
    having = {
        each["metadata"]["labels"]["app.kubernetes.io/component"]
        for each in manifests
        if each["kind"] == "Deployment" and "/backups" in mounts(each)
    }
    volumes = one_of(manifests, "Deployment", "code")["spec"]["template"]["spec"]["volumes"]

    assert having == {"code"}
    assert {"name": "backups", "persistentVolumeClaim": {"claimName": "other-disks"}} in volumes
    assert "/backups" not in mounts(one("prod", "Deployment", "code"))
