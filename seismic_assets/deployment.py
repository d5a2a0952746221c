"""What the settings of a deployment connect to. Nothing here imports the graph: the service starts without Dagster."""

from __future__ import annotations

from seismic_assets.registry import ModelRegistry
from seismic_assets.settings import Settings


def registry_of(settings: Settings) -> ModelRegistry:
    """The model registry of a deployment."""
    return ModelRegistry(
        settings.mlflow_uri, settings.mlflow_artifacts, settings.mlflow_experiment, settings.registered_model
    )
