"""docker-compose.yml with its overlays, as the tests look at it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from deploy.make_secrets import make_secrets
from deploy.stack import compose
from seismic_assets.settings import Settings

VARIABLES = {
    "SEISMIC_DOMAIN": "example.org",
    "OAUTH2_PROXY_IMAGE": "oauth2-proxy:v7.12.0-alpine",
    "OIDC_ISSUER_URL": "https://issuer.example.org",
    "OIDC_CLIENT_ID": "seismic",
}
MERGED = {each: compose.load(each, VARIABLES) for each in compose.ENVIRONMENTS}
EVERY = {**MERGED, "s3": compose.load("dev", VARIABLES, "s3")}
# Those that work on the deployment with its settings.
OURS = ("code", "daemon", "page", "viewers", "api", "exporter")
# Does one thing at the start, and ends.
ONCE = "bucket"
SOURCE = "/opt/seismic/source"


def service(env: str, name: str) -> dict[str, Any]:
    return dict(EVERY[env]["services"][name])


def mounts(env: str, name: str) -> dict[str, str]:
    """What is mounted where, by the place in the container."""
    found = (compose.mount_of(each) for each in service(env, name).get("volumes", ()))
    return {target: source for source, target in filter(None, found)}


def settings_of(env: str, name: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> Settings:
    """As a service reads them, with the secrets that it is given."""
    make_secrets(folder / "secrets")
    given = folder / "given"
    given.mkdir()
    for each in service(env, name).get("secrets", ()):
        shutil.copy(folder / "secrets" / each, given)
    for variable, value in service(env, name)["environment"].items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("SEISMIC_SECRETS_DIR", str(given))
    return Settings()
