"""Bronze: the traces as read, and figures that say whether they can be trusted."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from seismic_assets.defs.conditions import PER_FILE
from seismic_assets.defs.metadata import OWNERS, rows_metadata, table_metadata
from seismic_assets.defs.partitions import ONE_RUN, SEGY_FILES
from seismic_assets.frames import bronze_blocks
from seismic_assets.lake import BRONZE_TRACES, TRACE_QUALITY, Lake
from seismic_assets.quality import QualityFigures
from seismic_assets.segy import SegyError, list_segy_files, open_segy
from seismic_assets.settings import Settings

GROUP = "bronze"
_SHARED: dict[str, Any] = {
    "group_name": GROUP,
    "kinds": {"deltalake"},
    "owners": OWNERS,
    "automation_condition": PER_FILE,
    "deps": ["segy_file"],
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
            description="Counts and amplitude statistics of an admitted file, taken while its traces were read.",
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
    landed = {file.file_id: file.path for file in list_segy_files(settings.landing_dir)}
    for file_id in context.partition_keys:
        figures = _ingest_file(lake, landed.get(file_id), file_id)
        rows = figures["traces"]
        context.add_asset_metadata(rows_metadata(rows), asset_key="bronze_traces", partition_key=file_id)
        context.add_asset_metadata(
            rows_metadata(1, **{name: value for name, value in figures.items() if value is not None}),
            asset_key="trace_quality",
            partition_key=file_id,
        )
        if figures["status"] != "read":
            context.log.warning(f"{file_id}: {figures['reason']}")
    yield dg.MaterializeResult("bronze_traces")
    yield dg.MaterializeResult("trace_quality")


def _ingest_file(lake: Lake, path: Path | None, file_id: str) -> dict[str, Any]:
    figures = QualityFigures()
    status, reason, shape = "read", "", (0, 0, 0)
    try:
        if path is None:
            raise SegyError(file_id, "is no longer in the landing folder; copy it there again")
        with open_segy(path) as reader:
            shape = (reader.num_traces, reader.num_samples, reader.sample_interval_us)
            lake.replace_file(BRONZE_TRACES, file_id, bronze_blocks(reader, figures))
    except SegyError as error:
        status, reason, figures = "failed", error.reason, QualityFigures()
        lake.delete_files(BRONZE_TRACES, [file_id])
    row = {
        "status": status,
        "reason": reason,
        "traces_declared": shape[0],
        "num_samples": shape[1],
        "sample_interval_us": shape[2],
        **figures.as_row(),
    }
    lake.replace_file(TRACE_QUALITY, file_id, pl.DataFrame([row]))
    return row
