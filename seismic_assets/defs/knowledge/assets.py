"""Knowledge: what the tables and reports of a deployment say, in words; and the index of all its documents."""

import json
from datetime import UTC, datetime
from functools import partial
from typing import Any

import dagster as dg

from seismic_assets.defs.conditions import fan_in, follow, gathered, on_change_of
from seismic_assets.defs.evaluation.record import load_record
from seismic_assets.defs.knowledge.advice import advised, save_advice
from seismic_assets.defs.knowledge.indexing import build_index, registered_prompts
from seismic_assets.defs.knowledge.judging import (
    ANSWER_CHECKS,
    PREDICTION_CHECKS,
    judged,
    judged_answers,
    judged_predictions,
)
from seismic_assets.defs.knowledge.publishing import Language, publish_insight, published
from seismic_assets.defs.knowledge.sources import (
    latest_card,
    monitoring_reports,
    readings_of,
    statistics_of_bronze,
)
from seismic_assets.defs.knowledge.state import STATE
from seismic_assets.defs.metadata import OWNERS, table_metadata
from seismic_assets.defs.model.trials import load_trials
from seismic_assets.defs.model.verdict import load_verdict
from seismic_assets.defs.monitoring.report import write_pages
from seismic_assets.defs.partitions import EVERY_FILE
from seismic_assets.insights.advice import advice_insight
from seismic_assets.insights.documentation import documentation_insight
from seismic_assets.insights.monitoring import monitoring_insight as insight_of_monitoring
from seismic_assets.insights.quality import QualityLimits, append_history, gather_quality
from seismic_assets.insights.quality import quality_report as judged_quality
from seismic_assets.insights.readiness import readiness_insight
from seismic_assets.insights.schema import schema_insight
from seismic_assets.insights.tuning import tuning_insight as insight_of_search
from seismic_assets.lake import BRONZE_TRACES, QUALITY_HISTORY, Lake
from seismic_assets.llm.explaining import ReportPart, explain, explain_parts
from seismic_assets.registry import ModelRegistry
from seismic_assets.settings import Settings
from seismic_assets.whole_files import replace_file

GROUP = "knowledge"
knowledge_settings = dg.AssetSpec(
    STATE,
    group_name=GROUP,
    kinds={"yaml"},
    owners=OWNERS,
    description="Which language model may explain, the versions of its prompts, how documents are searched, and the "
    "documentation.",
)
_REPORT: dict[str, Any] = {"group_name": GROUP, "kinds": {"markdown", "html"}, "owners": OWNERS}
_JUDGEMENT: dict[str, Any] = {"group_name": GROUP, "kinds": {"mlflow", "html"}, "owners": OWNERS}
REPORTS = (
    "quality_report",
    "schema_report",
    "model_advice",
    "tuning_insight",
    "evaluation_insight",
    "model_documentation",
    "monitoring_insight",
    "prediction_judgement",
)


@dg.asset(
    deps=[
        STATE,
        "segy_catalogue",
        dg.AssetDep("trace_quality", partition_mapping=EVERY_FILE),
        dg.AssetDep("trace_labels", partition_mapping=EVERY_FILE),
    ],
    **_REPORT,
    automation_condition=fan_in("segy_catalogue", STATE),
    metadata=table_metadata(QUALITY_HISTORY),
)
def quality_report(
    settings: dg.ResourceParam[Settings], lake: dg.ResourceParam[Lake], language: dg.ResourceParam[Language]
) -> dg.MaterializeResult:
    """What four agents say of the data: statistics, domain, drift against earlier states, and what to do.

    The state is kept in `quality_history`; the same JSON as the earlier pipeline's is in `validation_results.json`.
    """
    report = judged_quality(gather_quality(lake), QualityLimits(files=settings.thresholds))
    parts = [ReportPart(each.title, each.prompt, each.facts) for each in report.results]
    said = explain_parts(language.for_a_report(settings), parts)
    result = published(settings, report.insight, said)
    replace_file(settings.insights_dir / "validation_results.json", json.dumps(report.validation, indent=1))
    append_history(lake, report, datetime.now(UTC))
    return result


@dg.asset(
    deps=[STATE, "segy_catalogue", dg.AssetDep("bronze_traces", partition_mapping=EVERY_FILE)],
    **_REPORT,
    automation_condition=fan_in("segy_catalogue", STATE),
)
def schema_report(
    settings: dg.ResourceParam[Settings], lake: dg.ResourceParam[Lake], language: dg.ResourceParam[Language]
) -> dg.MaterializeResult:
    """What the columns of bronze hold, from which header bytes, and what is suspicious about them."""
    insight = schema_insight(statistics_of_bronze(lake), BRONZE_TRACES, readings_of(lake))
    return publish_insight(settings, language, insight, "schema")


