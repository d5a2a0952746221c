"""Judgements as assets: a sample of predictions, and answers to questions that every deployment is asked."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources

import dagster as dg
import yaml

from seismic_assets.defs.knowledge.publishing import Language, published
from seismic_assets.judges import (
    ANSWER_THRESHOLDS,
    PREDICTION_THRESHOLDS,
    Check,
    Judgement,
    JudgementLog,
    Sampling,
    Threshold,
    answer_samples,
    judge_answers,
    judge_predictions,
    prediction_samples,
    sample_predictions,
)
from seismic_assets.knowledge import Answered, KnowledgeIndex, answer
from seismic_assets.lake import Lake
from seismic_assets.llm.explanation import Explanation
from seismic_assets.settings import Settings

_KEPT_IN_MLFLOW = 25  # samples that are written one by one: a fifth of a second each


def _bound(threshold: Threshold) -> str:
    return f"{'at most' if threshold.at_most else 'at least'} {threshold.limit:g}."


def check_specs(asset: str, thresholds: Sequence[Threshold]) -> list[dg.AssetCheckSpec]:
    """A check a threshold; none of them blocks."""
    return [
        dg.AssetCheckSpec(each.metric, asset=asset, description=f"{each.metric} {_bound(each)}") for each in thresholds
    ]


PREDICTION_CHECKS = check_specs("prediction_judgement", PREDICTION_THRESHOLDS)
ANSWER_CHECKS = check_specs("answer_judgement", ANSWER_THRESHOLDS)


def judged_predictions(lake: Lake, settings: Settings, language: Language) -> Judgement:
    """Judge a sample of the predictions, and keep the scores in MLflow."""
    sampling = _sampling(settings)
    frame = sample_predictions(lake, sampling)
    judgement = judge_predictions(frame, language.model, sampling)
    _log(settings).write(judgement, prediction_samples(frame), most=_KEPT_IN_MLFLOW)
    return judgement


def judged_answers(settings: Settings, language: Language) -> Judgement:
    """Ask the documents what every deployment is asked, judge the answers, and keep the scores in MLflow."""
    index = KnowledgeIndex.load(settings.knowledge_index_dir)
    answered = _answered(index, settings, language)
    judgement = judge_answers(answered, language.model, _sampling(settings))
    _log(settings).write(judgement, answer_samples(answered), most=_KEPT_IN_MLFLOW)
    return judgement


def judged(settings: Settings, judgement: Judgement, specs: Sequence[dg.AssetCheckSpec]) -> dg.MaterializeResult:
    """Write a judgement as a page; the result has its metrics and its checks."""
    explanation = Explanation("without", reason=judgement.asked.sentence)
    result = published(settings, judgement.insight, explanation)
    metadata = {**(result.metadata or {}), **judgement.metrics}
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


def _answered(index: KnowledgeIndex, settings: Settings, language: Language) -> list[Answered]:
    """A language model is asked for as many as it may judge."""
    file = resources.files("seismic_assets.judges").joinpath("questions.yaml")
    asked = [each for group in yaml.safe_load(file.read_text(encoding="utf-8")).values() for each in group]
    return [
        answer(
            index,
            question,
            language.model if number < settings.judged_by_model else None,
            method=settings.ask_method,
        )
        for number, question in enumerate(asked)
    ]


def _sampling(settings: Settings) -> Sampling:
    return Sampling(settings.judged_predictions, settings.seed, settings.judge_strategy, settings.judged_by_model)


def _log(settings: Settings) -> JudgementLog:
    return JudgementLog(settings.mlflow_uri, settings.mlflow_artifacts)
