"""Bronze: the traces as read, and figures that say whether they can be trusted."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from seismic_assets.defs.conditions import PER_FILE
from seismic_assets.defs.metadata import OWNERS, rows_metadata, table_metadata
from seismic_assets.defs.partitions import ONE_RUN, SEGY_FILES
from seismic_assets.defs.raw.stocktaking import survey_interval
from seismic_assets.deployment import fetch_landed
from seismic_assets.frames import IngestOptions, ingest_files
from seismic_assets.lake import BRONZE_TRACES, TRACE_QUALITY, Lake
from seismic_assets.quality import findings, quality_page
from seismic_assets.segy import list_segy_files
from seismic_assets.settings import Settings

GROUP = "bronze"
_SHARED: dict[str, Any] = {
    "group_name": GROUP,
    "kinds": {"deltalake"},
    "owners": OWNERS,
    "automation_condition": PER_FILE,
    "deps": ["segy_file", "reading_settings"],
}


@dg.multi_asset(
    specs=[
        dg.AssetSpec(
            "bronze_traces",
            description="Every trace of an admitted file with its headers; samples as little-endian float32 bytes.",
            metadata=table_metadata(BRONZE_TRACES),
            **_SHARED,
        ),
        dg.AssetSpec(
            "trace_quality",
            description="Counts, amplitudes and a score of an admitted file, taken while its traces were read.",
            metadata=table_metadata(TRACE_QUALITY),
            **_SHARED,
        ),
    ],
    partitions_def=SEGY_FILES,
    backfill_policy=ONE_RUN,
)
def ingest(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings], lake: dg.ResourceParam[Lake]
) -> Iterator[dg.MaterializeResult]:
    """Read each file of the run once, in blocks; a file that cannot be read after all is recorded, not raised."""
    fetch_landed(settings)  # the machine of this run need not be that of the sensor
    landed = {file.file_id: file for file in list_segy_files(settings.landing_folder)}
    options = IngestOptions(
        interval_us=survey_interval(context.instance, settings) if settings.resample else None,
        mapping=settings.header_map,
        spike_ratio=settings.spike_ratio,
        workers=settings.threads,
    )
    files = {file_id: landed[file_id].path if file_id in landed else None for file_id in context.partition_keys}
    for file_id, row in ingest_files(lake, files, options):
        context.add_asset_metadata(rows_metadata(row["traces"]), asset_key="bronze_traces", partition_key=file_id)
        name = landed[file_id].relative if file_id in landed else file_id
        quality = _quality(settings, file_id, name, row)
        context.add_asset_metadata(quality, asset_key="trace_quality", partition_key=file_id)
        if row["status"] != "read":
            context.log.warning(f"{file_id}: {row['reason']}")
    yield dg.MaterializeResult("bronze_traces")
    yield dg.MaterializeResult("trace_quality")


def _quality(settings: Settings, file_id: str, name: str, row: dict[str, Any]) -> dict[str, Any]:
    """Figures of a file as metadata, and its page, which is kept among the reports too."""
    page = quality_page(name, row, findings(row, settings.thresholds) if row["status"] == "read" else [])
    folder = settings.reports_dir / "quality"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{file_id}.md").write_text(page)
    figures = {name: value for name, value in row.items() if value is not None}
    return rows_metadata(1, report=dg.MetadataValue.md(page), **figures)
