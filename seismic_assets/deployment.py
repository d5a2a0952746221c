"""What the settings of a deployment connect to. Nothing here imports the graph: the service starts without Dagster."""

from __future__ import annotations

import atexit
from collections.abc import Sequence
from typing import TYPE_CHECKING

from seismic_assets.feature_store.repository import StorePlace
from seismic_assets.lake import WINDOW_LABELS, Lake, window_features_table
from seismic_assets.lake.pools import Workers
from seismic_assets.objects import ObjectAddress, ObjectStoreError
from seismic_assets.objects.mirror import Refreshed, refresh
from seismic_assets.registry import ModelRegistry
from seismic_assets.settings import Settings, SettingsError, variable_of

if TYPE_CHECKING:
    from seismic_assets.llm import LanguageModel
    from seismic_assets.llm.client import CallObserver, ClientConfig


_MOST_NAMED = 3
_BELONGS_TO = "storage_root.txt"


def check_object_stores(settings: Settings) -> None:
    """Go on where the object stores that the settings name can be used, and keep commits apart.

    Raises:
        ObjectStoreError: one cannot; says why and what to do.
        SettingsError: the state folder is that of another storage root.
    """
    from seismic_assets.objects.checking import check_writing

    check_object_stores_for_reading(settings)
    if isinstance(settings.storage_root, ObjectAddress):
        check_writing(settings.storage_root)
        settings.state_dir.mkdir(parents=True, exist_ok=True)
        (settings.state_dir / _BELONGS_TO).write_text(f"{settings.storage_root}\n")


def check_object_stores_for_reading(settings: Settings) -> None:
    """The same for who writes nothing.

    Raises:
        ObjectStoreError: one cannot be read; says why and what to do.
        SettingsError: the state folder is that of another storage root.
    """
    from seismic_assets.objects.checking import check_reading

    for place in (settings.landing_dir, settings.storage_root):
        if isinstance(place, ObjectAddress):
            check_reading(place)
    check_state_folder(settings)


def check_state_folder(settings: Settings) -> None:
    """See that the folder of this machine beside an object store is that of this storage root.

    Raises:
        SettingsError: it is that of another.
    """
    note = settings.state_dir / _BELONGS_TO
    if isinstance(settings.storage_root, ObjectAddress) and note.is_file():
        owner = note.read_text().strip()
        if owner != str(settings.storage_root):
            raise SettingsError(
                f"SEISMIC_STATE_DIR={settings.state_dir} belongs to the storage root {owner}, not to "
                f"{settings.storage_root}; name another folder."
            )


def fetch_landed(settings: Settings) -> Refreshed:
    """Copy what landed in an object store into the landing folder of this machine; a landing folder stays as it is.

    Returns:
        What changed.

    Raises:
        LandingFolderError: the store cannot be read, the copies cannot be written, or files stand among them that the
            store does not hold.
    """
    if not isinstance(settings.landing_dir, ObjectAddress):
        return Refreshed((), ())
    from seismic_assets.segy import LandingFolderError

    try:
        found = refresh(settings.landing_dir, settings.landing_folder)
    except (ObjectStoreError, OSError) as error:
        raise LandingFolderError(str(settings.landing_dir), f"cannot be read: {error}") from error
    if found.strange:
        named = ", ".join(found.strange[:_MOST_NAMED]) + (", ..." if len(found.strange) > _MOST_NAMED else "")
        raise LandingFolderError(
            str(settings.landing_dir),
            f"is copied to {settings.landing_folder}, and {named} there is a copy of nothing; put it into the store, "
            "and move it away from there",
        )
    return found


def workers_of(settings: Settings) -> Workers:
    """Who makes and writes blocks of traces: threads of this process, or workers of a cluster."""
    if settings.execution == "ray":
        from seismic_assets.cluster import RayPool

        token = settings.ray_token
        return RayPool(settings.ray_address, settings.threads, None if token is None else token.get_secret_value())
    return settings.threads


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


def client_config_of(settings: Settings) -> ClientConfig:
    """Which language model the settings name, where, and within which bounds.

    Raises:
        SettingsError: its address is none; names the variable that gave it.
    """
    from seismic_assets.llm.address import check_address
    from seismic_assets.llm.client import ClientConfig

    try:
        check_address(settings.ollama_host)
    except ValueError as error:
        raise SettingsError(f"{variable_of('ollama_host')}: {error}.") from error
    return ClientConfig(
        host=settings.ollama_host,
        model=settings.llm_model,
        timeout_s=settings.llm_timeout_s,
        attempts=settings.llm_attempts,
        concurrent=settings.llm_concurrent,
        most_tokens=settings.llm_most_tokens,
        context_tokens=settings.llm_context_tokens,
    )


def language_model_of(settings: Settings, observers: Sequence[CallObserver] = ()) -> LanguageModel | None:
    """The language model of a deployment; None where the settings ask for none.

    One whose address is wrong answers nothing but that: what a model helps with is complete without it.

    Its calls are kept as traces in MLflow where the settings ask for that; what is still to be written then is written
    before the process ends.
    """
    if not settings.llm:
        return None
    from seismic_assets.llm.absent import AbsentModel
    from seismic_assets.llm.client import OllamaModel

    try:
        config = client_config_of(settings)
    except SettingsError as error:
        return AbsentModel(settings.llm_model, str(error).rstrip("."))
    told = [*observers, *([_tracer_of(settings)] if settings.llm_trace else [])]
    return OllamaModel(config, settings.llm_cache_dir, told)


def _tracer_of(settings: Settings) -> CallObserver:
    from seismic_assets.registry.genai import CallTracer

    tracer = CallTracer(settings.mlflow_uri, settings.mlflow_artifacts, settings.llm_model)
    atexit.register(tracer.close)
    return tracer
