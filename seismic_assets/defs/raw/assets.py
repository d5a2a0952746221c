"""Raw: what lies in the landing folder, and which of it is admitted."""

import json
from pathlib import Path

import dagster as dg
import polars as pl

from seismic_assets.defs.conditions import ON_CHANGE
from seismic_assets.defs.metadata import OWNERS, markdown_table, rows_metadata, table_metadata
from seismic_assets.defs.partitions import SEGY_FILES
from seismic_assets.defs.raw.sources import (
    class_names,
    folder_version,
    label_config,
    labels_version,
    waiting_sources,
)
from seismic_assets.defs.raw.stocktaking import look_at_folder, survey_interval
from seismic_assets.labels import LabelError, load_sources
from seismic_assets.lake import (
    BRONZE_TRACES,
    FEATURE_GENERATIONS,
    LABEL_MATCHES,
    SEGY_CATALOGUE,
    TRACE_ATTRIBUTES,
    TRACE_LABELS,
    TRACE_QUALITY,
    WINDOW_LABELS,
    Lake,
    predictions_table,
    trace_features_table,
    window_features_table,
)
from seismic_assets.segy import StockEntry
from seismic_assets.settings import Settings
from seismic_assets.survey import sample_survey
from seismic_assets.survey.sample_report import METADATA_NAME

GROUP = "raw"
_MOST_NOTES = 200  # of thousands of files the page shows some

segy_file = dg.AssetSpec(
    "segy_file",
    group_name=GROUP,
    partitions_def=SEGY_FILES,
    kinds={"segy"},
    owners=OWNERS,
    description="A SEG-Y file in the landing folder; its data version is the digest of its bytes.",
)
landing_folder = dg.AssetSpec(
    "landing_folder",
    group_name=GROUP,
    kinds={"filesystem"},
    owners=OWNERS,
    description="The set of SEG-Y files in the landing folder: another version means that some came, changed or went.",
)
label_sources = dg.AssetSpec(
    "label_sources",
    group_name=GROUP,
    kinds={"yaml"},
    owners=OWNERS,
    description="labels.yaml and the interpretation files it names.",
)
reading_settings = dg.AssetSpec(
    "reading_settings",
    group_name=GROUP,
    kinds={"yaml"},
    owners=OWNERS,
    description="How files are read: the survey's sample interval, resampling, the bytes that hold positions.",
)
processing_settings = dg.AssetSpec(
    "processing_settings",
    group_name=GROUP,
    kinds={"yaml"},
    owners=OWNERS,
    description="The settings that shape data: windows, features, classes, split, seed.",
)
model_decisions = dg.AssetSpec(
    "model_decisions",
    group_name=GROUP,
    kinds={"mlflow"},
    owners=OWNERS,
    description="Versions that a person put into production, or took out of it, with `seismic model`.",
)
model_settings = dg.AssetSpec(
    "model_settings",
    group_name=GROUP,
    kinds={"yaml"},
    owners=OWNERS,
    description="The settings that a model follows from: families, the search, how many windows it is fitted on.",
)


@dg.asset(group_name=GROUP, kinds={"segy"}, owners=OWNERS)
def survey_sample(settings: dg.ResourceParam[Settings]) -> dg.MaterializeResult:
    """Optional stage 0, started by hand: a random sample of a large survey, written into the landing folder.

    Missing header values are imputed; `sample_metadata.json` beside the files says what was, and how.
    """
    if settings.sample_source is None:
        raise dg.Failure("set SEISMIC_SAMPLE_SOURCE to the SEG-Y file to draw from", allow_retries=False)
    if not isinstance(settings.landing_dir, Path):  # what stands beside copies of objects is not taken
        sentence = f"draw with `seismic sample` into a folder, and copy that to {settings.landing_dir}"
        raise dg.Failure(sentence, allow_retries=False)
    report = sample_survey(
        settings.sample_source,
        settings.landing_folder,
        traces=settings.sample_traces,
        seed=settings.seed,
        files=settings.sample_files,
    )
    metadata = json.loads((settings.landing_folder / METADATA_NAME).read_text())
    return dg.MaterializeResult(
        metadata={
            "files": len(report.files),
            "traces": sum(file.traces for file in report.files),
            "sample": dg.MetadataValue.json(metadata),
        }
    )


_PER_FILE_TABLES = (
    BRONZE_TRACES,
    TRACE_QUALITY,
    TRACE_LABELS,
    LABEL_MATCHES,
    TRACE_ATTRIBUTES,
    trace_features_table(()),
    window_features_table(()),
    WINDOW_LABELS,
    FEATURE_GENERATIONS,
    predictions_table(()),
)


@dg.asset(
    group_name=GROUP,
    deps=[landing_folder, reading_settings],
    kinds={"deltalake"},
    owners=OWNERS,
    automation_condition=ON_CHANGE,
    metadata=table_metadata(SEGY_CATALOGUE),
)
def segy_catalogue(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings], lake: dg.ResourceParam[Lake]
) -> dg.MaterializeResult:
    """Every file of the landing folder by its headers: admitted, or quarantined with the reason.

    Rows of files that are gone are deleted from all tables.
    """
    previous = [StockEntry.from_dict(row) for row in lake.read(SEGY_CATALOGUE).iter_rows(named=True)]
    stock = look_at_folder(settings, previous, survey_interval_us=survey_interval(context.instance, settings))
    frame = pl.DataFrame(
        [entry.as_dict() for entry in stock.entries], schema=pl.Schema(lake.read(SEGY_CATALOGUE).schema)
    )
    rows = lake.replace(SEGY_CATALOGUE, frame)
    admitted = {entry.file_id for entry in stock.admitted}
    for table in _PER_FILE_TABLES:
        not_admitted = set(lake.file_ids(table)) - admitted
        # A file that came while the others were inspected has its partition before it has rows: they stay.
        lake.delete_files(table, not_admitted - set(context.instance.get_dynamic_partitions(str(SEGY_FILES.name))))
    for export in (*settings.reports_dir.glob("predictions/*.parquet"), *settings.reports_dir.glob("quality/*.md")):
        if export.stem not in admitted:
            export.unlink()
    quarantined = frame.filter(~pl.col("admitted")).select("relative", "reason", "judged_at", "digest")
    noted = frame.filter(pl.col("admitted") & (pl.col("notes") != "")).select("relative", "notes").head(_MOST_NOTES)
    return dg.MaterializeResult(
        data_version=dg.DataVersion(folder_version(stock)),
        metadata=rows_metadata(
            rows,
            admitted=len(admitted),
            quarantined=quarantined.height,
            quarantine=markdown_table(quarantined),
            notes=markdown_table(noted),
            sample_interval_us=stock.survey_interval_us,
        ),
    )


@dg.asset(
    group_name=GROUP,
    deps=[label_sources, processing_settings],
    kinds={"yaml"},
    owners=OWNERS,
    automation_condition=ON_CHANGE,
)
def label_catalogue(settings: dg.ResourceParam[Settings]) -> dg.MaterializeResult:
    """labels.yaml and its sources, read and checked as a whole; a mistake stops here, with its file and line."""
    try:
        config = label_config(settings)
        if config is not None:
            load_sources(config)
    except LabelError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    return dg.MaterializeResult(
        data_version=dg.DataVersion(labels_version(settings)),
        metadata={
            "classes": ", ".join(class_names(settings)),
            "sources": len(config.sources) if config is not None else 0,
            "waiting_for_their_file": ", ".join(waiting_sources(settings)) or "none",
        },
    )
