"""What the card of a version says, from the lake, its bundle, its evaluation and the gate."""

from datetime import UTC, datetime
from importlib.metadata import version as installed

import polars as pl

from seismic_assets.defs.evaluation.record import EvaluationRecord, report_folder
from seismic_assets.defs.evaluation.scoring import MODEL
from seismic_assets.defs.model.publishing import PACKAGES
from seismic_assets.defs.raw.files import catalogue_entries
from seismic_assets.defs.raw.sources import label_config
from seismic_assets.evaluation import (
    SPLIT_MAP_FILE,
    DataFile,
    LabelSource,
    ModelCard,
    Verdict,
    card_html,
    card_markdown,
    known_failures,
    png_bytes,
    split_figure,
)
from seismic_assets.labels import source_digests
from seismic_assets.lake import DATASET_SPLIT, Lake
from seismic_assets.registry import Bundle
from seismic_assets.settings import Settings


def card_of(
    lake: Lake, settings: Settings, bundle: Bundle, record: EvaluationRecord, verdict: Verdict | None
) -> ModelCard:
    """The card of a version."""
    manifest, split = bundle.manifest, lake.read(DATASET_SPLIT)
    scores = record.scores
    milliseconds = manifest.window_samples * manifest.sample_interval_us / 1000
    return ModelCard(
        name=settings.registered_model,
        version=record.version,
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        intended_use=[
            f"Names the class ({', '.join(manifest.classes)}) of windows of {milliseconds:g} ms of traces of the "
            "surveys below, or of others acquired and processed like them, as a first look that a geophysicist checks.",
        ],
        out_of_scope=_out_of_scope(bundle),
        files=_files(lake, split),
        labels=_labels(settings),
        class_windows=_class_windows(split, manifest.classes),
        feature_set=f"{manifest.feature_set}{' and time' if manifest.time_feature else ''}",
        features=manifest.feature_names,
        family=manifest.family,
        parameters={**manifest.hyperparameters, **_origin(bundle)},
        scores=scores[MODEL],
        f1=record.f1,
        class_f1=record.class_f1,
        baselines={name: each.f1_macro for name, each in scores.items() if name != MODEL},
        calibration=record.calibration,
        slices=record.slices,
        importance=record.importance,
        changes=record.changes,
        failures=known_failures(scores[MODEL], record.slices),
        verdict=verdict,
        licence=settings.model_licence,
        delta_versions=manifest.table_versions,
        split_map=_split_map(split),
        environment={name: installed(name) for name in PACKAGES},
        runs={"MLflow run": manifest.mlflow_run_id, "Dagster run": manifest.dagster_run_id},
    )


def write_card(settings: Settings, card: ModelCard) -> tuple[str, list[str]]:
    """Write `model_card.md`, `model_card.html` and the map beside the report; returns the Markdown and the paths."""
    folder = report_folder(settings, card.version)
    folder.mkdir(parents=True, exist_ok=True)
    markdown = card_markdown(card)
    (folder / "model_card.md").write_text(markdown)
    (folder / "model_card.html").write_text(card_html(card))
    if card.split_map is not None:
        (folder / SPLIT_MAP_FILE).write_bytes(card.split_map)
    return markdown, [str(folder / name) for name in ("model_card.html", "model_card.md")]


def _origin(bundle: Bundle) -> dict[str, object]:
    """Where the hyperparameters come from, and what the model was fitted on."""
    manifest = bundle.manifest
    searched = {} if manifest.cv_f1_macro is None else {"macro-F1 on the folds of the search": manifest.cv_f1_macro}
    return {
        "hyperparameters from": "a search on the training blocks" if searched else "the defaults",
        **searched,
        "windows fitted on": manifest.training_windows,
        "seed": manifest.seed,
    }


def _out_of_scope(bundle: Bundle) -> list[str]:
    manifest = bundle.manifest
    sentences = [
        "Decisions on wells, hazards or reserves without a geophysicist's own look at the section.",
        f"Traces of another sample interval than {manifest.sample_interval_us / 1000:g} ms, and surveys of other "
        "acquisition, processing or geology: the scores below say nothing of them.",
    ]
    if manifest.normalise == "none":
        sentences.append("Surveys of another amplitude scale: amplitudes are taken as they are.")
    if manifest.time_feature:
        sentences.append("Other surveys than those it was trained on: the time of a window is a feature.")
    return sentences


def _files(lake: Lake, split: pl.DataFrame) -> list[DataFile]:
    used = set(split["file_id"].unique().to_list())
    return [
        DataFile(entry.relative, entry.digest, entry.traces, entry.sample_interval_us)
        for file_id, entry in sorted(catalogue_entries(lake).items())
        if file_id in used
    ]


def _labels(settings: Settings) -> list[LabelSource]:
    config = label_config(settings)
    if config is None:
        return []
    digests = source_digests(config)
    return [LabelSource(source.name, source.kind, digests[source.name]) for source in config.sources]


def _class_windows(split: pl.DataFrame, names: tuple[str, ...]) -> dict[str, dict[str, int]]:
    counts = split.group_by("class", "fold").len()
    found = {(row["class"], row["fold"]): row["len"] for row in counts.iter_rows(named=True)}
    folds = ("train", "validation", "test", "buffer")
    return {fold: {name: found.get((index, fold), 0) for index, name in enumerate(names)} for fold in folds}


def _split_map(split: pl.DataFrame) -> bytes:
    traces = split.unique(["file_id", "trace_index"], maintain_order=True)
    area = traces["block"].str.split("/").list.first().to_numpy()
    figure = split_figure(traces["inline"].to_numpy(), traces["crossline"].to_numpy(), traces["fold"].to_numpy(), area)
    return png_bytes(figure)
