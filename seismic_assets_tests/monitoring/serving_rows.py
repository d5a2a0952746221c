"""Frames of served requests and feedback, made by the rows that the service writes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from seismic_assets.monitoring import Period
from seismic_assets.serving.recording import FEEDBACK, INFERENCE_LOG, RecordedCall, RecordedFeedback
from seismic_assets_tests.serving.recording.building import make_call, make_id

START = datetime(2026, 3, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOW = START + timedelta(days=2)
DAY = Period(START, START + timedelta(days=1), HOUR)
NAMES = ("normal", "anomaly", "boundary")


def call(moment: datetime, classes: Sequence[int], confidence: float | None = 0.9, **fields: Any) -> RecordedCall:
    """A request answered with these classes."""
    counts = {NAMES[each]: list(classes).count(each) for each in set(classes) if 0 <= each < len(NAMES)}
    values: dict[str, Any] = {
        "traces": len(classes),
        "windows": 13 * len(classes),
        "classes": counts,
        "trace_classes": np.asarray(classes, "<i2").tobytes(),
        "mean_confidence": confidence,
        "request_id": make_id(moment),
    }
    return make_call(5, moment, **values | fields)


def truth(
    about: RecordedCall, trace: int | None, name: str, after: timedelta = HOUR, **fields: Any
) -> RecordedFeedback:
    """The true class of a trace of a request."""
    values: dict[str, Any] = {
        "request_id": about.request_id,
        "trace_id": trace,
        "true_class": NAMES.index(name) if name in NAMES else 7,
        "true_class_name": name,
        "key_id": None,
        "received_at": about.received_at + after,
    }
    return RecordedFeedback(**values | fields)


def requests(*rows: RecordedCall) -> pl.DataFrame:
    """The table of requests."""
    return pl.DataFrame(pl.from_arrow(INFERENCE_LOG.rows_to_arrow(rows)))


def feedback(*rows: RecordedFeedback) -> pl.DataFrame:
    """The table of feedback."""
    return pl.DataFrame(pl.from_arrow(FEEDBACK.rows_to_arrow(rows)))


def served(
    seed: int, count: int, accuracy: float, version: str = "7", confidence: float = 0.9, traces: int = 1, **fields: Any
) -> tuple[list[RecordedCall], list[RecordedFeedback]]:
    """Requests of a day, evenly spread, and the truth of each trace; a share of `accuracy` was answered rightly."""
    random = np.random.default_rng(seed)
    calls, truths = [], []
    for number in range(count):
        moment = START + number * timedelta(days=1) / count
        true = random.integers(0, 3, traces)
        answered = np.where(random.random(traces) < accuracy, true, (true + 1) % 3)
        each = call(moment, answered.tolist(), confidence, model_version=version, **fields)
        calls.append(each)
        truths += [truth(each, trace, NAMES[true[trace]]) for trace in range(traces)]
    return calls, truths
