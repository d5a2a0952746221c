"""The settings of the feature store: what is kept, what is online and where."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from seismic_assets.settings.base import EnvironmentSettings

_REDIS = re.compile(r"[A-Za-z0-9_.-]+:[0-9]{1,5}(,(db=[0-9]{1,4}|ssl=(true|false)))*")


class FeatureStoreSettings(EnvironmentSettings):
    """What the feature store keeps of the past, and what can be looked up."""

    feature_store: bool = Field(
        True, description="Keep a feature store; off, the graph has none of its assets, and nothing can be looked up."
    )
    feature_generations: int = Field(
        3,
        ge=1,
        description="How many generations of a file's features and labels are kept for the past to be asked for.",
    )
    online_files: Annotated[tuple[str, ...], NoDecode] = Field(
        ("*",),
        description="Files whose features can be looked up online: patterns of file ids such as `survey_*`, separated "
        "by commas.",
    )
    online_redis: str | None = Field(
        None,
        description="HOST:PORT of a Redis that holds the online features, `,db=N` and `,ssl=true` where needed; by "
        "default an SQLite file below the storage root.",
    )
    online_redis_password: SecretStr | None = Field(None, description="Password of that Redis.")
    online_served_hours: float = Field(
        24.0,
        gt=0,
        le=24 * 366,
        allow_inf_nan=False,
        description="Hours for which features of traces that were just served can be looked up.",
    )
    training_source: Literal["lake", "store"] = Field(
        "lake",
        description="Where training reads its features: from the tables of the lake, or by a point-in-time join of the "
        "feature store, which gives the same.",
    )
    commit: str | None = Field(
        None,
        max_length=100,
        description="Commit of the code, noted beside features; by default that of the checkout, else the version.",
    )

    @field_validator("online_files", mode="before")
    @classmethod
    def _split_patterns(cls, value: Any) -> Any:
        return tuple(each.strip() for each in value.split(",")) if isinstance(value, str) else value

    @field_validator("online_files")
    @classmethod
    def _whole_patterns(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or not all(value):
            raise ValueError("give patterns of file ids, separated by commas; `*` is every file")
        return value

    @field_validator("online_redis")
    @classmethod
    def _address_of_redis(cls, value: str | None) -> str | None:
        if value is None:
            return None
        value = value.removeprefix("redis://").rstrip("/")
        if not _REDIS.fullmatch(value):
            # Not repeated: it may hold a password.
            raise ValueError("SEISMIC_ONLINE_REDIS: give HOST:PORT, and a password in SEISMIC_ONLINE_REDIS_PASSWORD")
        return value

    @field_validator("online_redis_password")
    @classmethod
    def _plain_password(cls, value: SecretStr | None) -> SecretStr | None:
        # Feast reads its connection string by commas and JSON, after variables were put in.
        if value is not None and re.search(r'[\s,"\\$]', value.get_secret_value()):
            raise ValueError('SEISMIC_ONLINE_REDIS_PASSWORD: choose one without blanks, commas, quotes ("), \\ and $')
        return value

    @model_validator(mode="after")
    def _store_to_train_from(self) -> FeatureStoreSettings:
        if self.training_source == "store" and not self.feature_store:
            raise ValueError("SEISMIC_TRAINING_SOURCE=store needs the feature store: leave SEISMIC_FEATURE_STORE on")
        return self
