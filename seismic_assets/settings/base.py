"""How settings are read from the environment."""

from __future__ import annotations

from pydantic_settings import BaseSettings, SettingsConfigDict


class EnvironmentSettings(BaseSettings):
    """Fields read from `SEISMIC_<NAME>`; a variable that is empty counts as not set."""

    model_config = SettingsConfigDict(
        env_prefix="SEISMIC_", extra="ignore", frozen=True, populate_by_name=True, env_ignore_empty=True
    )
