"""The settings of the HTTP service."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import NoDecode

from seismic_assets.settings.base import EnvironmentSettings

_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")


class ServiceSettings(EnvironmentSettings):
    """Where the service listens, which model it serves, what it takes from whom, and what it keeps of it."""

    api_host: str = Field("127.0.0.1", description="Address that `seismic serve` binds to.")
    api_port: int = Field(8000, ge=1, le=65535, description="Port that `seismic serve` binds to.")
    api_workers: int = Field(1, ge=1, le=64, description="Processes that serve; one that dies is started again.")
    api_model: str = Field(
        "production",
        min_length=1,
        description="The model to serve: `production`, `staging`, a version number, or the folder of a serving bundle, "
        "which needs no MLflow.",
    )
    model_poll_seconds: float = Field(
        5.0,
        ge=0,
        allow_inf_nan=False,
        description="Seconds between two looks of the service at which version is in production; 0 is never.",
    )
    api_second_model: str | None = Field(
        None, description="A second model beside, named as SEISMIC_API_MODEL is; its answers are compared and logged."
    )
    api_second_role: Literal["shadow", "canary"] = Field(
        "shadow", description="`shadow`: the second model's answers are compared only; `canary`: they are given."
    )
    api_second_share: float = Field(
        0.1,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="Share of the callers (by the header X-Sticky-Key, else the key, else the address) that the second "
        "model sees.",
    )
    api_key: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices("SEISMIC_API_KEY", "API_KEY"),
        description="A key with the roles predict and admin, beside those of `seismic key`; 16 characters at least.",
    )
    api_key_required: bool = Field(
        False, description="Whether the service refuses to start without a key even where only this machine reaches it."
    )
    api_rate_per_minute: int = Field(
        6000, ge=0, description="Requests a minute that one key, or one address without keys, may make; 0 is no limit."
    )
    api_rate_storage: str = Field(
        "memory://",
        description="Where requests are counted: in each worker by itself, or for all of them in redis://HOST:PORT.",
    )
    api_max_body_mb: int = Field(64, ge=1, le=1024, description="Largest body of a request to predict traces.")
    api_max_segy_mb: int = Field(2048, ge=1, description="Largest SEG-Y file that may be uploaded.")
    api_max_waiting: int = Field(
        48, ge=1, description="Requests to predict that a worker holds at once; one more is answered with 503."
    )
    api_timeout_s: float = Field(
        30.0, gt=0, allow_inf_nan=False, description="Seconds for a body to arrive, and for an answer to be made."
    )
    api_cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Origins whose pages may call the API, separated by commas; by default none."
    )
    api_metrics: bool = Field(
        True,
        validation_alias=AliasChoices("SEISMIC_API_METRICS", "ENABLE_PROMETHEUS"),
        description="Whether GET /metrics answers.",
    )
    api_record: bool = Field(True, description="Keep a row of each request to predict in the inference table.")
    api_record_inputs: float = Field(
        0.01,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="Share of the requests whose traces and features are kept too.",
    )
    api_record_days: float = Field(30.0, gt=0, allow_inf_nan=False, description="Days that rows are kept.")
    api_record_max_mb: int = Field(1024, ge=8, description="Size beyond which the oldest days of rows are dropped.")
    api_store_features: bool = Field(
        False,
        description="Whether a request may have the features of its traces put into the online feature store, for "
        "SEISMIC_ONLINE_SERVED_HOURS.",
    )
    otlp_endpoint: str | None = Field(
        None,
        validation_alias=AliasChoices("SEISMIC_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"),
        description="OpenTelemetry collector that traces of requests are sent to; needs the extra `tracing`.",
    )

    @field_validator("api_cors_origins")
    @classmethod
    def _whole_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_ORIGIN.fullmatch(each) for each in value):
            raise ValueError("give origins as https://host or http://host:port, separated by commas")
        return value

    @field_validator("api_cors_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: Any) -> Any:
        return tuple(name.strip() for name in value.split(",")) if isinstance(value, str) else value
