"""Judging predictions and answers: rules always, a language model beside them where there is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from seismic_assets.evaluation.document import Section
from seismic_assets.insights import Insight
from seismic_assets.insights.gathering import Gathering
from seismic_assets.insights.wording import counted
from seismic_assets.judges.agreement import agreement
from seismic_assets.judges.answers import AnswerSample, Similarity, answer_samples, answer_scorers, is_good
from seismic_assets.judges.calibration import sample_calibration
from seismic_assets.judges.judgement import (
    Check,
    Judgement,
    Threshold,
    agreement_section,
    asked_of,
    check_section,
    checked,
    mean_metrics,
    metric_section,
    worst_samples,
    worst_section,
)
from seismic_assets.judges.model_judging import AnswerJudge, PredictionJudge
from seismic_assets.judges.prediction_page import (
    calibration_section,
    drawn_section,
    edge_section,
    verdict_section,
    worst_cells,
)
from seismic_assets.judges.predictions import (
    PREDICTION_SCORERS,
    least_class_agreement,
    prediction_samples,
    rule_verdict,
)
from seismic_assets.judges.sampling import Sampling
from seismic_assets.judges.scoring import score

if TYPE_CHECKING:
    from seismic_assets.knowledge import Answered
    from seismic_assets.llm import LanguageModel

ANSWER_JUDGEMENT = "answer_judgement"
"""Name of the judgement of answers, and of its files."""
PREDICTION_THRESHOLDS = (
    Threshold("lateral_agreement", 0.8),
    Threshold("least_class_agreement", 0.5),
    Threshold("soundness", 0.999),
    Threshold("calibration_error", 0.15, at_most=True),
    Threshold("no_edge_case", 0.9),
)
# Measured on the 40 questions of questions.yaml, over methods, indexes, and deployments of 3 and 150 files.
# Of the 20 with an answer, a sound index answered 14 to 19 from a right section; one whose passages were exchanged at
# random 0 to 3, one without the documentation none. Of the 20 without an answer it withheld 15 to 17 where it has
# vectors, 9 to 16 by words alone; one that takes whatever is nearest withholds none. The limits lie two standard errors
# (0.08 to 0.11) below the least of a sound one.
ANSWER_THRESHOLDS = (
    Threshold("groundedness", 0.8),
    Threshold("numbers_grounded", 0.99),
    Threshold("relevance", 0.5),
    Threshold("answered", 0.5),
    Threshold("refusal", 0.55),
)
_BY_WORDS = {"refusal": Threshold("refusal", 0.2)}
_OF_ALL = {
    "least_class_agreement": "traces beside with the same class, for the class that has fewest",
    "calibration_error": "gap between confidence and share of right windows",
}
_OF_EACH = ("soundness",)  # must hold of any window
_FAULTS = ("lateral_agreement", "soundness", "accuracy", "no_edge_case")
# Of relevance there is always more or less.
_ANSWER_FAULTS = ("groundedness", "numbers_grounded", "answered", "refusal")


def answer_thresholds(by_meaning: bool) -> tuple[Threshold, ...]:
    """For the checks of answers.

    Args:
        by_meaning: whether passages are found by vectors too; words alone tell a foreign question less well.
    """
    return ANSWER_THRESHOLDS if by_meaning else tuple(_BY_WORDS.get(each.metric, each) for each in ANSWER_THRESHOLDS)


def judge_predictions(
    frame: pl.DataFrame,
    model: LanguageModel | None,
    sampling: Sampling,
    thresholds: Sequence[Threshold] = PREDICTION_THRESHOLDS,
) -> Judgement:
    """Judge a sample of predictions.

    Args:
        frame: of `sample_predictions`.
        model: to judge `sampling.by_model` of them too; None for the rules alone.
        sampling: that the frame was drawn with.
        thresholds: for the checks.

    Returns:
        The judgement; whatever goes wrong with the model is in it as a sentence.
    """
    samples = prediction_samples(frame)
    classed = [each.id for each in samples if each.class_name is not None]
    chosen = _chosen(classed, sampling)
    judge = PredictionJudge(model, chosen) if model is not None and chosen else None
    scorers = (*PREDICTION_SCORERS, *((judge.scorer,) if judge else ()))
    scores = score(samples, scorers)
    calibration = sample_calibration(samples)
    words = {each.name: each.words for each in scorers} | _OF_ALL
    of_all = {
        "least_class_agreement": least_class_agreement(samples),
        "calibration_error": calibration.error if calibration else None,
    }
    metrics = mean_metrics(scores, scorers) | {name: value for name, value in of_all.items() if value is not None}
    verdicts = {each.id: verdict for each in samples if (verdict := rule_verdict(each))}
    alike = agreement(verdicts, {name: each.verdict for name, each in judge.opinions.items()} if judge else {})
    asked, checks = asked_of(judge, len(chosen)), checked(metrics, _applicable(thresholds, sampling), words)
    worst = worst_samples(scores, _FAULTS)
    gathering = Gathering()
    sections = (
        drawn_section(samples, sampling, gathering),
        metric_section(gathering, metrics, scores, words),
        check_section(checks),
        calibration_section(calibration),
        edge_section(samples, gathering),
        verdict_section(samples, gathering),
        worst_section(scores, worst, _FAULTS, worst_cells(samples, worst), ("Class", "Label", "Confidence")),
        agreement_section(alike, asked, gathering),
    )
    insight = _insight(
        "prediction_judgement", "Judgement of predictions", "windows", len(samples), checks, gathering, sections
    )
    return Judgement(insight, scores, metrics, worst, alike, asked, checks)


def judge_answers(
    answered: Sequence[Answered] | Sequence[AnswerSample],
    model: LanguageModel | None,
    sampling: Sampling | None = None,
    similar: Similarity | None = None,
    thresholds: Sequence[Threshold] = ANSWER_THRESHOLDS,
) -> Judgement:
    """Judge answers to questions.

    Args:
        answered: of `knowledge.answer`, or samples.
        model: to judge `sampling.by_model` of them too; None for the rules alone.
        sampling: how many the model judges; all where it is not given.
        similar: likeness of two texts, beside words in common.
        thresholds: for the checks.

    Returns:
        The judgement; whatever goes wrong with the model is in it as a sentence.
    """
    samples = _answers(answered)
    chosen = _chosen_answers(samples, sampling or Sampling(by_model=len(samples)))
    judge = AnswerJudge(model, chosen) if model is not None and chosen else None
    scorers = (*answer_scorers(similar), *((judge.scorer,) if judge else ()))
    scores = score(samples, scorers)
    words = {each.name: each.words for each in scorers}
    metrics = mean_metrics(scores, scorers)
    good = {each.id: _good(is_good(each)) for each in samples}
    alike = agreement(good, {name: _good(each.value == 1) for name, each in judge.opinions.items()} if judge else {})
    asked, checks = asked_of(judge, len(chosen)), checked(metrics, thresholds, words)
    worst = worst_samples(scores, _ANSWER_FAULTS)
    gathering = Gathering()
    gathering.count("answers", "answers judged", len(samples), "answers")
    shown = {each.id: (each.question[:100], each.answer[:160]) for each in samples}
    sections = (
        metric_section(gathering, metrics, scores, words),
        check_section(checks),
        worst_section(scores, worst, _ANSWER_FAULTS, shown, ("Question", "Answer")),
        agreement_section(alike, asked, gathering),
    )
    insight = _insight(ANSWER_JUDGEMENT, "Judgement of answers", "answers", len(samples), checks, gathering, sections)
    return Judgement(insight, scores, metrics, worst, alike, asked, checks)


def _applicable(thresholds: Sequence[Threshold], sampling: Sampling) -> Sequence[Threshold]:
    """Without those of all predictions where the sample is of the least certain ones alone."""
    return [each for each in thresholds if sampling.strategy != "uncertain" or each.metric in _OF_EACH]


def _answers(answered: Sequence[Any]) -> list[AnswerSample]:
    if all(isinstance(each, AnswerSample) for each in answered):
        return list(answered)
    return answer_samples(answered)


def _chosen(ids: Sequence[str], sampling: Sampling) -> frozenset[str]:
    """Which samples the model judges: drawn among all, so that they are of every file and class."""
    order = np.random.default_rng(sampling.seed).permutation(len(ids))
    return frozenset(ids[int(place)] for place in order[: sampling.by_model])


def _chosen_answers(samples: Sequence[AnswerSample], sampling: Sampling) -> frozenset[str]:
    """Those that a model wrote before those that are but passages."""
    written = [each.id for each in samples if each.model]
    chosen = _chosen(written, sampling)
    rest = [each.id for each in samples if not each.model]
    return chosen | _chosen(rest, replace(sampling, by_model=sampling.by_model - len(chosen)))


def _good(good: bool) -> str:
    return "good" if good else "bad"


def _insight(
    name: str,
    title: str,
    noun: str,
    samples: int,
    checks: Sequence[Check],
    gathering: Gathering,
    sections: tuple[Section, ...],
) -> Insight:
    """The page: PASS where all thresholds are met, WARN where one is not, nothing without samples."""
    if not samples:
        return Insight(name, title, f"There were no {noun} to judge.", "", gathering.facts, sections)
    failed = [each for each in checks if not each.passed]
    gathering.count("checks_not_met", "thresholds not met", len(failed), "thresholds")
    said = " ".join(each.sentence for each in failed) or "Every threshold is met."
    summary = f"{counted(samples, noun.removesuffix('s'))} judged: {said[:1].lower()}{said[1:]}"
    return Insight(name, title, summary, "WARN" if failed else "PASS", gathering.facts, sections)
