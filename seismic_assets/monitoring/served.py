"""The table of requests, as far as it can be used: those of a period, each once, none from the future."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from seismic_assets.monitoring.errors import MonitoringError
from seismic_assets.monitoring.period import Period

TOLERANCE = timedelta(minutes=5)
"""How far the clocks of machines that work together may be apart."""

ANSWERED = pl.col("status") < 400
"""Whether a request was answered."""

_TIME = pl.Datetime("us", "UTC")
_CALLS: dict[str, Any] = {
    "request_id": pl.String,
    "received_at": _TIME,
    "model_version": pl.String,
    "status": pl.Int32,
    "traces": pl.Int64,
    "windows": pl.Int64,
    "latency_ms": pl.Float64,
    "mean_confidence": pl.Float64,
    "second_version": pl.String,
    "second_role": pl.String,
    "second_agreement": pl.Float64,
    "trace_classes": pl.Binary,
}
_FEEDBACK: dict[str, Any] = {
    "request_id": pl.String,
    "trace_id": pl.Int64,
    "true_class": pl.Int32,
    "true_class_name": pl.String,
    "received_at": _TIME,
    "predicted_class": pl.Int32,
}


@dataclass(frozen=True)
class Calls:
    """Requests of a period.

    Attributes:
        rows: one for each request, in the order they came: columns of the table, `row` (its number) and `window`,
            which is below 0 for those that count for their truth alone.
        elsewhere: ids of requests outside the period.
        future: rows that came after the present, by their clock; they are left out.
        repeated: rows with the id of another; they are left out.
    """

    rows: pl.DataFrame
    elsewhere: pl.Series
    future: int
    repeated: int

    @property
    def recent(self) -> pl.DataFrame:
        """Rows of the period itself."""
        return recent(self.rows)


def recent(rows: pl.DataFrame) -> pl.DataFrame:
    """Of rows with a `window`, those of the period itself."""
    return rows.filter(pl.col("window") >= 0)


def read_calls(table: pl.DataFrame, period: Period, now: datetime) -> Calls:
    """The requests of a period.

    Args:
        table: rows of `inference_log`; without any column where there is no table yet.
        period: what is looked at.
        now: the present, aware.

    Raises:
        MonitoringError: a column is missing or of another type.
    """
    rows = _checked(table, _CALLS, "requests")
    present = rows.filter(pl.col("received_at") <= now + TOLERANCE)
    inside = present.filter(period.holds("received_at")).sort("received_at", maintain_order=True)
    each = inside.unique("request_id", keep="first", maintain_order=True)
    return Calls(
        rows=each.with_columns(window=period.window_of("received_at")).with_row_index("row"),
        elsewhere=present.filter(~period.holds("received_at"))["request_id"],
        future=rows.height - present.height,
        repeated=inside.height - each.height,
    )


def read_feedback(table: pl.DataFrame) -> pl.DataFrame:
    """The feedback that came, whenever that was.

    Args:
        table: rows of `feedback`; without any column where there is no table yet.

    Raises:
        MonitoringError: a column is missing or of another type.
    """
    return _checked(table, _FEEDBACK, "feedback")


def _checked(table: pl.DataFrame, columns: Mapping[str, Any], what: str) -> pl.DataFrame:
    if table.width == 0:
        return pl.DataFrame(schema=columns)
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise MonitoringError(f"the table of {what} lacks {', '.join(missing)}: give it as the service writes it")
    if getattr(table.schema["received_at"], "time_zone", None) is None:
        raise MonitoringError(f"received_at of the table of {what} has no time zone: give it as the service writes it")
    try:
        return table.select(pl.col(name).cast(kind) for name, kind in columns.items())
    except pl.exceptions.PolarsError as error:
        first = str(error).splitlines()[0]
        raise MonitoringError(
            f"a column of the table of {what} is of another type ({first}): give it as the service writes it"
        ) from error
