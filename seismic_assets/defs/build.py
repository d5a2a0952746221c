"""Compose the code location: every asset, check and sensor, bound to the resources of a deployment."""

import dagster as dg

import seismic_assets.defs.bronze.assets as bronze
import seismic_assets.defs.evaluation.assets as evaluation
import seismic_assets.defs.features.assets as features
import seismic_assets.defs.knowledge.assets as knowledge
import seismic_assets.defs.model.assets as model
import seismic_assets.defs.monitoring.assets as monitoring
import seismic_assets.defs.raw.assets as raw
import seismic_assets.defs.silver.assets as silver
import seismic_assets.defs.store.assets as store
import seismic_assets.defs.upkeep.assets as upkeep
from seismic_assets.defs.checks import ALL_CHECKS
from seismic_assets.defs.model.source import searched_with_advice, trained_from_history
from seismic_assets.defs.monitoring.sensors import (
    monitoring_schedule,
    report_alerts_sensor,
    retraining_sensor,
    run_alerts_sensors,
    served_sensor,
)
from seismic_assets.defs.progress import Progress
from seismic_assets.defs.raw.sensors import landing_sensor
from seismic_assets.defs.resources import resources_of
from seismic_assets.defs.steps import executor_of
from seismic_assets.defs.store.checks import STORE_CHECKS
from seismic_assets.defs.upkeep.schedule import upkeep_schedule
from seismic_assets.settings import Settings


def build_definitions(settings: Settings, progress: Progress | None = None) -> dg.Definitions:
    """The definitions of a deployment."""
    automation = dg.AutomationConditionSensorDefinition(
        "automation",
        target=dg.AssetSelection.all(),
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=settings.sensor_interval_s,
    )
    groups = [raw, bronze, silver, features, model, evaluation, monitoring, upkeep]
    optional = [*([store] if settings.feature_store else []), *([knowledge] if settings.knowledge else [])]
    assets = dg.load_assets_from_modules([*groups, *optional], include_specs=True)
    if settings.training_source == "store":
        assets = trained_from_history(assets)
    if settings.tuning_prior and settings.knowledge:
        assets = searched_with_advice(assets)
    return dg.Definitions(
        assets=assets,
        asset_checks=[*ALL_CHECKS, *(STORE_CHECKS if settings.feature_store else [])],
        schedules=[monitoring_schedule(settings), upkeep_schedule(settings)],
        sensors=[
            landing_sensor(settings),
            automation,
            served_sensor(settings),
            retraining_sensor(settings),
            report_alerts_sensor(settings),
            *run_alerts_sensors(settings),
        ],
        resources=resources_of(settings, progress),
        executor=executor_of(settings),
    )
