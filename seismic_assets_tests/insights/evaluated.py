"""An evaluation made by the real code, of answers that are right as often as asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from seismic_assets.evaluation import (
    Calibration,
    Contender,
    Importance,
    Interval,
    ModelCard,
    NoComparison,
    Scores,
    Serving,
    SliceScore,
    Verdict,
    by_name,
    class_f1_intervals,
    f1_interval,
    judge,
    known_failures,
    majority_scores,
    measure_calibration,
    score,
    slice_scores,
)
from seismic_assets.evaluation.card import DataFile, LabelSource

NAMES = ("normal", "anomaly", "boundary")


@dataclass(frozen=True)
class Record:
    """What an evaluation record has."""

    version: str
    scores: dict[str, Scores]
    f1: Interval
    class_f1: dict[str, Interval]
    calibration: Calibration
    slices: list[SliceScore]
    risks: list[str] = field(default_factory=list)


def evaluated(
    right: float = 0.95,
    names: Sequence[str] = NAMES,
    blocks: int = 8,
    windows: int = 1200,
    poor: str = "",
    simple: float = 0.7,
) -> Record:
    """A record whose model answers a share `right` of the windows rightly, and guesses in the part `poor`."""
    random = np.random.default_rng(7)
    truth = random.choice(len(names), windows).astype(np.int32)
    part = np.where(np.arange(windows) % 3 == 0, "shallow", "deep")
    where = np.repeat(np.arange(blocks), -(-windows // blocks))[:windows]
    sure = np.where(part == poor, 1 / len(names), right)
    model = _answers(truth, sure, len(names), random)
    answers = truth, model.argmax(axis=1), where
    return Record(
        "3",
        {
            "model": score(truth, model, names),
            "logistic": score(truth, _answers(truth, np.full(windows, simple), len(names), random), names),
            "majority": majority_scores(truth, truth, names),
        },
        f1_interval(*answers, len(names)),
        class_f1_intervals(*answers, names),
        measure_calibration(truth, model),
        slice_scores(*answers, {"depth": by_name(part)}, len(names)),
    )


def _answers(truth, right, count, random):
    """Probabilities whose largest is `right`, which is right so often."""
    hit = random.random(len(truth)) < right
    other = (truth + random.integers(1, max(count, 2), len(truth))) % count
    chosen = np.where(hit, truth, other)
    spread = np.repeat(((1 - right) / max(count - 1, 1))[:, None], count, axis=1)
    spread[np.arange(len(truth)), chosen] = right
    return spread / spread.sum(axis=1, keepdims=True)


def gate_verdict(record: Record, latency_ms: float = 1.0) -> Verdict:
    """What the gate says of it as a first version."""
    contender = Contender(
        record.version,
        record.scores["model"],
        record.calibration,
        dict.fromkeys(record.scores["model"].per_class, 100),
        {"majority": record.scores["majority"].f1_macro},
    )
    return judge(contender, NoComparison("it is the first version"), Serving(10, 0, 0.0, latency_ms))


def card_of(record: Record, **changed) -> ModelCard:
    """A card as the pipeline makes it."""
    scores = record.scores["model"]
    names = list(scores.per_class)
    values = {
        "name": "SeismicClassifier",
        "version": record.version,
        "date": "2025-01-31",
        "intended_use": ["Names the class of windows of 256 ms."],
        "out_of_scope": ["Decisions on wells without a geophysicist's own look."],
        "files": [DataFile("north.sgy", "abc", 2400, 4000), DataFile("a|b <i>.sgy", "def", 1200, 2000)],
        "labels": [LabelSource("north.npz", "volume", "ghi")],
        "class_windows": {"train": dict.fromkeys(names, 900), "test": dict.fromkeys(names, 100)},
        "feature_set": "classic",
        "features": ["rms_amplitude", "embedding_0"],
        "family": "random_forest",
        "parameters": {"n_estimators": 200},
        "scores": scores,
        "f1": record.f1,
        "calibration": record.calibration,
        "licence": "Apache-2.0",
        "class_f1": record.class_f1,
        "baselines": {name: each.f1_macro for name, each in record.scores.items() if name != "model"},
        "slices": record.slices,
        "importance": [Importance("rms_amplitude", ("rms_amplitude",), Interval(0.2, 0.1, 0.3, 8))],
        "failures": known_failures(scores, record.slices),
        "verdict": gate_verdict(record),
        "delta_versions": {"bronze_traces": 7},
        "environment": {"numpy": "2.4.6"},
        "runs": {"MLflow run": "0123abcd"},
    }
    return ModelCard(**{**values, **changed})
