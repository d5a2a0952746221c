"""What assets are given: settings, lake and registry, plain objects of one deployment."""

from typing import Any

from seismic_assets.defs.knowledge.publishing import Language
from seismic_assets.defs.progress import Progress
from seismic_assets.deployment import language_model_of, registry_of
from seismic_assets.lake import Lake
from seismic_assets.registry import StudyLog
from seismic_assets.settings import Settings


def resources_of(settings: Settings, progress: Progress | None = None) -> dict[str, Any]:
    """The resources of a deployment by name."""
    return {
        "settings": settings,
        "lake": Lake(settings.lake_dir),
        "registry": registry_of(settings),
        "language": Language(language_model_of(settings)),
        "progress": progress or Progress(),
        "studies": StudyLog(settings.mlflow_uri, settings.mlflow_artifacts),
    }
