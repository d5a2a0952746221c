"""Evaluation: scores on the test blocks, and the predictions of every trace."""

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg
import polars as pl

from seismic_assets.defs.conditions import PER_FILE, follow
from seismic_assets.defs.evaluation.figures import evaluation_figures, shapley_png
from seismic_assets.defs.evaluation.record import EvaluationRecord, assess, beside, load_record, report_folder
from seismic_assets.defs.evaluation.report import write_report
from seismic_assets.defs.evaluation.scoring import rows_of, scored_by, scores_of, with_baselines
from seismic_assets.defs.metadata import OWNERS, markdown_table, picture, rows_metadata, table_metadata
from seismic_assets.defs.partitions import ONE_RUN, SEGY_FILES
from seismic_assets.defs.raw.sources import class_names
from seismic_assets.deployment import workers_of
from seismic_assets.evaluation import Scores
from seismic_assets.frames import amplitude_scales, surroundings_of, write_by_segment
from seismic_assets.inference import PREDICTED_COLUMNS, Predictor, bronze_predictions
from seismic_assets.labels import LabelError
from seismic_assets.lake import DATASET_SPLIT, TRACE_LABELS, TRACE_QUALITY, Lake, Segment, predictions_table
from seismic_assets.registry import PRODUCTION, STAGING, Bundle, BundleError, ModelRegistry, RegistryError
from seismic_assets.settings import Settings

GROUP = "evaluation"
FRESH = dg.FreshnessPolicy.time_window(fail_window=timedelta(days=7))
_EXPLAINED = 5_000
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
    """Scores of the new version on the test blocks, beside the logistic baseline, the majority and shuffled labels.

    With intervals over spatial blocks, calibration, scores by survey, depth, noise and amplitude, and what it leans on.
    """
    version, bundle = registry.aliased(STAGING)
    split = lake.read(DATASET_SPLIT)
    scored, scores = with_baselines(lake, bundle, split, keep=_EXPLAINED)
    record = _beside_champion(settings, registry, bundle, assess(version, bundle, scored, scores))
    figures = evaluation_figures(lake, bundle, split, scored, record)
    if settings.shap:
        figures["shapley values"] = shapley_png(bundle, scored)
    folder = report_folder(settings, version)
    write_report(folder, bundle, record, figures)
    registry.log(bundle.manifest.mlflow_run_id, metrics=_metrics(lake, bundle, split, record))
    registry.log_folder(bundle.manifest.mlflow_run_id, folder, "evaluation")
    return dg.MaterializeResult(
        metadata={
            "version": version,
            "report": dg.MetadataValue.path(folder / "index.html"),
            "scores": markdown_table(_score_table(scores)),
            "macro_f1": record.f1.text(),
            "calibration_error": record.calibration.expected_error,
            **{f"test_{name}": value for name in _SHOWN if (value := getattr(scores["model"], name)) is not None},
            **({"risks": "\n".join(record.risks)} if record.risks else {}),
            **{name.replace(" ", "_"): picture(png, name) for name, png in figures.items()},
        },
        check_results=[_above_baseline(scores)],
    )


def _beside_champion(
    settings: Settings, registry: ModelRegistry, bundle: Bundle, record: EvaluationRecord
) -> EvaluationRecord:
    """The record with what changed against the version in production, where that can be read."""
    present = registry.version_of(PRODUCTION)
    before = load_record(settings, present) if present not in (None, record.version) else None
    if present is None or before is None:
        return record
    try:
        return beside(record, bundle, registry.bundle(present), before)
    except (BundleError, RegistryError):
        return record  # the gate says what is wrong with that version


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


def _metrics(lake: Lake, bundle: Bundle, split: pl.DataFrame, record: EvaluationRecord) -> dict[str, float]:
    """Scores of all folds: of those it was fitted on too, every window, drawn for the fit or not."""
    metrics = record.scores["model"].headline("test")
    for fold, prefix in (("train", "train"), ("validation", "val")):
        scored = scored_by(lake, bundle, rows_of(split, fold))
        if len(scored.truth):
            metrics |= scores_of(scored, bundle)["model"].headline(prefix)
    for name in ("logistic", "shuffled", "majority"):
        metrics |= record.scores[name].headline(f"test_{name}")
    return metrics | {
        "test_calibration_error": record.calibration.expected_error,
        "test_log_loss": record.calibration.log_loss,
        "test_brier": record.calibration.brier,
    }


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

    around = surroundings_of(lake, keys, bundle.manifest.features)

    def make(segment: Segment) -> Iterator[pl.DataFrame]:
        batches, file_id = segment.batches(PREDICTED_COLUMNS, rows=1024), segment.file_id
        return bronze_predictions(predictor, batches, truth[file_id], version, scales.get(file_id), around.get(file_id))

    for file_id, rows in write_by_segment(lake, table, keys, make, workers_of(settings)):
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
