"""What changed in the landing folder since it was last looked at, as partitions and events."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import dagster as dg

from seismic_assets.defs.knowledge.state import STATE as KNOWLEDGE
from seismic_assets.defs.knowledge.state import knowledge_version
from seismic_assets.defs.partitions import SEGY_FILES
from seismic_assets.defs.raw.sources import folder_version, labels_version, model_settings_version, settings_version
from seismic_assets.defs.raw.stocktaking import READING, latest_materialisation, look_at_folder, reading_version
from seismic_assets.defs.store.state import STATE, store_version
from seismic_assets.deployment import fetch_landed
from seismic_assets.segy import Stock, StockEntry
from seismic_assets.settings import Settings

_PARTITIONS = str(SEGY_FILES.name)
DECISIONS = "model_decisions"


@dataclass(frozen=True)
class Discovery:
    """What a look at the landing folder found.

    Attributes:
        stock: the files, for the next look.
        new, gone: partition keys to add and to delete.
        events: materialisations of the external assets whose content changed.
    """

    stock: Stock
    new: tuple[str, ...]
    gone: tuple[str, ...]
    events: tuple[dg.AssetMaterialization, ...]

    def apply(self, instance: dg.DagsterInstance) -> None:
        """Record it in an instance at once; a sensor returns it instead."""
        instance.add_dynamic_partitions(_PARTITIONS, self.new)
        for key in self.gone:
            instance.delete_dynamic_partition(_PARTITIONS, key)
        for event in self.events:
            instance.report_runless_asset_event(event)


def discover(
    instance: dg.DagsterInstance,
    settings: Settings,
    previous: Iterable[StockEntry],
    *,
    most_new: int | None = None,
    most_bytes: int | None = None,
    settle_seconds: float = 0.0,
) -> Discovery:
    """Look at the landing folder.

    Args:
        instance: where partitions and earlier events are recorded.
        settings: of the deployment.
        previous: entries of the last look; only what changed since is opened.
        most_new: open at most this many files.
        most_bytes: and no further one once this many bytes were read.
        settle_seconds: leave younger files for the next look.

    Raises:
        LandingFolderError: the folder is missing, or the object store that it is in cannot be read.
    """
    previous = tuple(previous)
    fetch_landed(settings)
    stock = look_at_folder(
        settings,
        previous,
        survey_interval_us=settings.sample_interval_us,
        most_new=most_new,
        most_bytes=most_bytes,
        settled_before_ns=time.time_ns() - int(settle_seconds * 1e9) if settle_seconds else None,
    )
    known = set(instance.get_dynamic_partitions(_PARTITIONS))
    admitted = {entry.file_id: entry for entry in stock.admitted}
    events = [*_file_events(instance, admitted, previous, known)]
    interval = stock.survey_interval_us
    events += _event_if_changed(instance, READING, reading_version(settings, interval), sample_interval_us=interval)
    if not stock.pending:
        events += _event_if_changed(instance, "landing_folder", folder_version(stock))
    events += _event_if_changed(instance, "label_sources", labels_version(settings))
    events += _event_if_changed(instance, "processing_settings", settings_version(settings))
    events += _event_if_changed(instance, "model_settings", model_settings_version(settings))
    if settings.feature_store:
        events += _event_if_changed(instance, STATE, store_version(instance, settings))
    if settings.knowledge:
        events += _event_if_changed(instance, KNOWLEDGE, knowledge_version(instance, settings))
    if latest_version(instance, DECISIONS) is None:
        events.append(_event(DECISIONS, "none", None))
    return Discovery(
        stock=stock,
        new=tuple(sorted(admitted.keys() - known)),
        gone=tuple(sorted(known - admitted.keys())),
        events=tuple(events),
    )


def report_decision(instance: dg.DagsterInstance, version: str, reason: str) -> None:
    """Tell the graph that a person put a version into production: the asset `champion` follows."""
    event = _event(DECISIONS, f"{version}-{time.time_ns()}", None, production=version, reason=reason)
    instance.report_runless_asset_event(event)


def _file_events(
    instance: dg.DagsterInstance, admitted: dict[str, StockEntry], previous: Sequence[StockEntry], known: set[str]
) -> Iterable[dg.AssetMaterialization]:
    before = {entry.file_id: entry.digest for entry in previous if entry.admitted}
    for file_id, entry in admitted.items():
        if file_id in known and before.get(file_id) == entry.digest:
            continue
        recorded = latest_version(instance, "segy_file", file_id)
        if file_id in known and recorded is not None and recorded.split("+")[0] == entry.digest:
            continue
        # A file that comes back has lost its rows: the same bytes must count as new.
        version = entry.digest if recorded is None or file_id in known else f"{entry.digest}+{time.time_ns()}"
        yield _event("segy_file", version, file_id, traces=entry.traces, samples=entry.samples, path=entry.relative)


def _event_if_changed(
    instance: dg.DagsterInstance, key: str, version: str, **metadata: str | int
) -> list[dg.AssetMaterialization]:
    return [] if latest_version(instance, key) == version else [_event(key, version, None, **metadata)]


def _event(key: str, version: str, partition: str | None = None, **metadata: str | int) -> dg.AssetMaterialization:
    return dg.AssetMaterialization(
        key, partition=partition, tags={"dagster/data_version": version}, metadata=dict(metadata)
    )


def file_digests(instance: dg.DagsterInstance, file_ids: Iterable[str]) -> dict[str, str]:
    """Digests of files by file id, as they were discovered last; empty where none was recorded."""
    versions = {file_id: latest_version(instance, "segy_file", file_id) for file_id in file_ids}
    return {file_id: (version or "").split("+")[0] for file_id, version in versions.items()}


def latest_version(instance: dg.DagsterInstance, key: str, partition: str | None = None) -> str | None:
    """Data version of the latest event of an asset, or None."""
    latest = latest_materialisation(instance, key, partition)
    return (latest.tags or {}).get("dagster/data_version") if latest is not None else None
