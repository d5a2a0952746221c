"""The search for a model: an Optuna study on the training blocks, each trial an MLflow run."""

import json
import tempfile
from pathlib import Path
from statistics import fmean
from typing import Any

import polars as pl

from seismic_assets.attributes import feature_names
from seismic_assets.defs.features.identity import dataset_digest
from seismic_assets.defs.knowledge.advice import prior_of
from seismic_assets.defs.model.choice import Choice
from seismic_assets.defs.model.source import feature_source
from seismic_assets.defs.progress import Progress
from seismic_assets.evaluation import Trial, history_figure, parameter_importance_figure, png_bytes
from seismic_assets.frames import block_reach, training_data
from seismic_assets.lake import DATASET_SPLIT, Lake
from seismic_assets.registry import StudyLog
from seismic_assets.settings import Settings
from seismic_assets.training import (
    TrainingData,
    TrainingError,
    TrialReport,
    TuningOptions,
    TuningResult,
    space_digest,
    tune,
)

_STATUS = {"complete": "FINISHED", "pruned": "KILLED", "failed": "FAILED"}


def search(
    lake: Lake,
    settings: Settings,
    studies: StudyLog,
    components: int,
    dagster_run_id: str,
    progress: Progress,
    again: int = 0,
) -> tuple[Choice, TuningResult, dict[str, bytes]]:
    """Search the families of the settings on the training windows; returns the choice, the study and its figures.

    `again` is the number of the retraining that asked for the search: it draws other trials, in a study of its own.
    """
    split = lake.read(DATASET_SPLIT)
    names = feature_names(components, settings.features)
    data = training_data(
        feature_source(lake, settings), split, names, most=settings.max_training_windows, seed=settings.seed
    )
    study = settings.tuning_study or _study_name(lake, settings, names)
    if again:
        study, settings = f"{study}-again{again}", settings.model_copy(update={"seed": settings.seed + again})
    studies.end_orphans(study)
    with studies.run(study, {"dagster_run_id": dagster_run_id}) as run_id:
        done = 0

        def log_trial(report: TrialReport) -> None:
            nonlocal done
            done += 1
            _log_trial(studies, run_id, report)
            progress.say(trial_line(report, done, settings.tuning_trials))

        result = tune(data, _options(settings, study, data), _storage(settings), log_trial)
        figures = {"history": history_png(result), "parameters": parameters_png(result)}
        _log_study(studies, run_id, settings, result, figures)
    choice = Choice(
        family=result.best_family,
        parameters=result.best_parameters,
        source="tuned",
        study=study,
        score=result.best_score,
        score_weighted=_weighted(result),
        default_score=result.default_score,
        mlflow_run_id=run_id,
    )
    return choice, result, figures


def _options(settings: Settings, study: str, data: TrainingData) -> TuningOptions:
    return TuningOptions(
        families=settings.model_families,
        study_name=study,
        trials=settings.tuning_trials,
        seconds=60 * settings.tuning_minutes,
        patience=settings.tuning_patience,
        buffer=block_reach(data.train, settings.split_buffer),
        seed=settings.seed,
        most_windows=settings.tuning_windows,
        prior=prior_of(settings),
    )


def _study_name(lake: Lake, settings: Settings, names: tuple[str, ...]) -> str:
    """One study for each training set, feature set and search space, so that an interrupted one goes on."""
    digest = dataset_digest(lake, lake.read(DATASET_SPLIT))
    features = f"{settings.feature_set}{'_time' if settings.time_feature else ''}_{settings.embedding}{len(names)}"
    return f"{digest[:12]}-{features}-{space_digest(settings.model_families)[:8]}"


def _storage(settings: Settings) -> str:
    uri = settings.studies_uri
    if uri.startswith("sqlite:///"):
        folder = Path(uri.removeprefix("sqlite:///")).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TrainingError(
                f"the folder {folder} of the study's storage cannot be made ({error.strerror}); set "
                "SEISMIC_TUNING_STORAGE to a place that can be written"
            ) from error
    return uri


def history_png(result: TuningResult) -> bytes:
    """The score of each trial."""
    trials = [Trial(each.number, each.family, each.state, _reached(each)) for each in result.trials]
    return png_bytes(history_figure(trials))


def _reached(report: TrialReport) -> float | None:
    """The score of a trial; of a pruned one the mean of the folds that it came to."""
    if report.score is not None or not report.fold_scores:
        return report.score
    return fmean(report.fold_scores)


def parameters_png(result: TuningResult) -> bytes:
    """What the hyperparameters matter."""
    return png_bytes(parameter_importance_figure(result.parameter_importance))


def _log_trial(studies: StudyLog, parent: str, report: TrialReport) -> None:
    metrics = {f"fold_{number}_f1_macro": score for number, score in enumerate(report.fold_scores)}
    if report.score is not None:
        metrics["cv_f1_macro"] = report.score
    studies.trial(
        parent,
        f"trial {report.number}: {report.family}",
        params={"model_type": report.family, **report.parameters},
        metrics={**metrics, "seconds": report.seconds},
        tags={"state": report.state, **({"reason": report.reason} if report.reason else {})},
        status=_STATUS[report.state],
    )


def _log_study(
    studies: StudyLog, run_id: str, settings: Settings, result: TuningResult, figures: dict[str, bytes]
) -> None:
    studies.log(
        run_id,
        params={
            "families": ",".join(settings.model_families),
            "best_family": result.best_family,
            "seed": settings.seed,
        },
        metrics={"best_cv_f1_macro": result.best_score, "trials": len(result.trials)},
    )
    summary: dict[str, Any] = {"best_family": result.best_family, "best_parameters": result.best_parameters}
    with tempfile.TemporaryDirectory() as scratch:
        for name, png in figures.items():
            (Path(scratch) / f"{name}.png").write_bytes(png)
        (Path(scratch) / "best.json").write_text(json.dumps(summary, indent=2))
        studies.log_folder(run_id, Path(scratch), "study")


def _weighted(result: TuningResult) -> float | None:
    best = (each for each in result.trials if each.score == result.best_score and each.family == result.best_family)
    return next((each.weighted_f1 for each in best), None)


def trial_line(report: TrialReport, done: int, trials: int) -> str:
    """How far the search is."""
    score = f"macro-F1 {report.score:.3f}" if report.score is not None else report.state
    return f"search: trial {done} of at most {trials}, {report.family}: {score}"


def trials_table(result: TuningResult, most: int = 10) -> pl.DataFrame:
    """The best trials, a row each."""
    scored = [each for each in result.trials if each.state == "complete" and each.score is not None]
    best = sorted(scored, key=lambda each: -(each.score or 0.0))[:most]
    return pl.DataFrame(
        [
            {
                "trial": each.number,
                "family": each.family,
                "macro-F1": each.score,
                "seconds": each.seconds,
                "parameters": ", ".join(f"{name} {_short(value)}" for name, value in each.parameters.items()),
            }
            for each in best
        ]
    )


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