@dg.asset(
    deps=[STATE, "dataset_split", "embedder", dg.AssetDep("trace_features", partition_mapping=EVERY_FILE)],
    **_REPORT,
    automation_condition=on_change_of("dataset_split", "embedder", STATE),
)
def model_advice(
    settings: dg.ResourceParam[Settings], lake: dg.ResourceParam[Lake], language: dg.ResourceParam[Language]
) -> dg.MaterializeResult:
    """Which model families suit the training set, and where to begin: a prior for the search, never a decision."""
    advice, profile, said = advised(lake, settings, language)
    save_advice(settings, advice)
    return published(settings, advice_insight(advice, profile), said)


@dg.asset(
    deps=[STATE, "tuning_study"],
    **_REPORT,
    automation_condition=follow("tuning_study", STATE),
)
def tuning_insight(settings: dg.ResourceParam[Settings], language: dg.ResourceParam[Language]) -> dg.MaterializeResult:
    """What the search for a model taught: convergence, what mattered, whether more trials are worth it."""
    found = load_trials(settings)
    if found is None:
        insight = insight_of_search([], default_family=settings.model_families[0])
    else:
        insight = insight_of_search(found.trials, found.parameter_importance, found.stopped_because)
    return publish_insight(settings, language, insight, "tuning")


@dg.asset(
    deps=[STATE, "evaluation_report", "promotion_gate"],
    **_REPORT,
    automation_condition=follow("promotion_gate", STATE),
)
def evaluation_insight(
    settings: dg.ResourceParam[Settings], language: dg.ResourceParam[Language]
) -> dg.MaterializeResult:
    """Whether the newest version is ready for production, criterion by criterion, and what would have to change."""
    verdict = load_verdict(settings)
    record = load_record(settings, verdict.version)
    if record is None:
        raise dg.Failure(f"version {verdict.version} has no evaluation; materialise evaluation_report")
    return publish_insight(settings, language, readiness_insight(record, verdict), "evaluation")


@dg.asset(
    deps=[STATE, "model_card"],
    **_REPORT,
    automation_condition=follow("model_card", STATE),
)
def model_documentation(
    settings: dg.ResourceParam[Settings],
    lake: dg.ResourceParam[Lake],
    registry: dg.ResourceParam[ModelRegistry],
    language: dg.ResourceParam[Language],
) -> dg.MaterializeResult:
    """The newest version in plain words: what it does, what it was made of, its limits, how to use it."""
    insight = documentation_insight(latest_card(lake, settings, registry))
    return publish_insight(settings, language, insight, "documentation")


@dg.asset(
    deps=[STATE, "monitoring_report"],
    **_REPORT,
    automation_condition=follow("monitoring_report", STATE),
)
def monitoring_insight(
    settings: dg.ResourceParam[Settings], language: dg.ResourceParam[Language]
) -> dg.MaterializeResult:
    """How the model in production fares: health in a word, what drifted, what changed since the report before.

    What a language model says of it is in the monitoring report too, as `llm_analysis`.
    """
    latest, before = monitoring_reports(settings)
    insight = insight_of_monitoring(latest, before)
    said = explain(language.for_a_report(settings), "monitoring", insight.facts)
    if said.statements:
        analysis = " ".join(each.text for each in said.statements)
        write_pages(settings, latest.model_copy(update={"llm_analysis": analysis}))
    return published(settings, insight, said)


@dg.asset(
    deps=[STATE, "champion", dg.AssetDep("predictions", partition_mapping=EVERY_FILE)],
    **_JUDGEMENT,
    automation_condition=fan_in("champion", STATE),
    check_specs=PREDICTION_CHECKS,
)
def prediction_judgement(
    settings: dg.ResourceParam[Settings], lake: dg.ResourceParam[Lake], language: dg.ResourceParam[Language]
) -> dg.MaterializeResult:
    """A sample of the predictions, judged: do they agree with those around them, are they calibrated, edge cases.

    By rules, and by a language model beside them where one answers; its verdicts change no check.
    """
    return judged(settings, judged_predictions(lake, settings, language), PREDICTION_CHECKS)


@dg.asset(
    deps=[STATE, *REPORTS],
    group_name=GROUP,
    kinds={"faiss"},
    owners=OWNERS,
    automation_condition=gathered("quality_report", "schema_report"),
)
def knowledge_index(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings], lake: dg.ResourceParam[Lake]
) -> dg.MaterializeResult:
    """The documents of the deployment, cut into passages that questions are answered from."""
    version, metadata = build_index(lake, settings, partial(context.log.info, "%d of %d passages have their vectors"))
    return dg.MaterializeResult(
        data_version=dg.DataVersion(version), metadata={**metadata, **registered_prompts(settings)}
    )


@dg.asset(
    deps=[STATE, "knowledge_index"],
    **_JUDGEMENT,
    automation_condition=follow("knowledge_index", STATE),
    check_specs=ANSWER_CHECKS,
)
def answer_judgement(
    settings: dg.ResourceParam[Settings], language: dg.ResourceParam[Language]
) -> dg.MaterializeResult:
    """Answers to questions that every deployment is asked, judged: grounded in passages, to the point, refused."""
    return judged(settings, judged_answers(settings, language), ANSWER_CHECKS)
