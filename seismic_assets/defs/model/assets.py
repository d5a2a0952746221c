"""Model: the search for it, the classifier with its baselines, the gate, and which version is in production."""

import dagster as dg

from seismic_assets.defs.conditions import follow, in_run_of, on_change_of
from seismic_assets.defs.evaluation.record import load_record, report_folder
from seismic_assets.defs.features.identity import dataset_digest
from seismic_assets.defs.metadata import OWNERS, markdown_table, picture
from seismic_assets.defs.model.card import card_of, write_card
from seismic_assets.defs.model.choice import Choice, load_choice, save_choice
from seismic_assets.defs.model.gate import judge_version
from seismic_assets.defs.model.publishing import fit_all, publish
from seismic_assets.defs.model.trials import save_trials
from seismic_assets.defs.model.tuning import search, trials_table
from seismic_assets.defs.model.verdict import (
    GATE_CHECKS,
    carry_out,
    gate_results,
    load_verdict,
    save_verdict,
    verdict_table,
)
from seismic_assets.defs.monitoring.retraining import RETRAINING_TAG
from seismic_assets.defs.partitions import EVERY_FILE
from seismic_assets.defs.progress import Progress
from seismic_assets.defs.raw.files import catalogue_entries
from seismic_assets.defs.raw.sources import class_names
from seismic_assets.lake import DATASET_SPLIT, Lake
from seismic_assets.registry import PRODUCTION, STAGING, ModelRegistry, StudyLog, load_embedder
from seismic_assets.settings import Settings

GROUP = "model"
_TRAINED_ON: list[str | dg.AssetDep] = [
    "dataset_split",
    "embedder",
    dg.AssetDep("trace_features", partition_mapping=EVERY_FILE),
]


@dg.asset(
    group_name=GROUP,
    deps=["model_settings", *_TRAINED_ON],
    kinds={"optuna", "mlflow"},
    owners=OWNERS,
    automation_condition=on_change_of("dataset_split", "embedder", "model_settings"),
)
def tuning_study(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    lake: dg.ResourceParam[Lake],
    studies: dg.ResourceParam[StudyLog],
    progress: dg.ResourceParam[Progress],
) -> dg.MaterializeResult:
    """The model family and hyperparameters that classify held-out blocks of the training fold best.

    An Optuna study that an interrupted run goes on with; each trial is an MLflow run. With SEISMIC_TUNING_TRIALS=0 the
    first family is taken with its default parameters.
    """
    training_set = dataset_digest(lake, lake.read(DATASET_SPLIT))
    if settings.tuning_trials == 0:
        choice = Choice(family=settings.model_families[0])
        save_choice(settings, choice)
        save_trials(settings, None)
        return dg.MaterializeResult(
            data_version=dg.DataVersion(choice.version(training_set)),
            metadata={"family": choice.family, "hyperparameters": "default: no search was asked for"},
        )
    components = load_embedder(settings.embedder_file).num_components
    again = int(context.run.tags.get(RETRAINING_TAG, 0))
    choice, result, figures = search(lake, settings, studies, components, context.run.run_id, progress, again)
    save_choice(settings, choice)
    save_trials(settings, result)
    return dg.MaterializeResult(
        data_version=dg.DataVersion(choice.version(training_set)),
        metadata={
            "family": choice.family,
            "parameters": dg.MetadataValue.json(choice.parameters),
            "cv_f1_macro": result.best_score,
            **({"cv_f1_macro_default": result.default_score} if result.default_score is not None else {}),
            "trials": len(result.trials),
            "stopped_because": result.stopped_because,
            "best_trials": markdown_table(trials_table(result)),
            "mlflow_run_id": choice.mlflow_run_id,
            **{name: picture(png, name) for name, png in figures.items()},
        },
    )


