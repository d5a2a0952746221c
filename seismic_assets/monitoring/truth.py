"""Feedback brought together with the requests that it is about: one truth for each trace, the latest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl

from seismic_assets.monitoring.period import Period
from seismic_assets.monitoring.served import ANSWERED, TOLERANCE, Calls

FUTURE = "received after the present"
NO_REQUEST = "no request of this id"
UNANSWERED = "the request was not answered"
NO_TRACE = "no such trace in the request"
NO_NAMES = "the classes of the version are not known"
NO_CLASS = "a class that the version does not know"
NO_PREDICTION = "the trace was not classified, or its class not kept"
_LABEL = {"request_id": pl.String, "version": pl.String, "class": pl.Int64, "name": pl.String}


@dataclass(frozen=True)
class Matching:
    """What became of the feedback.

    Attributes:
        received: rows of feedback.
        used: traces with a truth; a row without a trace number is about every trace of its request.
        superseded: truths of traces for which a later one came.
        elsewhere: rows about requests outside the period.
        unmatched: the others by reason, which is one of the constants of this module.
        before_request: truths that came before their request, by the clocks; they count, but not in the delay.
        median_delay_hours: from request to truth; None where there is none.
    """

    received: int
    used: int
    superseded: int
    elsewhere: int
    unmatched: dict[str, int]
    before_request: int
    median_delay_hours: float | None


def match_truth(
    calls: Calls, feedback: pl.DataFrame, period: Period, now: datetime, class_names: Mapping[str, Sequence[str]]
) -> tuple[pl.DataFrame, Matching]:
    """Bring feedback together with requests.

    The class is taken by its name: its number is that of the model that was served when the feedback came, which need
    not be the one that answered.

    Args:
        calls: of the period.
        feedback: of `read_feedback`, also that which came after the period.
        period: what is looked at.
        now: the present, aware.
        class_names: classes of each version in their order.

    Returns:
        A row for each trace with a truth, in the order of the requests: `row` (of the request), `window`, `version`,
        `trace_id`, `truth`, `predicted` (names), `confidence` (mean of the request) and `traces` (of the request); and
        what became of the feedback.
    """
    about = _with_requests(calls, feedback)
    away = pl.col("row").is_null() & _elsewhere(calls, period) & ~_in_future(now)
    elsewhere = about.filter(away).height
    entries = _by_trace(about.filter(~away), calls, class_names).with_columns(reason=_reason(now, class_names))
    counts = entries.filter(pl.col("reason").is_not_null()).group_by("reason").len().sort("reason")
    good = entries.filter(pl.col("reason").is_null())
    latest = good.sort("received_at", maintain_order=True).unique(["row", "trace_id"], keep="last", maintain_order=True)
    delay = latest["received_at"] - latest["asked_at"]
    before = latest.filter(pl.col("received_at") < pl.col("asked_at")).height
    median = delay.filter(latest["received_at"] >= latest["asked_at"]).dt.total_microseconds().median()
    matching = Matching(
        received=feedback.height,
        used=latest.height,
        superseded=good.height - latest.height,
        elsewhere=elsewhere,
        unmatched=dict(counts.iter_rows()),
        before_request=before,
        median_delay_hours=median / 3.6e9 if isinstance(median, float) else None,
    )
    columns = ("row", "window", "version", "trace_id", "truth", "predicted", "confidence", "traces")
    return latest.sort("row", "trace_id").select(columns), matching


def _with_requests(calls: Calls, feedback: pl.DataFrame) -> pl.DataFrame:
    requests = calls.rows.select(
        "request_id",
        "row",
        "window",
        "traces",
        version="model_version",
        asked_at="received_at",
        answered=ANSWERED & pl.col("model_version").is_not_null(),
        confidence="mean_confidence",
    )
    return feedback.join(requests, "request_id", how="left", maintain_order="left")


def _elsewhere(calls: Calls, period: Period) -> pl.Expr:
    """Whether the request is outside the period: by its row, or by its id, which begins with the time (UUIDv7)."""
    text = pl.col("request_id")
    digits = text.str.slice(0, 8) + text.str.slice(9, 4)
    made = pl.when(text.str.slice(14, 1) == "7").then(digits.str.to_integer(base=16, strict=False))
    made_at = (made * 1000).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    outside = (made_at < period.earliest - TOLERANCE) | (made_at >= period.end + TOLERANCE)
    return text.is_in(calls.elsewhere.implode()) | outside.fill_null(False)


def _in_future(now: datetime) -> pl.Expr:
    return pl.col("received_at") > now + TOLERANCE


def _by_trace(about: pl.DataFrame, calls: Calls, class_names: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    """A row for each trace, with the names of its true and its predicted class."""
    every = pl.int_ranges(0, pl.col("traces").fill_null(0))
    one = pl.concat_list("trace_id")
    entries = about.with_columns(trace_id=pl.when(pl.col("trace_id").is_null()).then(every).otherwise(one)).explode(
        "trace_id", empty_as_null=True
    )
    names = _names(class_names)
    entries = entries.with_columns(number=_predicted_numbers(entries, calls))
    entries = entries.join(
        names.rename({"class": "number", "name": "predicted"}),
        ["version", "number"],
        how="left",
        maintain_order="left",
    ).join(
        names.select("version", pl.col("class").cast(pl.Int32).alias("true_class"), pl.col("name").alias("numbered")),
        ["version", "true_class"],
        how="left",
        maintain_order="left",
    )
    entries = entries.with_columns(truth=pl.coalesce("true_class_name", "numbered"))
    known = names.select("version", truth="name", known=pl.lit(True)).unique()
    return entries.join(known, ["version", "truth"], how="left", maintain_order="left")


def _names(class_names: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    rows = [(version, number, name) for version, names in class_names.items() for number, name in enumerate(names)]
    schema = {name: _LABEL[name] for name in ("version", "class", "name")}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _predicted_numbers(entries: pl.DataFrame, calls: Calls) -> pl.Series:
    """Number of the predicted class: of the request's row, else of the feedback; -1 where neither has it."""
    asked = entries["row"].drop_nulls().unique().sort().to_numpy()
    kept = [blob or b"" for blob in calls.rows["trace_classes"].gather(asked).to_list()]
    lengths = np.array([len(blob) // 2 for blob in kept], np.int64)
    flat = np.frombuffer(b"".join(blob[: len(blob) // 2 * 2] for blob in kept), "<i2").astype(np.int64)
    starts = np.cumsum(lengths) - lengths
    trace = entries["trace_id"].fill_null(-1).to_numpy()
    place = np.searchsorted(asked, entries["row"].fill_null(0).to_numpy())
    found = np.full(entries.height, -1, np.int64)
    inside = entries["row"].is_not_null().to_numpy() & (trace >= 0)
    inside[inside] = trace[inside] < lengths[place[inside]]
    found[inside] = flat[starts[place[inside]] + trace[inside]]
    told = entries["predicted_class"].fill_null(-1).to_numpy()
    return pl.Series("number", np.where(inside, found, told), pl.Int64)


def _reason(now: datetime, class_names: Mapping[str, Sequence[str]]) -> pl.Expr:
    """Why an entry cannot be used; null where it can."""
    trace = pl.col("trace_id")
    reasons = {
        FUTURE: _in_future(now),
        NO_REQUEST: pl.col("row").is_null(),
        UNANSWERED: ~pl.col("answered"),
        NO_TRACE: trace.is_null() | (trace < 0) | (trace >= pl.col("traces")),
        NO_NAMES: ~pl.col("version").is_in(list(class_names)),
        NO_CLASS: pl.col("known").is_null(),
        NO_PREDICTION: pl.col("predicted").is_null(),
    }
    # The first reason that holds is the one that is given.
    return pl.coalesce(pl.when(holds).then(pl.lit(name)) for name, holds in reasons.items())
