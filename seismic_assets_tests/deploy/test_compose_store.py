"""The object store of docker-compose.yml: who is told of it, who has its key, who makes its bucket."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.make_secrets import make_secrets
from deploy.stack import compose
from seismic_assets_tests.commands import environment
from seismic_assets_tests.deploy.composed import ONCE, OURS, mounts, service, settings_of
from seismic_assets_tests.extras import require
from seismic_assets_tests.object_store import object_store


@pytest.mark.parametrize("name", OURS)
def test_with_the_object_store_services_write_where_they_may(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = settings_of("s3", name, monkeypatch, tmp_path)

    assert str(settings.lake_dir).startswith("s3://") and str(settings.landing_dir).startswith("s3://")
    assert mounts("s3", name)[str(settings.local_root)] == "storage"
    assert settings.s3_endpoint == "http://s3:8333"


@pytest.mark.parametrize("name", ["bucket", "code", "api", "exporter"])
def test_who_reaches_the_object_store_has_the_key_that_it_knows(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    access = settings_of("s3", name, monkeypatch, tmp_path).object_access
    identities = json.loads((tmp_path / "secrets" / "s3_identities").read_text())["identities"]

    assert [each["credentials"] for each in identities] == [[{"accessKey": access.key_id, "secretKey": access.secret}]]
    assert set(service("s3", name)["networks"]) & set(service("s3", "s3")["networks"])
    assert name == ONCE or service("s3", name)["depends_on"].keys() >= {ONCE}


def test_keys_of_an_object_store_that_is_there_are_taken_over(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    names = ("seismic_s3_access_key_id", "seismic_s3_secret_access_key")
    before = [(tmp_path / each).read_text() for each in names]
    for each in names:
        (tmp_path / each).unlink()

    assert make_secrets(tmp_path) == list(names)
    assert [(tmp_path / each).read_text() for each in names] == before


@pytest.mark.parametrize("content", ["", "{}", '{"identities": []}', "[1]"])
def test_accounts_of_an_object_store_that_cannot_be_read_are_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "s3_identities").write_text(content)

    with pytest.raises(compose.StackError, match="s3_identities names no account with a key; remove it"):
        make_secrets(tmp_path)


def test_the_bucket_is_made_once(tmp_path: Path) -> None:
    require("moto", "dev")
    with object_store(tmp_path) as access:
        environment_of_the_service = {
            **environment(),
            "SEISMIC_STORAGE_ROOT": "s3://seismic/storage",
            "SEISMIC_LANDING_DIR": "s3://seismic/landing",
            "SEISMIC_S3_ENDPOINT": str(access.endpoint),
            "SEISMIC_S3_REGION": "us-east-1",
            "SEISMIC_S3_ACCESS_KEY_ID": str(access.key_id),
            "SEISMIC_S3_SECRET_ACCESS_KEY": str(access.secret),
            "PYTHONPATH": str(compose.REPOSITORY),
        }

        said = [_made_bucket(environment_of_the_service).stdout.strip() for _ in range(2)]

        assert said == ["made seismic", "every bucket was there"]
    failed = _made_bucket(environment_of_the_service)
    assert failed.returncode == 1
    assert len(failed.stderr.strip().splitlines()) == 1 and "s3://seismic" in failed.stderr


def _made_bucket(variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = service("s3", ONCE)["command"]
    script = mounts("s3", ONCE)[command[-1]]
    return subprocess.run(
        [sys.executable, compose.REPOSITORY / script],
        capture_output=True,
        text=True,
        check=False,
        env=variables,
        timeout=120,
    )
