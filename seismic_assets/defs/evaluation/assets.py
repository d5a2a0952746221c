"""Evaluation: scores on the test blocks, and the predictions of every trace."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import dagster as dg
import polars as pl

from seismic_assets.defs.conditions import PER_FILE, follow
from seismic_assets.defs.evaluation.figures import evaluation_figures
from seismic_assets.defs.evaluation.scoring import score_bundle, test_rows
from seismic_assets.defs.metadata import OWNERS, markdown_table, picture, rows_metadata, table_metadata
from seismic_assets.defs.partitions import ONE_RUN, SEGY_FILES
from seismic_assets.defs.raw.sources import class_names
from seismic_assets.evaluation import Scores, report_page
from seismic_assets.frames import amplitude_scales, write_by_segment
from seismic_assets.inference import PREDICTED_COLUMNS, Predictor, bronze_predictions
from seismic_assets.labels import LabelError
from seismic_assets.lake import DATASET_SPLIT, TRACE_LABELS, TRACE_QUALITY, Lake, Segment, predictions_table
from seismic_assets.registry import STAGING, Bundle, ModelRegistry
from seismic_assets.settings import Settings

GROUP = "evaluation"
FRESH = dg.FreshnessPolicy.time_window(fail_window=timedelta(days=7))
_SHOWN = ("f1_macro", "f1_weighted", "accuracy", "balanced_accuracy", "roc_auc_macro")


@dg.asset(
    group_name=GROUP,
    deps=["seismic_classifier", "dataset_split"],
    kinds={"sklearn", "mlflow"},
    owners=OWNERS,
    automation_condition=follow("seismic_classifier"),
    freshness_policy=FRESH,
    check_specs=[
        dg.AssetCheckSpec(
            "score_above_baseline",
            asset="evaluation_report",
            description="Test macro-F1 exceeds that of the commonest class and of shuffled labels.",
        )
    ],
)
def evaluation_report(
    settings: dg.ResourceParam[Settings], lake: dg.ResourceParam[Lake], registry: dg.ResourceParam[ModelRegistry]
) -> dg.MaterializeResult:
    """Scores of the new version on the test blocks, beside the logistic baseline, the majority and shuffled labels."""
    version, bundle = registry.aliased(STAGING)
    split = lake.read(DATASET_SPLIT)
    scores = score_bundle(lake, bundle, test_rows(split))
    figures = evaluation_figures(lake, bundle, split, scores["model"])
    folder = settings.reports_dir / "evaluation" / f"v{version}"
    _write_report(folder, version, bundle, scores, figures)
    registry.log(bundle.manifest.mlflow_run_id, metrics=_metrics(lake, bundle, split, scores))
    registry.log_folder(bundle.manifest.mlflow_run_id, folder, "evaluation")
    return dg.MaterializeResult(
        metadata={
            "version": version,
            "report": dg.MetadataValue.path(folder / "index.html"),
            "scores": markdown_table(_score_table(scores)),
            **{f"test_{name}": value for name in _SHOWN if (value := getattr(scores["model"], name)) is not None},
            **{name.replace(" ", "_"): picture(png, name) for name, png in figures.items()},
        },
        check_results=[_above_baseline(scores)],
    )


def _above_baseline(scores: dict[str, Scores]) -> dg.AssetCheckResult:
    model, floor = scores["model"].f1_macro, max(scores["majority"].f1_macro, scores["shuffled"].f1_macro)
    return dg.AssetCheckResult(
        check_name="score_above_baseline",
        passed=model > floor,
        description="" if model > floor else f"macro-F1 {model:.3f} does not exceed the baselines' {floor:.3f}.",
        metadata={"f1_macro": model, "baselines": floor},
    )


def _score_table(scores: dict[str, Scores]) -> pl.DataFrame:
    return pl.DataFrame(
        [{"model": name, **{key: getattr(each, key) for key in _SHOWN}} for name, each in scores.items()]
    )


def _write_report(
    folder: Path, version: str, bundle: Bundle, scores: dict[str, Scores], figures: dict[str, bytes]
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    values = {"version": version, "scores": {name: each.as_dict() for name, each in scores.items()}}
    for name, png in figures.items():
        (folder / f"{name.replace(' ', '_')}.png").write_bytes(png)
    manifest = bundle.manifest
    page = report_page(
        f"Evaluation of version {version}",
        f"{scores['model'].windows:,} windows of test blocks that no model was fitted on, with a gap to the training "
        "blocks. Beside the model: a logistic regression on the same features, the same model fitted on shuffled "
        "labels, and always answering the commonest class.",
        scores,
        figures,
        {
            "model": manifest.family,
            "classes": ", ".join(manifest.classes),
            "window": f"{manifest.window_samples} samples every {manifest.window_step}",
            "training set": manifest.dataset_digest,
            "MLflow run": manifest.mlflow_run_id,
            "Dagster run": manifest.dagster_run_id,
        },
    )
    (folder / "index.html").write_text(page)
    # Last and at once: what reads the scores must not find half of them.
    temporary = folder / ".evaluation_results.json.part"
    temporary.write_text(json.dumps(values, indent=2))
    temporary.replace(folder / "evaluation_results.json")


def _metrics(lake: Lake, bundle: Bundle, split: pl.DataFrame, scores: dict[str, Scores]) -> dict[str, float]:
    metrics = scores["model"].headline("test")
    for fold, prefix in (("train", "train"), ("validation", "val")):
        metrics |= score_bundle(lake, bundle, split.filter(pl.col("fold") == fold))["model"].headline(prefix)
    for name in ("logistic", "shuffled", "majority"):
        metrics |= scores[name].headline(f"test_{name}")
    return metrics


@dg.asset(
    group_name=GROUP,
    deps=["bronze_traces", "champion"],
    partitions_def=SEGY_FILES,
    backfill_policy=ONE_RUN,
    kinds={"deltalake", "parquet", "onnx"},
    owners=OWNERS,
    automation_condition=PER_FILE,
    freshness_policy=FRESH,
    metadata=table_metadata(predictions_table(())),
)
def predictions(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    lake: dg.ResourceParam[Lake],
    registry: dg.ResourceParam[ModelRegistry],
) -> Iterator[dg.MaterializeResult]:
    """The champion's prediction of every window of every trace, with the interpreted class where there is one."""
    version, bundle = registry.aliased()
    predictor = Predictor(bundle)
    table = predictions_table(bundle.manifest.classes)
    keys = context.partition_keys
    truth = {file_id: _truth(lake, settings, bundle, file_id) for file_id in keys}

    scales = amplitude_scales(lake, keys, bundle.manifest.normalise)

    def make(segment: Segment) -> Iterator[pl.DataFrame]:
        batches = segment.batches(PREDICTED_COLUMNS, rows=1024)
        return bronze_predictions(predictor, batches, truth[segment.file_id], version, scales.get(segment.file_id))

    for file_id, rows in write_by_segment(lake, table, keys, make, settings.threads):
        lake.export_parquet(table, file_id, settings.reports_dir / "predictions" / f"{file_id}.parquet")
        context.add_asset_metadata(rows_metadata(rows, version=version), partition_key=file_id)
    yield dg.MaterializeResult()


def _truth(lake: Lake, settings: Settings, bundle: Bundle, file_id: str) -> pl.DataFrame:
    known = [file_id] if _labels_answer_it(lake, settings, bundle, file_id) else []
    return lake.read(TRACE_LABELS, known, ["trace_index", "window_index", "class"])


def _labels_answer_it(lake: Lake, settings: Settings, bundle: Bundle, file_id: str) -> bool:
    """Whether a file's labels are of the champion's windows and classes; not so while another model is to come."""
    try:
        names = class_names(settings)
    except LabelError:
        # The asset label_catalogue reports it; files are predicted all the same.
        return False
    lengths = lake.read(TRACE_QUALITY, [file_id], ["num_samples"])["num_samples"].to_list()
    ours = bundle.manifest.window
    return names == bundle.manifest.classes and all(
        settings.window.resolve(length).samples == ours.samples
        and settings.window.starts(length).tolist() == ours.starts(length).tolist()
        for length in lengths
    )
