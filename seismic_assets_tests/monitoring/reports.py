"""Whole reports, made by the real code."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from seismic_assets.monitoring import (
    Baseline,
    DataQualityPart,
    ImportanceDriftPart,
    Known,
    ModelInfo,
    MonitoringReport,
    PastRetraining,
    RetrainingFacts,
    RetrainingPolicy,
    compose_report,
    decide,
    feature_drift_part,
    performance_part,
    prediction_drift_part,
    serving_performance,
)
from seismic_assets_tests.monitoring.drifted import CLASSES, answers_reference, file_answers, file_drift, too_small
from seismic_assets_tests.monitoring.serving_rows import DAY, NAMES, NOW, START, call, feedback, requests, served

NORTH = "north <b>line</b>.sgy"


@cache
def troubled() -> MonitoringReport:
    """Much is wrong: drift, answers, accuracy, errors, losses, and nothing new to learn from."""
    ours, told = served(0, 400, 0.8, traces=2)
    theirs, more = served(1, 120, 0.6, "8", second_role="canary", second_version="8", second_agreement=0.8)
    failed = [call(START + n * timedelta(minutes=20), [], None, status=503, model_version=None) for n in range(60)]
    baselines = {"7": Baseline(0.94, 0.91, 0.93), "8": Baseline(0.95)}
    known = Known({"7": NAMES, "8": NAMES}, "7", baselines)
    losses = [{"settled_at": START.isoformat(), "lost": 12}]
    late = [each for each in told if each.received_at < START + timedelta(hours=18)]
    found = serving_performance(requests(*ours, *theirs, *failed), feedback(*late, *more), DAY, known, NOW, losses)
    drift = feature_drift_part(
        [
            file_drift("south.sgy", 12, start=60),
            file_drift(NORTH, 11, moved=6, classic=True),
            file_drift("west.sgy", 13, moved=1, start=130),
            too_small("tiny.sgy"),
        ]
    )
    answers = [file_answers("south.sgy", 22), file_answers(NORTH, 21, shares=(0.2, 0.2, 0.6), sure=4.0)]
    facts = RetrainingFacts("7", START, "set-1", 42, drift.severity, f"features of {NORTH}")
    past = PastRetraining(START - timedelta(days=5), ("drift",), "set-1", "6", "refused")
    return compose_report(
        NOW,
        ModelInfo(
            name="classifier", version="7", trained_at=START, classes=list(NAMES), test_scores={"accuracy": 0.94}
        ),
        feature_drift=drift,
        prediction_drift=prediction_drift_part(
            answers, dict(zip(CLASSES, answers_reference().shares.tolist(), strict=True))
        ),
        importance_drift=ImportanceDriftPart(top=["feature_1", "feature_8"], drifted=["feature_1"], weight=0.31),
        performance=performance_part(found, baselines),
        data_quality=DataQualityPart(files=4, quarantined=1, mean_score=88.25, findings=["west.sgy is half as large."]),
        retraining=decide(facts, RetrainingPolicy(), [past], NOW),
    )


@cache
def calm() -> MonitoringReport:
    """All is well."""
    calls, told = served(3, 300, 0.95)
    known = Known({"7": NAMES}, "7", {"7": Baseline(0.94)})
    found = serving_performance(requests(*calls), feedback(*told), DAY, known, NOW)
    drift = feature_drift_part([file_drift("south.sgy", 12, start=60)])
    facts = RetrainingFacts("7", START, "set-1", severity=drift.severity)
    answers = prediction_drift_part(
        [file_answers("south.sgy", 22)], dict(zip(CLASSES, answers_reference().shares.tolist(), strict=True))
    )
    return compose_report(
        NOW,
        ModelInfo(name="classifier", version="7"),
        feature_drift=drift,
        prediction_drift=answers,
        performance=performance_part(found),
        retraining=decide(facts, RetrainingPolicy(), [], NOW),
    )


def empty() -> MonitoringReport:
    """Nothing has happened yet."""
    return compose_report(NOW, ModelInfo())
