"""What is missing or wrong in the tables, counted and named so that nothing is concluded from a gap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import polars as pl

from seismic_assets.monitoring.period import Period
from seismic_assets.monitoring.served import ANSWERED, Calls
from seismic_assets.monitoring.truth import FUTURE, Matching

_MOST_NAMED = 3


@dataclass(frozen=True)
class Hole:
    """Windows without a request between others that have some: `start` to before `end`."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class TableState:
    """The state of the tables in a period.

    Attributes:
        holes: in their order.
        rows_lost: of requests and feedback that processes took and never wrote, found out in the period.
        rows_dropped: that were not taken because too many waited.
        unreadable_losses: entries among the losses that say nothing.
        future_requests, future_feedback: rows from after the present, by their clock; not used.
        feedback_before_request: rows; their truth is used, their delay is not.
        repeated_requests: rows with the id of another; not used.
        without_classes: answered requests without the classes of their traces.
        without_confidence: answered requests without a confidence.
        sentences: the same in words; none where all is well.
    """

    holes: tuple[Hole, ...]
    rows_lost: int
    rows_dropped: int
    unreadable_losses: int
    future_requests: int
    future_feedback: int
    feedback_before_request: int
    repeated_requests: int
    without_classes: int
    without_confidence: int
    sentences: tuple[str, ...]


def table_state(calls: Calls, matching: Matching, losses: Sequence[Mapping[str, Any]], period: Period) -> TableState:
    """Look at the tables.

    Args:
        calls: of the period.
        matching: of the feedback.
        losses: entries of `losses.jsonl`: `settled_at` (ISO 8601), `lost`, and counts by table with `dropped`.
        period: what is looked at.
    """
    answered = calls.recent.filter(ANSWERED & (pl.col("traces") > 0))
    counted = [each for each in map(_loss, losses) if each is not None]
    within = [each for each in counted if period.start <= each[0] < period.end]
    confidence = answered["mean_confidence"]
    figures: dict[str, int] = {
        "rows_lost": sum(lost for _, lost, _ in within),
        "rows_dropped": sum(dropped for _, _, dropped in within),
        "unreadable_losses": len(losses) - len(counted),
        "future_requests": calls.future,
        "future_feedback": matching.unmatched.get(FUTURE, 0),
        "feedback_before_request": matching.before_request,
        "repeated_requests": calls.repeated,
        "without_classes": answered["trace_classes"].null_count(),
        "without_confidence": int(answered.height - confidence.is_between(0, 1).fill_null(False).sum()),
    }
    holes = _holes(calls, period)
    return TableState(holes, **figures, sentences=(*_hole_sentences(holes, period), *_sentences(figures)))


def _holes(calls: Calls, period: Period) -> tuple[Hole, ...]:
    """Runs of empty windows; before the first request and after the last nothing is missing that is known of."""
    filled = calls.recent["window"].unique().sort().to_list()
    return tuple(
        Hole(period.finish(before), period.begin(after)) for before, after in pairwise(filled) if after - before > 1
    )


def _loss(entry: Mapping[str, Any]) -> tuple[datetime, int, int] | None:
    """When it was found out, rows lost and rows dropped; None where the entry does not say."""
    try:
        settled = datetime.fromisoformat(entry["settled_at"])
        dropped = sum(int(each["dropped"]) for each in entry.values() if isinstance(each, Mapping))
        return settled if settled.tzinfo else settled.replace(tzinfo=UTC), int(entry["lost"]), dropped
    except (KeyError, TypeError, ValueError):
        return None


def _hole_sentences(holes: Sequence[Hole], period: Period) -> list[str]:
    if not holes:
        return []
    named = ", ".join(f"{hole.start:%Y-%m-%d %H:%M} to {hole.end:%Y-%m-%d %H:%M}" for hole in holes[:_MOST_NAMED])
    more = f" and {len(holes) - _MOST_NAMED} more" if len(holes) > _MOST_NAMED else ""
    empty = sum(-((hole.start - hole.end) // period.window) for hole in holes)
    length = f"{period.window.total_seconds() / 3600:g} h"
    windows = f"{empty} windows of {length} have" if empty > 1 else f"a window of {length} has"
    return [f"{windows} no request though others before and after have: {named}{more}"]


_TEXTS = {
    "rows_lost": "rows taken by processes that ended before writing them: {}",
    "rows_dropped": "rows not recorded because too many were waiting: {}",
    "unreadable_losses": "entries among the losses that cannot be read: {}",
    "future_requests": "requests left out because they are from after the present by their clock, so set the "
    "machines' clocks: {}",
    "future_feedback": "rows of feedback left out because they are from after the present by their clock, so set the "
    "machines' clocks: {}",
    "feedback_before_request": "truths that came before their request by the clocks, and count without a delay: {}",
    "repeated_requests": "rows left out because they repeat the id of another request: {}",
    "without_classes": "answered requests recorded without the classes of their traces: {}",
    "without_confidence": "answered requests recorded without a confidence: {}",
}


def _sentences(figures: Mapping[str, int]) -> list[str]:
    return [_TEXTS[name].format(f"{count:,}") for name, count in figures.items() if count]
