"""Parts of a report made by the real tests of drift, on features of a small area."""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from seismic_assets.drift import (
    DriftReference,
    PredictionReference,
    Sample,
    build_prediction_reference,
    build_reference,
    feature_drift,
    prediction_drift,
)
from seismic_assets.monitoring import drift_subject, prediction_subject
from seismic_assets.monitoring.report_parts import DriftSubject, PredictionSubject

FEATURES = tuple(f"feature_{number}" for number in range(10))
CLASSES = ("normal", "anomaly", "boundary")
_SIDE = 96


def sample(seed: int, start: int = 0, columns: int = _SIDE, moved: int = 0, dead: float = 0.0) -> Sample:
    """Traces of a square of lines from `start` on, one window each; `moved` features lie one deviation higher."""
    random = np.random.default_rng(seed)
    inline, crossline = np.meshgrid(np.arange(_SIDE), np.arange(start, start + columns), indexing="ij")
    places = np.stack([inline.ravel(), crossline.ravel()], axis=1).astype(np.float64)
    features = random.normal(size=(len(places), len(FEATURES)))
    features[:, :moved] += 1.0
    is_dead = random.random(len(places)) < dead
    alive = np.flatnonzero(~is_dead)
    return Sample(features[alive].astype(np.float32), alive, is_dead, places)


def answers(seed: int, shares: tuple[float, ...] = (0.5, 0.3, 0.2), sure: float = 8.0) -> Sample:
    """Probabilities of the traces of a square; `sure` makes the model surer."""
    traces = sample(seed)
    random = np.random.default_rng(seed)
    scores = random.normal(size=(len(traces.features), 3))
    winner = random.choice(3, len(scores), p=shares)
    scores[np.arange(len(scores)), winner] += sure / 2
    probabilities: NDArray[np.float64] = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return replace(traces, features=probabilities.astype(np.float32))


@cache
def reference() -> DriftReference:
    """Of training."""
    return build_reference(sample(0), FEATURES)


@cache
def answers_reference() -> PredictionReference:
    """Of the test."""
    return build_prediction_reference(answers(1), CLASSES)


def file_drift(name: str, seed: int, moved: int = 0, start: int = 0, classic: bool = False) -> DriftSubject:
    """Drift of a file in which so many features have moved."""
    met = sample(seed, start, 48, moved)
    return drift_subject("file", name, asdict(feature_drift(met, reference(), FEATURES, with_classic=classic)))


def file_answers(name: str, seed: int, **changes: object) -> PredictionSubject:
    """Drift of the answers on a file."""
    found = prediction_drift(answers(seed, **changes), answers_reference())  # type: ignore[arg-type]
    return prediction_subject("file", name, CLASSES, asdict(found))


def too_small(name: str) -> DriftSubject:
    """A file of too few traces to decide."""
    whole = sample(7, columns=8)
    some = np.arange(20)
    assert whole.places is not None
    met = Sample(whole.features[some], some, np.zeros(20, bool), whole.places[some])
    return drift_subject("file", name, asdict(feature_drift(met, reference(), FEATURES)))