@dg.asset(
    group_name=GROUP,
    deps=["tuning_study", *_TRAINED_ON],
    kinds={"sklearn", "onnx", "mlflow"},
    owners=OWNERS,
    automation_condition=in_run_of("tuning_study"),
)
def seismic_classifier(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    lake: dg.ResourceParam[Lake],
    registry: dg.ResourceParam[ModelRegistry],
) -> dg.MaterializeResult:
    """The chosen classifier fitted on the training blocks, with a logistic baseline and a shuffled-label control.

    Logged as an MLflow run and registered as a new version, which the alias `staging` then names.
    """
    choice = load_choice(settings)
    fitted = fit_all(lake, load_embedder(settings.embedder_file), settings, choice)
    interval_us = next(entry.sample_interval_us for entry in catalogue_entries(lake).values() if entry.admitted)
    with registry.run(f"{choice.family}_{choice.source}", {"dagster_run_id": context.run.run_id}) as run_id:
        version, bundle = publish(
            registry, lake, settings, fitted, class_names(settings), interval_us, (run_id, context.run.run_id)
        )
    registry.promote(version, STAGING, by=context.run.run_id, reason="trained")
    return dg.MaterializeResult(
        data_version=dg.DataVersion(bundle.content_digest()),
        metadata={
            "version": version,
            "mlflow_run_id": run_id,
            "family": choice.family,
            "hyperparameters": choice.source,
            "temperature": fitted.models["model"].temperature,
            "training_windows": len(fitted.data.train),
            "features": len(fitted.data.feature_names),
            "classes": ", ".join(bundle.manifest.classes[index] for index in bundle.manifest.trained_classes),
        },
    )


@dg.asset(
    group_name=GROUP,
    deps=["seismic_classifier", "evaluation_report"],
    kinds={"mlflow"},
    owners=OWNERS,
    automation_condition=follow("seismic_classifier", "evaluation_report"),
    check_specs=GATE_CHECKS,
)
def promotion_gate(
    settings: dg.ResourceParam[Settings], lake: dg.ResourceParam[Lake], registry: dg.ResourceParam[ModelRegistry]
) -> dg.MaterializeResult:
    """Whether the version in staging may take the place of the one in production, question by question.

    Both answer the same test windows, which neither was fitted on. A version that is refused stays in staging with the
    reason; what is broken rather than not better blocks what follows.
    """
    version, _ = registry.aliased(STAGING)
    verdict = judge_version(lake, registry, settings, version)
    save_verdict(settings, verdict)
    return dg.MaterializeResult(
        data_version=dg.DataVersion(f"{version}-{verdict.promote}"),
        metadata={
            "version": version,
            "promote": verdict.promote,
            "reason": verdict.reason,
            "findings": markdown_table(verdict_table(verdict)),
        },
        check_results=gate_results(verdict),
    )


@dg.asset(
    group_name=GROUP,
    deps=["promotion_gate", "model_decisions"],
    kinds={"mlflow"},
    owners=OWNERS,
    automation_condition=follow("promotion_gate", "model_decisions"),
)
def champion(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings], registry: dg.ResourceParam[ModelRegistry]
) -> dg.MaterializeResult:
    """The version in production: the challenger where the gate let it pass, or what a person decided since.

    A verdict is carried out once: what was rolled back, or put there by hand, stays.
    """
    verdict = load_verdict(settings)
    carry_out(registry, verdict, context.run.run_id)
    version = registry.version_of(PRODUCTION)
    if version is None:
        raise dg.Failure(f"version {verdict.version} is not promoted: {verdict.reason}", allow_retries=False)
    return dg.MaterializeResult(
        data_version=dg.DataVersion(registry.bundle(version).content_digest()),
        metadata={
            "version": version,
            "challenger": verdict.version,
            "promoted": verdict.promote,
            "reason": verdict.reason,
        },
    )


@dg.asset(
    group_name=GROUP,
    deps=["evaluation_report", "promotion_gate"],
    kinds={"markdown", "mlflow"},
    owners=OWNERS,
    automation_condition=follow("promotion_gate"),
)
def model_card(
    settings: dg.ResourceParam[Settings], lake: dg.ResourceParam[Lake], registry: dg.ResourceParam[ModelRegistry]
) -> dg.MaterializeResult:
    """What the newest version is for, what it was made of, how good it is, where it fails, what the gate said."""
    verdict = load_verdict(settings)
    record = load_record(settings, verdict.version)
    if record is None:
        raise dg.Failure(f"version {verdict.version} has no evaluation; materialise evaluation_report")
    bundle = registry.bundle(verdict.version)
    markdown, paths = write_card(settings, card_of(lake, settings, bundle, record, verdict))
    registry.log_folder(bundle.manifest.mlflow_run_id, report_folder(settings, verdict.version), "evaluation")
    registry.describe(verdict.version, f"{record.f1.text()} macro-F1 on test blocks; card: evaluation/model_card.html")
    return dg.MaterializeResult(
        metadata={
            "version": verdict.version,
            "page": dg.MetadataValue.path(paths[0]),
            "card": dg.MetadataValue.md(markdown),
        }
    )
