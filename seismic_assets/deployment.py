"""What the settings of a deployment connect to. Nothing here imports the graph: the service starts without Dagster."""

from __future__ import annotations

from seismic_assets.feature_store.repository import StorePlace
from seismic_assets.lake import WINDOW_LABELS, Lake, window_features_table
from seismic_assets.registry import ModelRegistry
from seismic_assets.settings import Settings


def registry_of(settings: Settings) -> ModelRegistry:
    """The model registry of a deployment."""
    return ModelRegistry(
        settings.mlflow_uri, settings.mlflow_artifacts, settings.mlflow_experiment, settings.registered_model
    )


def store_place_of(settings: Settings) -> StorePlace:
    """Where the feature store of a deployment is."""
    lake, password = Lake(settings.lake_dir), settings.online_redis_password
    return StorePlace(
        settings.feature_store_dir,
        lake.path(window_features_table(())),
        lake.path(WINDOW_LABELS),
        settings.online_redis,
        None if password is None else password.get_secret_value(),
    )
