"""Judgements as assets: a sample of predictions, and answers to questions that every deployment is asked."""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from seismic_assets.defs.knowledge.publishing import Language, published
from seismic_assets.judges import (
    PREDICTION_THRESHOLDS,
    Check,
    Judgement,
    JudgementLog,
    Sampling,
    Threshold,
    answer_samples,
    answer_thresholds,
    judge_answers,
    judge_predictions,
    judged_questions,
    prediction_samples,
    sample_predictions,
)
from seismic_assets.knowledge import Answered, KnowledgeIndex, answer
from seismic_assets.lake import Lake
from seismic_assets.llm import LanguageModel
from seismic_assets.llm.explanation import Explanation
from seismic_assets.settings import Settings

_KEPT_IN_MLFLOW = 25  # samples that are written one by one: a fifth of a second each


def _bound(threshold: Threshold) -> str:
    return f"{'at most' if threshold.at_most else 'at least'} {threshold.limit:g}"


def check_specs(
    asset: str, thresholds: Sequence[Threshold], by_words: Sequence[Threshold] = ()
) -> list[dg.AssetCheckSpec]:
    """A check a threshold; none of them blocks.

    Args:
        asset: whose.
        thresholds: one a check.
        by_words: those that hold where documents are searched by words alone, in the same order, if they differ.
    """
    return [
        dg.AssetCheckSpec(
            each.metric, asset=asset, description=f"{each.metric} {_bound(each)}{_by_words(each, other)}."
        )
        for each, other in zip(thresholds, by_words or thresholds, strict=True)
    ]


def _by_words(threshold: Threshold, other: Threshold) -> str:
    return "" if other == threshold else f", {_bound(other)} by words alone"


PREDICTION_CHECKS = check_specs("prediction_judgement", PREDICTION_THRESHOLDS)
ANSWER_CHECKS = check_specs("answer_judgement", answer_thresholds(by_meaning=True), answer_thresholds(by_meaning=False))


def judged_predictions(lake: Lake, settings: Settings, language: Language) -> Judgement:
    """Judge a sample of the predictions, and keep the scores in MLflow."""
    sampling = _sampling(settings)
    frame = sample_predictions(lake, sampling)
    judgement = judge_predictions(frame, language.for_a_report(settings), sampling)
    _log(settings).write(judgement, prediction_samples(frame), most=_KEPT_IN_MLFLOW)
    return judgement


def judged_answers(settings: Settings, language: Language) -> Judgement:
    """Ask the documents what every deployment is asked, judge the answers, and keep the scores in MLflow."""
    index = KnowledgeIndex.load(settings.knowledge_index_dir)
    model = language.for_a_report(settings)
    samples = answer_samples(_answered(index, settings, model), judged_questions())
    thresholds = answer_thresholds(by_meaning="embedding" in index.methods)
    judgement = judge_answers(samples, model, _sampling(settings), thresholds=thresholds)
    _log(settings).write(judgement, samples, most=_KEPT_IN_MLFLOW)
    return judgement


def judged(settings: Settings, judgement: Judgement, specs: Sequence[dg.AssetCheckSpec]) -> dg.MaterializeResult:
    """Write a judgement as a page; the result has its metrics and its checks."""
    explanation = Explanation("without", reason="here it judges, and writes nothing")
    result = published(settings, judgement.insight, explanation)
    metadata = {**(result.metadata or {}), **judgement.metrics, "reason": judgement.asked.sentence}
    return result._replace(metadata=metadata, check_results=_results(judgement, specs))


def _results(judgement: Judgement, specs: Sequence[dg.AssetCheckSpec]) -> list[dg.AssetCheckResult]:
    """The judgement's checks; of what could not be measured, that it passes and why."""
    said = {each.name: each for each in judgement.checks}
    missing = "there was nothing to measure."
    found = [said.get(spec.name, Check(spec.name, passed=True, sentence=missing)) for spec in specs]
    return [
        dg.AssetCheckResult(
            check_name=each.name,
            passed=each.passed,
            severity=dg.AssetCheckSeverity.WARN,
            description=each.sentence,
        )
        for each in found
    ]


def _answered(index: KnowledgeIndex, settings: Settings, model: LanguageModel | None) -> list[Answered]:
    """A language model is asked for as many as it may judge."""
    method = settings.ask_method if settings.ask_method in index.methods else "hybrid"
    return [
        answer(index, each.text, model if number < settings.judged_by_model else None, method=method)
        for number, each in enumerate(judged_questions())
    ]


def _sampling(settings: Settings) -> Sampling:
    return Sampling(settings.judged_predictions, settings.seed, settings.judge_strategy, settings.judged_by_model)


def _log(settings: Settings) -> JudgementLog:
    return JudgementLog(settings.mlflow_uri, settings.mlflow_artifacts)
