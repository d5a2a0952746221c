"""What is online, brought up to date."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import structlog

from seismic_assets.attributes import WindowGrid
from seismic_assets.defs.progress import Progress
from seismic_assets.deployment import store_place_of
from seismic_assets.feature_store.backends import OnlineFile
from seismic_assets.feature_store.errors import DamagedStoreError
from seismic_assets.feature_store.lookup import backend_of
from seismic_assets.feature_store.making import making_of
from seismic_assets.feature_store.online import Materialised, materialise
from seismic_assets.feature_store.packed_tables import set_aside
from seismic_assets.feature_store.remade import Maker, remade_rows
from seismic_assets.feature_store.repository import read_spec
from seismic_assets.feature_store.served import history_table, rows_of, served_files, served_views
from seismic_assets.feature_store.spec import StoreSpec
from seismic_assets.frames import amplitude_scales
from seismic_assets.lake import Lake
from seismic_assets.registry import PRODUCTION, STAGING, ModelRegistry
from seismic_assets.settings import Settings

_log = structlog.get_logger(__name__)


def bring_online(lake: Lake, settings: Settings, registry: ModelRegistry, progress: Progress) -> Materialised:
    """Write what changed of the files and views that are served.

    Raises:
        FeatureStoreError: nothing is registered yet, or the store cannot be reached.
    """
    place = store_place_of(settings)
    spec = read_spec(place.folder)
    served = [version for alias in (PRODUCTION, STAGING) if (version := registry.version_of(alias)) is not None]
    views, table, maker = served_views(spec, served), history_table(spec), production_maker(settings, registry, spec)
    history = served_files(lake, table, settings.online_files)

    def rows(file: OnlineFile) -> Iterator[pl.DataFrame]:
        if maker is not None and history[file.file_id].making != maker.making:
            scales = amplitude_scales(lake, [file.file_id], settings.normalise)
            return remade_rows(lake, file.file_id, maker, scales)
        return rows_of(lake, table, file, views)

    def once() -> Materialised:
        with closing(backend_of(place)) as backend:
            return materialise(
                backend,
                views,
                wanted_files(history, maker),
                rows,
                now=datetime.now(UTC),
                keep_served=timedelta(hours=settings.online_served_hours),
                say=progress.say,
            )

    try:
        return once()
    except DamagedStoreError as error:
        aside = set_aside(place.online)
        _log.warning("the online features are damaged and made anew", reason=str(error), set_aside=str(aside))
        return once()


def wanted_files(history: dict[str, OnlineFile], maker: Maker | None) -> dict[str, OnlineFile]:
    """What is to be online: the latest generation of each file, as the version in production makes it."""
    return history if maker is None else {key: replace(file, making=maker.making) for key, file in history.items()}


def production_maker(settings: Settings, registry: ModelRegistry, spec: StoreSpec) -> Maker | None:
    """What the version in production makes features with; None where the lake has other windows or features by now.

    A challenger that the gate refused leaves its embedder behind in `trace_features`.
    """
    version = registry.version_of(PRODUCTION)
    if version is None or version not in spec.served_versions:
        return None
    bundle = registry.bundle(version)
    manifest = bundle.manifest
    window = WindowGrid(settings.window_samples or manifest.window_samples, settings.window_step)
    ours = (settings.features, settings.normalise, window)
    if ours != (manifest.features, manifest.normalise, manifest.window):
        return None
    making = making_of(bundle.embedder.digest(), manifest.window_samples, manifest.window_step, manifest.normalise)
    return Maker(making, bundle.embedder, manifest.window_step, manifest.features)
