"""Silver: windows of bronze traces, their class where it is known and their handcrafted attributes."""

from collections.abc import Iterator

import dagster as dg

from seismic_assets.defs.conditions import PER_FILE
from seismic_assets.defs.metadata import OWNERS, rows_metadata, table_metadata
from seismic_assets.defs.partitions import ONE_RUN, SEGY_FILES
from seismic_assets.defs.raw.sources import label_config
from seismic_assets.deployment import workers_of
from seismic_assets.frames import amplitude_scales, label_frames, match_frame, write_attributes
from seismic_assets.labels import FileLabels, LabelError, Labels, load_sources
from seismic_assets.lake import BRONZE_TRACES, LABEL_MATCHES, TRACE_ATTRIBUTES, TRACE_LABELS, Lake
from seismic_assets.segy import list_segy_files
from seismic_assets.settings import Settings

GROUP = "silver"
_HEADERS = ["inline", "crossline", "start_ms", "sample_interval_us", "num_samples"]
_LABEL_COLUMNS = ["trace_index", "inline", "crossline", "cdp_x", "cdp_y", "num_samples", "is_dead", "has_nan"]


@dg.asset(
    group_name=GROUP,
    deps=["bronze_traces", "label_catalogue", "processing_settings"],
    partitions_def=SEGY_FILES,
    backfill_policy=ONE_RUN,
    kinds={"deltalake"},
    owners=OWNERS,
    automation_condition=PER_FILE,
    metadata=table_metadata(TRACE_LABELS),
)
def trace_labels(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings], lake: dg.ResourceParam[Lake]
) -> Iterator[dg.MaterializeResult]:
    """The class of every labelled window, with the source it comes from; windows without a class have no row.

    Labels that contradict each other on a file are refused for that file and recorded in `label_matches`.
    """
    config = label_config(settings)
    labels = load_sources(config) if config is not None else None
    landed = {file.file_id: file.relative for file in list_segy_files(settings.landing_folder)}
    for file_id in context.partition_keys:
        rows, problem = 0, ""
        if labels is not None and file_id in landed:
            rows, problem = _label_file(lake, settings, labels, file_id, landed[file_id])
        else:
            lake.delete_files(TRACE_LABELS, [file_id])
        context.add_asset_metadata(rows_metadata(rows, problem=problem or "none"), partition_key=file_id)
    yield dg.MaterializeResult()


def _label_file(lake: Lake, settings: Settings, labels: Labels, file_id: str, relative: str) -> tuple[int, str]:
    headers = lake.read(BRONZE_TRACES, [file_id], _HEADERS)
    if headers.height == 0:
        lake.delete_files(TRACE_LABELS, [file_id])
        return 0, ""
    first = headers.row(0, named=True)
    traces = (relative, headers["inline"].to_numpy(), headers["crossline"].to_numpy())
    axis = {name: first[name] for name in ("start_ms", "sample_interval_us", "num_samples")}
    try:
        found = labels.for_file(*traces, **axis)
        rows = _write_labels(lake, settings, labels, found, file_id)
        matches = match_frame(found.matches if found is not None else labels.match(*traces, **axis))
        problem = ""
    except LabelError as error:
        lake.delete_files(TRACE_LABELS, [file_id])
        rows, problem = 0, str(error)
        matches = match_frame((), problem)
    lake.replace_file(LABEL_MATCHES, file_id, matches)
    return rows, problem


def _write_labels(lake: Lake, settings: Settings, labels: Labels, found: FileLabels | None, file_id: str) -> int:
    if found is None:
        lake.delete_files(TRACE_LABELS, [file_id])
        return 0
    blocks = lake.stream(BRONZE_TRACES, file_id, _LABEL_COLUMNS)
    frames = label_frames(blocks, found, labels.config, settings.window, settings.label_cover)
    return lake.replace_file(TRACE_LABELS, file_id, frames)


@dg.asset(
    group_name=GROUP,
    deps=["bronze_traces", "processing_settings"],
    partitions_def=SEGY_FILES,
    backfill_policy=ONE_RUN,
    kinds={"deltalake", "numpy"},
    owners=OWNERS,
    automation_condition=PER_FILE,
    metadata=table_metadata(TRACE_ATTRIBUTES),
)
def trace_attributes(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings], lake: dg.ResourceParam[Lake]
) -> Iterator[dg.MaterializeResult]:
    """The attributes of every window of every trace that is neither dead nor has a broken sample.

    The eight handcrafted ones, and those of the feature set beside them.
    """
    keys = context.partition_keys
    scales = amplitude_scales(lake, keys, settings.normalise)
    for file_id, rows in write_attributes(lake, keys, settings.window, workers_of(settings), scales, settings.features):
        context.add_asset_metadata(rows_metadata(rows), partition_key=file_id)
    yield dg.MaterializeResult()
