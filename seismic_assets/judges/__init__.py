"""Judges of predictions and of answers: rules, a language model beside them, and their results in MLflow."""

from seismic_assets.judges.answers import AnswerSample, answer_samples, answer_scorers
from seismic_assets.judges.evaluation import JudgementLog
from seismic_assets.judges.gathering import sample_predictions
from seismic_assets.judges.judgement import Check, Judgement, Threshold
from seismic_assets.judges.judging import (
    ANSWER_JUDGEMENT,
    ANSWER_THRESHOLDS,
    PREDICTION_THRESHOLDS,
    answer_thresholds,
    judge_answers,
    judge_predictions,
)
from seismic_assets.judges.predictions import PREDICTION_SCORERS, PredictionSample, prediction_samples
from seismic_assets.judges.questions import JudgedQuestion, judged_questions
from seismic_assets.judges.sampling import Sampling
from seismic_assets.judges.scoring import Score, Scored, Scorer, Scores, score

__all__ = [
    "ANSWER_JUDGEMENT",
    "ANSWER_THRESHOLDS",
    "PREDICTION_SCORERS",
    "PREDICTION_THRESHOLDS",
    "AnswerSample",
    "Check",
    "JudgedQuestion",
    "Judgement",
    "JudgementLog",
    "PredictionSample",
    "Sampling",
    "Score",
    "Scored",
    "Scorer",
    "Scores",
    "Threshold",
    "answer_samples",
    "answer_scorers",
    "answer_thresholds",
    "judge_answers",
    "judge_predictions",
    "judged_questions",
    "prediction_samples",
    "sample_predictions",
    "score",
]
