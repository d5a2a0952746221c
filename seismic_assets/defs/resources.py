"""What assets are given: settings, lake and registry, plain objects of one deployment."""

from typing import Any

from seismic_assets.lake import Lake
from seismic_assets.registry import ModelRegistry
from seismic_assets.settings import Settings


def registry_of(settings: Settings) -> ModelRegistry:
    """The model registry of a deployment."""
    return ModelRegistry(
        settings.mlflow_uri, settings.mlflow_artifacts, settings.mlflow_experiment, settings.registered_model
    )


def resources_of(settings: Settings) -> dict[str, Any]:
    """The resources of a deployment by name."""
    return {"settings": settings, "lake": Lake(settings.lake_dir), "registry": registry_of(settings)}
