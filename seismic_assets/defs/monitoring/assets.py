"""Monitoring: whether what comes in and what is answered still look like training, and what to do about it."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg
import polars as pl

from seismic_assets.defs.conditions import fan_in, follow, on_change_of, or_stale
from seismic_assets.defs.metadata import OWNERS, markdown_table, rows_metadata, table_metadata
from seismic_assets.defs.monitoring.judging import NO_REFERENCE, Judge, Judgement, forget, severities, worst_first
from seismic_assets.defs.monitoring.performance import (
    save_performance,
    served_performance,
    unreadable_performance,
)
from seismic_assets.defs.monitoring.report import make_report, write_report
from seismic_assets.defs.monitoring.retraining import decide_now, load_decision, save_decision
from seismic_assets.defs.partitions import EVERY_FILE
from seismic_assets.defs.progress import Progress
from seismic_assets.drift import Severity
from seismic_assets.lake import (
    DRIFT_VERDICTS,
    FEATURE_DRIFT,
    MONITORING_REPORTS,
    PREDICTION_DRIFT,
    RETRAINING_DECISIONS,
    Lake,
)
from seismic_assets.monitoring import MonitoringError
from seismic_assets.registry import ModelRegistry
from seismic_assets.settings import Settings

GROUP = "monitoring"
FRESH = dg.FreshnessPolicy.time_window(fail_window=timedelta(days=1))
_SHOWN = ["subject", "severity", "features_drifted", "features_tested", "farthest", "reason"]
_MOST_SHOWN = 20
_SCORES = ("accuracy", "f1_macro", "f1_weighted", "estimated_accuracy")
# Labels are not compared but must have come: what the graph will learn from by itself is not to be asked for.
_COMPARED: list[str | dg.AssetDep] = [
    "champion",
    *(dg.AssetDep(name, partition_mapping=EVERY_FILE) for name in ("bronze_traces", "trace_labels")),
]


@dg.multi_asset(
    group_name=GROUP,
    specs=[
        dg.AssetSpec(
            "feature_drift",
            deps=_COMPARED,
            kinds={"deltalake"},
            owners=OWNERS,
            automation_condition=fan_in("champion"),
            metadata=table_metadata(FEATURE_DRIFT),
            description="How far the features of each file, and of what was served lately, are from those of training: "
            "tile by tile, corrected for their number, with the size of the effect. Verdicts in `drift_verdicts`, "
            "places in `drift_tiles`.",
        ),
        dg.AssetSpec(
            "prediction_drift",
            deps=_COMPARED,
            kinds={"deltalake", "onnx"},
            owners=OWNERS,
            automation_condition=fan_in("champion"),
            metadata=table_metadata(PREDICTION_DRIFT),
            description="Whether the champion's answers on each file, and on what was served lately, have other class "
            "shares or another confidence than its answers on the test blocks.",
        ),
    ],
)
def drift(
    settings: dg.ResourceParam[Settings],
    lake: dg.ResourceParam[Lake],
    registry: dg.ResourceParam[ModelRegistry],
    progress: dg.ResourceParam[Progress],
) -> Iterator[dg.MaterializeResult]:
    """Judge what is new or changed, file by file, with the features that the champion itself would make."""
    version, bundle = registry.aliased()
    if bundle.drift is None:
        forget(lake)
        yield from _nothing(version)
        return
    judgement = Judge(lake, settings, bundle, bundle.drift, version, datetime.now(UTC)).round(progress)
    yield _features_result(lake, version, judgement)
    yield _predictions_result(lake, version)


def _nothing(version: str) -> Iterator[dg.MaterializeResult]:
    for key in ("feature_drift", "prediction_drift"):
        yield dg.MaterializeResult(
            asset_key=key, data_version=dg.DataVersion(f"none-{version}"), metadata={"reason": NO_REFERENCE}
        )


def _features_result(lake: Lake, version: str, judgement: Judgement) -> dg.MaterializeResult:
    verdicts = worst_first(lake.read(DRIFT_VERDICTS))
    counts = dict(severities(verdicts))
    return dg.MaterializeResult(
        asset_key="feature_drift",
        data_version=_version_of(verdicts, ["subject", "identity", "severity"]),
        metadata=rows_metadata(
            len(lake.read(FEATURE_DRIFT)),
            version=version,
            judged=judgement.judged,
            kept=judgement.kept,
            left_for_next_time=judgement.left,
            verdicts=markdown_table(verdicts.select(_SHOWN).head(_MOST_SHOWN)),
            **{f"severity_{each.value}": counts.get(each.value, 0) for each in Severity},
        ),
    )


def _predictions_result(lake: Lake, version: str) -> dg.MaterializeResult:
    found = lake.read(PREDICTION_DRIFT)
    shown = found.select("subject", "drifted", "cohens_w", "chi2_p", "confidence_ks", "shares", "reason")
    return dg.MaterializeResult(
        asset_key="prediction_drift",
        data_version=_version_of(found, ["subject", "identity", "drifted"]),
        metadata=rows_metadata(
            found.height,
            version=version,
            drifted=int(found["drifted"].fill_null(value=False).sum()),
            answers=markdown_table(shown.sort("cohens_w", descending=True, nulls_last=True).head(_MOST_SHOWN)),
        ),
    )


def _version_of(frame: pl.DataFrame, columns: list[str]) -> dg.DataVersion:
    return dg.DataVersion(_digest(frame.select(columns).write_csv()))


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


@dg.asset(
    group_name=GROUP,
    deps=["champion"],
    kinds={"deltalake"},
    owners=OWNERS,
    automation_condition=or_stale(on_change_of("champion")),
    freshness_policy=FRESH,
)
def serving_performance(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings], registry: dg.ResourceParam[ModelRegistry]
) -> dg.MaterializeResult:
    """How what was served in the last hours did, by version: traffic, accuracy where truth came, else an estimate."""
    try:
        part = served_performance(settings, registry, datetime.now(UTC))
    except MonitoringError as error:
        context.log.error(str(error))
        part = unreadable_performance(error)
    save_performance(settings, part)
    return dg.MaterializeResult(
        data_version=dg.DataVersion(_digest(part.model_dump_json(exclude={"start", "end"}))),
        metadata={
            "requests": part.requests,
            "failed_rate": part.failed_rate,
            "truths": part.truths,
            "verdict": part.sentence,
            **{name: value for name in _SCORES if (value := getattr(part, name)) is not None},
            **({"notes": "\n".join(part.notes)} if part.notes else {}),
        },
    )


@dg.asset(
    group_name=GROUP,
    deps=["feature_drift", "prediction_drift", "serving_performance"],
    kinds={"deltalake"},
    owners=OWNERS,
    automation_condition=follow("feature_drift", "prediction_drift", "serving_performance"),
    metadata=table_metadata(RETRAINING_DECISIONS),
)
def retraining(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    lake: dg.ResourceParam[Lake],
    registry: dg.ResourceParam[ModelRegistry],
) -> dg.MaterializeResult:
    """Whether to search for a model again, and why or why not; the retraining sensor starts what is asked for."""
    now = datetime.now(UTC)
    decision = decide_now(lake, registry, settings, context.instance, now)
    save_decision(settings, decision)
    return dg.MaterializeResult(
        metadata={
            "retrain": decision.retrain,
            "reason": decision.reason,
            "conditions": "\n".join(f"{each.name}: {each.sentence}" for each in decision.conditions),
            **({"advice": decision.advice} if decision.advice else {}),
        },
    )


@dg.asset(
    group_name=GROUP,
    deps=["feature_drift", "prediction_drift", "serving_performance", "retraining"],
    kinds={"html", "deltalake"},
    owners=OWNERS,
    automation_condition=follow("retraining"),
    freshness_policy=FRESH,
    metadata=table_metadata(MONITORING_REPORTS),
)
def monitoring_report(
    settings: dg.ResourceParam[Settings], lake: dg.ResourceParam[Lake], registry: dg.ResourceParam[ModelRegistry]
) -> dg.MaterializeResult:
    """What drifted, how the served models do, what was decided and what to do, as a page and as JSON."""
    report = make_report(lake, registry, settings, load_decision(settings), datetime.now(UTC))
    page = write_report(lake, settings, report)
    return dg.MaterializeResult(
        metadata={
            "summary": report.summary,
            "severity": report.feature_drift.severity,
            "drift_ratio": report.feature_drift.drift_ratio,
            "alerts": "\n".join(f"{each.severity}: {each.sentence}" for each in report.alerts) or "none",
            "advice": "\n".join(report.advice) or "none",
            "page": dg.MetadataValue.path(page),
        }
    )
