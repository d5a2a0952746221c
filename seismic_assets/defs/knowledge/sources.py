"""What the reports of this group are made of, read from the lake and from what other assets wrote."""

from __future__ import annotations

from pathlib import PurePosixPath

import dagster as dg
import polars as pl
from deltalake import DeltaTable

from seismic_assets.attributes import feature_names
from seismic_assets.defs.evaluation.record import load_record
from seismic_assets.defs.model.card import card_of
from seismic_assets.defs.model.verdict import load_verdict
from seismic_assets.defs.raw.files import catalogue_entries
from seismic_assets.defs.raw.sources import class_names
from seismic_assets.evaluation import ModelCard
from seismic_assets.insights.advice import TrainingProfile
from seismic_assets.insights.schema import BronzeStatistics, Reading, bronze_statistics
from seismic_assets.judges import ANSWER_JUDGEMENT
from seismic_assets.knowledge import Loaded, gathered, header_documents, load_reports, project_docs, table_documents
from seismic_assets.lake import BRONZE_TRACES, DATASET_SPLIT, Lake
from seismic_assets.monitoring import MonitoringError, MonitoringReport
from seismic_assets.registry import ModelRegistry, load_embedder
from seismic_assets.segy import SegyError, list_segy_files, open_segy
from seismic_assets.settings import Settings


def statistics_of_bronze(lake: Lake) -> BronzeStatistics:
    """What the columns of bronze hold; the samples are not read."""
    if not lake.exists(BRONZE_TRACES):
        return bronze_statistics(pl.DataFrame(pl.from_arrow(BRONZE_TRACES.schema.empty_table())).lazy())
    path = str(lake.path(BRONZE_TRACES))
    stored = pl.DataFrame(DeltaTable(path).get_add_actions(flatten=True))["size_bytes"]
    return bronze_statistics(pl.scan_delta(path), int(stored.sum()))


def readings_of(lake: Lake) -> dict[str, Reading]:
    """From which bytes the positions of each file were read, and the format of its samples."""
    return {file_id: Reading(entry.header_bytes, entry.format) for file_id, entry in catalogue_entries(lake).items()}


def training_profile(lake: Lake, settings: Settings) -> TrainingProfile:
    """How many windows of which classes, features, blocks and files there are to train on; no feature is read."""
    train = lake.read(DATASET_SPLIT).filter(pl.col("fold") == "train")
    counts = dict(train.group_by("class").len().iter_rows())
    names = feature_names(load_embedder(settings.embedder_file).num_components, settings.features)
    return TrainingProfile(
        {name: counts.get(index, 0) for index, name in enumerate(class_names(settings))},
        len(names),
        train["block"].n_unique(),
        train["file_id"].n_unique(),
    )


def documents_of(lake: Lake, settings: Settings) -> Loaded:
    """All documents of a deployment: the project's pages, its reports, its tables, the text headers of its files.

    The judgement of answers is none of them: its questions would find themselves in it.
    """
    reports = load_reports(settings.local_root)
    kept = tuple(each for each in reports.documents if PurePosixPath(each.source).stem != ANSWER_JUDGEMENT)
    parts = [project_docs(), Loaded(kept, reports.problems), table_documents(), _text_headers(lake, settings)]
    return gathered(parts)


def monitoring_reports(settings: Settings) -> tuple[MonitoringReport, MonitoringReport | None]:
    """The latest monitoring report and the one before it, None where it is the first or that cannot be read."""
    folder = settings.reports_dir / "monitoring"
    latest = MonitoringReport.from_json((folder / "latest.json").read_bytes())
    names = sorted(path.name for path in folder.glob("[0-9]*Z.json"))
    before = [name for name in names if name < f"{latest.timestamp:%Y%m%dT%H%M%SZ}.json"]
    try:
        return latest, MonitoringReport.from_json((folder / before[-1]).read_bytes()) if before else None
    except (MonitoringError, OSError):
        return latest, None  # one of an earlier form, or just tidied away


def latest_card(lake: Lake, settings: Settings, registry: ModelRegistry) -> ModelCard:
    """The card of the newest version, as the model card's page has it."""
    verdict = load_verdict(settings)
    record = load_record(settings, verdict.version)
    if record is None:
        raise dg.Failure(f"version {verdict.version} has no evaluation; materialise evaluation_report")
    return card_of(lake, settings, registry.bundle(verdict.version), record, verdict)


def _text_headers(lake: Lake, settings: Settings) -> Loaded:
    """Of the admitted files; one that cannot be opened any more is named."""
    admitted = {file_id for file_id, entry in catalogue_entries(lake).items() if entry.admitted}
    found, problems = [], []
    for file in list_segy_files(settings.landing_folder):
        if file.file_id not in admitted:
            continue
        try:
            with open_segy(file.path) as reader:
                text = reader.text()
            found.append((file.relative, "\n".join((*text.lines, *text.extended))))
        except (SegyError, OSError) as error:
            problems.append(f"{file.relative}: its text header cannot be read ({error}); it is left out")
    headers = header_documents(found)
    return Loaded(headers.documents, (*headers.problems, *problems))
