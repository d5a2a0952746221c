"""Model: the classifier, its baselines, and which version is in production."""

import dagster as dg

from seismic_assets.defs.conditions import follow, on_change_of
from seismic_assets.defs.features.assets import embedder_path
from seismic_assets.defs.metadata import OWNERS
from seismic_assets.defs.model.promotion import decide
from seismic_assets.defs.model.publishing import FAMILY, fit_all, publish
from seismic_assets.defs.partitions import EVERY_FILE
from seismic_assets.defs.raw.files import catalogue_entries
from seismic_assets.defs.raw.sources import class_names
from seismic_assets.lake import Lake
from seismic_assets.registry import PRODUCTION, STAGING, ModelRegistry, load_embedder
from seismic_assets.settings import Settings

GROUP = "model"


@dg.asset(
    group_name=GROUP,
    deps=["dataset_split", "embedder", dg.AssetDep("trace_features", partition_mapping=EVERY_FILE)],
    kinds={"sklearn", "onnx", "mlflow"},
    owners=OWNERS,
    automation_condition=on_change_of("dataset_split", "embedder"),
)
def seismic_classifier(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    lake: dg.ResourceParam[Lake],
    registry: dg.ResourceParam[ModelRegistry],
) -> dg.MaterializeResult:
    """A classifier fitted on the training blocks, with a logistic baseline and a shuffled-label control beside it.

    Logged as an MLflow run and registered as a new version, which the alias `staging` then names.
    """
    fitted = fit_all(lake, load_embedder(embedder_path(settings)), settings)
    interval_us = next(entry.sample_interval_us for entry in catalogue_entries(lake).values() if entry.admitted)
    with registry.run(f"{FAMILY}_default", {"dagster_run_id": context.run_id}) as run_id:
        version, bundle = publish(
            registry, lake, settings, fitted, class_names(settings), interval_us, (run_id, context.run_id)
        )
    registry.promote(version, STAGING)
    return dg.MaterializeResult(
        data_version=dg.DataVersion(bundle.content_digest()),
        metadata={
            "version": version,
            "mlflow_run_id": run_id,
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
)
def champion(
    settings: dg.ResourceParam[Settings], lake: dg.ResourceParam[Lake], registry: dg.ResourceParam[ModelRegistry]
) -> dg.MaterializeResult:
    """The version in production: the new one if it beats its baselines, and the present one on the same windows."""
    decision = decide(lake, registry, settings)
    if decision.promote:
        registry.promote(decision.challenger, PRODUCTION)
    version = registry.version_of(PRODUCTION)
    if version is None:
        raise dg.Failure(f"version {decision.challenger} is not promoted: {decision.reason}", allow_retries=False)
    return dg.MaterializeResult(
        data_version=dg.DataVersion(registry.bundle(version).content_digest()),
        metadata={
            "version": version,
            "challenger": decision.challenger,
            "promoted": decision.promote,
            "reason": decision.reason,
        },
    )
