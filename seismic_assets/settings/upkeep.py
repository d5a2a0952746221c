"""The settings of upkeep: when it is done, and what is kept how long."""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator

from seismic_assets.settings.base import EnvironmentSettings


class UpkeepSettings(EnvironmentSettings):
    """What is removed and when."""

    upkeep_cron: str = Field("43 3 * * *", description="When tables, history and reports are kept up, as a cron line.")
    keep_hours: int = Field(
        168, ge=1, description="Hours for which parts of tables that were replaced stay, for those who read them."
    )
    keep_runs_days: float | None = Field(
        90.0,
        gt=0,
        allow_inf_nan=False,
        description="Days for which runs stay in Dagster's history; one that made what is there now stays longer. "
        "`none` keeps all.",
    )
    keep_evaluations: int = Field(
        50,
        ge=1,
        description="Versions whose evaluation pages stay in `reports/`, beside those in production and staging; "
        "MLflow keeps them all.",
    )

    @field_validator("keep_runs_days", mode="before")
    @classmethod
    def _none_keeps_all(cls, value: Any) -> Any:
        return None if isinstance(value, str) and value.lower() == "none" else value
