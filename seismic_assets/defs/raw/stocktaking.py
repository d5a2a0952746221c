"""The landing folder as the settings have it read; sensor, catalogue and ingest share one survey interval."""

import hashlib
from collections.abc import Iterable

import dagster as dg

from seismic_assets.defs.raw.sources import label_volumes
from seismic_assets.segy import Stock, StockEntry, take_stock
from seismic_assets.settings import Settings

READING = "reading_settings"


def look_at_folder(
    settings: Settings,
    previous: Iterable[StockEntry],
    *,
    survey_interval_us: int | None,
    most_new: int | None = None,
    most_bytes: int | None = None,
    settled_before_ns: int | None = None,
) -> Stock:
    """Take stock of the landing folder; arguments as of `take_stock`.

    Raises:
        LandingFolderError: the folder is missing.
    """
    return take_stock(
        settings.landing_folder,
        previous=previous,
        survey_interval_us=survey_interval_us,
        exclude=label_volumes(settings),
        equal_lengths=settings.window_samples is None,
        mapping=settings.header_map,
        resample=settings.resample,
        most_new=most_new,
        most_bytes=most_bytes,
        settled_before_ns=settled_before_ns,
    )


def reading_version(settings: Settings, interval_us: int) -> str:
    """Identity of how files are read: another one reads every file again."""
    read = (interval_us, settings.resample, settings.header_map, settings.spike_ratio)
    return hashlib.blake2b(repr(read).encode(), digest_size=16).hexdigest()


def survey_interval(instance: dg.DagsterInstance, settings: Settings) -> int | None:
    """The survey's sample interval in microseconds: the setting, else what the last look at the folder decided."""
    if settings.sample_interval_us is not None:
        return settings.sample_interval_us
    latest = latest_materialisation(instance, READING)
    recorded = latest.metadata.get("sample_interval_us") if latest is not None else None
    # 0 was recorded while no file could be read.
    return int(str(recorded.value)) or None if recorded is not None else None


def latest_materialisation(
    instance: dg.DagsterInstance, key: str, partition: str | None = None
) -> dg.AssetMaterialization | None:
    """The latest event of an asset, or None."""
    records = instance.fetch_materializations(
        dg.AssetRecordsFilter(dg.AssetKey(key), asset_partitions=[partition] if partition else None), limit=1
    ).records
    return records[0].asset_materialization if records else None
