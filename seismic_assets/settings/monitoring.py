"""The settings of monitoring: what counts as drift, when a model is trained again, and who is told."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode

from seismic_assets.settings.base import EnvironmentSettings
from seismic_assets.settings.locations import LocalFile


class MonitoringSettings(EnvironmentSettings):
    """What is watched and what follows from it."""

    drift_traces: int = Field(
        20_000,
        ge=100,
        description="Traces of a file, whole tiles evenly over it, and of what was served, that are compared with the "
        "training reference.",
    )
    drift_minutes: float = Field(
        10.0,
        gt=0,
        allow_inf_nan=False,
        description="No further file is judged after so many minutes of a round; the next goes on, new files first.",
    )
    drift_false_discoveries: float = Field(
        0.05,
        gt=0,
        lt=0.5,
        description="Share of false discoveries among the features that are said to have drifted, and among the files "
        "whose answers are; the share of dead traces is tested by itself, at 1 %.",
    )
    drift_effect: float = Field(
        0.1,
        ge=0,
        le=5,
        allow_inf_nan=False,
        description="Kolmogorov-Smirnov distance, or Wasserstein distance in standard deviations, below which a change "
        "is too small to matter.",
    )
    classic_ks: bool = Field(
        False, description="Also test each feature alone at p < .05, as is often done, for comparison; it cries wolf."
    )
    monitoring_hours: float = Field(
        24.0, gt=0, le=24 * 366, allow_inf_nan=False, description="Hours of served requests that a report looks at."
    )
    truth_hours: float = Field(
        168.0,
        gt=0,
        le=24 * 366,
        allow_inf_nan=False,
        description="Hours for which served requests still count for the accuracy when their truth comes; not less "
        "than those of a report.",
    )
    monitoring_cron: str = Field("17 * * * *", description="When a report is made, as a cron line.")
    monitoring_requests: int = Field(
        10_000, ge=1, description="Requests since the last report after which the next one is made before its time."
    )
    max_accuracy_drop: float = Field(
        0.05,
        gt=0,
        lt=1,
        description="Fall of the accuracy on what was served below that of the test blocks which counts as worse.",
    )
    min_truths: int = Field(100, ge=1, description="Traces with a true class below which no fall is decided.")
    retrain_on_drift: bool = Field(
        True, description="Search for a model again when drift is high or the accuracy has fallen; off, only labels do."
    )
    retrain_new_windows: int | None = Field(
        None,
        ge=1,
        description="Labelled windows since the champion was trained that ask for another search; by default the graph "
        "trains whenever labels change, and this adds nothing.",
    )
    retrain_age_days: float | None = Field(
        None, gt=0, allow_inf_nan=False, description="Age of the champion that asks for another search."
    )
    retrain_cooldown_hours: float = Field(
        24.0, gt=0, allow_inf_nan=False, description="Least time between two such searches."
    )
    retrain_budget: int = Field(4, ge=0, description="Such searches at most within 30 days.")
    alert_urls: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (),
        description="Who is told of what is wrong, separated by blanks: a webhook (https://...), `slack://...`, "
        "`mailto://...` or any other address of Apprise.",
    )
    alert_repeat_hours: float = Field(
        24.0, gt=0, allow_inf_nan=False, description="After how long an alert that stays on is said again."
    )
    alert_budget_seconds: float = Field(
        20.0, gt=0, le=50, allow_inf_nan=False, description="How long telling people may take, retries included."
    )
    sql_alerts: LocalFile | None = Field(
        None, description="YAML file of named SQL alerts beside those that come with the package."
    )

    @field_validator("alert_urls", mode="before")
    @classmethod
    def _split_urls(cls, value: Any) -> Any:
        return tuple(value.split()) if isinstance(value, str) else value

    @field_validator("alert_urls")
    @classmethod
    def _usable_urls(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if value:  # only then, as the services take a moment to import
            from seismic_assets.alerts.channels.addresses import channels_of

            channels_of(url.get_secret_value() for url in value)
        return value
