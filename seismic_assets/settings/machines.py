"""The settings of what lies beyond this machine: the object store, and the cluster that computes."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from seismic_assets.objects import ObjectAccess
from seismic_assets.settings.base import EnvironmentSettings
from seismic_assets.settings.databases import check_readable
from seismic_assets.settings.locations import LocalFile

_HTTP = re.compile(r"https?://[^/\s@?#]+/?")


class MachineSettings(EnvironmentSettings):
    """How an object store is reached, and which machines compute."""

    s3_endpoint: str | None = Field(
        None, description="`http://HOST:PORT` of an object store that is not AWS; by default AWS_ENDPOINT_URL."
    )
    s3_region: str | None = Field(None, description="Region of the buckets; by default AWS_REGION.")
    s3_access_key_id: SecretStr | None = Field(
        None,
        description="Access key of the object store; by default what AWS_ACCESS_KEY_ID or the machine's role give.",
    )
    s3_secret_access_key: SecretStr | None = Field(None, description="The secret of that key.")
    execution: Literal["local", "ray"] = Field(
        "local",
        description="Who computes attributes, features and predictions: `local` threads, or tasks of a `ray` cluster. "
        "Needs the extra `ray`.",
    )
    ray_address: str | None = Field(
        None,
        description="Ray cluster, as `HOST:6379`, `auto` or `ray://HOST:10001`; by default one of this machine.",
    )
    ray_jobs: str | None = Field(
        None,
        description="Where the Ray cluster takes jobs, as `http://HOST:8265`, for SEISMIC_RUN_LAUNCHER=ray "
        "and SEISMIC_RUN_STEPS=ray.",
    )
    ray_token: SecretStr | None = Field(
        None, description="The token that the Ray cluster asks for; by default what RAY_AUTH_TOKEN or Ray's file holds."
    )
    run_launcher: Literal["local", "kubernetes", "ray"] = Field(
        "local",
        description="What computes a run that the daemon or the page starts: a process beside the graph's server, a "
        "Kubernetes pod each, or a job of a Ray cluster each. Needs the extra of that name.",
    )
    run_pods: LocalFile | None = Field(
        None,
        description="YAML file of what these pods are made of, with the fields of dagster-k8s's launcher; the Helm "
        "chart writes one.",
    )

    run_steps: Literal["run", "ray"] = Field(
        "run",
        description="What computes the steps of such a run: the `run`'s own process one after the other, or a job of a "
        "`ray` cluster each. Needs the extra `ray`.",
    )

    @field_validator("s3_endpoint", "ray_jobs")
    @classmethod
    def _http(cls, value: str | None) -> str | None:
        if value is not None and not _HTTP.fullmatch(value):
            raise ValueError("give http://HOST:PORT or https://HOST")
        if value is not None:
            check_readable(value)
        return value

    @model_validator(mode="after")
    def _whole_key(self) -> MachineSettings:
        if (self.s3_access_key_id is None) != (self.s3_secret_access_key is None):
            raise ValueError(
                "SEISMIC_S3_ACCESS_KEY_ID and SEISMIC_S3_SECRET_ACCESS_KEY belong together: give both or neither"
            )
        return self

    @property
    def object_access(self) -> ObjectAccess:
        """The way to the object store, as far as the settings name it."""
        key_id, secret = self.s3_access_key_id, self.s3_secret_access_key
        return ObjectAccess(
            self.s3_endpoint,
            self.s3_region,
            None if key_id is None else key_id.get_secret_value(),
            None if secret is None else secret.get_secret_value(),
        )
