"""The period that is looked at, and its windows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from seismic_assets.monitoring.errors import MonitoringError

_MOST_WINDOWS = 5000


@dataclass(frozen=True)
class Period:
    """From `start` to before `end`, in windows from the start on; the last may be shorter.

    Attributes:
        start, end: aware.
        window: length of a window, such as an hour or a day.
        truth_since: aware; requests from then on to the start count too where their truth came, as truth is late. None
            for those of the period alone.

    Raises:
        MonitoringError: a time without a zone, an end before the start, more than 5,000 windows, or truth from after
            the start.
    """

    start: datetime
    end: datetime
    window: timedelta
    truth_since: datetime | None = None

    def __post_init__(self) -> None:
        if any(each is not None and each.tzinfo is None for each in (self.start, self.end, self.truth_since)):
            raise MonitoringError("the period has a time without a zone: give times in UTC")
        if self.end <= self.start or self.window <= timedelta(0):
            raise MonitoringError(
                f"the period from {self.start:%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M} in windows of {self.window} "
                "is empty: give an end after the start and a window above zero"
            )
        if self.count > _MOST_WINDOWS:
            raise MonitoringError(
                f"the period has {self.count:,} windows of {self.window}: take longer ones, {_MOST_WINDOWS:,} at most"
            )

        if self.earliest > self.start:
            raise MonitoringError(
                f"truth is asked for from {self.earliest:%Y-%m-%d %H:%M} on, after the start of the period: "
                "give a time before it"
            )

    @property
    def earliest(self) -> datetime:
        """From when on requests are looked at, if only where their truth came."""
        return self.start if self.truth_since is None else self.truth_since

    @property
    def count(self) -> int:
        """How many windows there are."""
        return -((self.start - self.end) // self.window)

    def begin(self, window: int) -> datetime:
        """When a window begins."""
        return self.start + window * self.window

    def finish(self, window: int) -> datetime:
        """When a window ends."""
        return min(self.begin(window + 1), self.end)

    def hours(self, now: datetime) -> float:
        """Hours of it that have passed."""
        return max((min(self.end, now) - self.start).total_seconds() / 3600, 0.0)

    def holds(self, column: str) -> pl.Expr:
        """Whether a column's times are in it, or not before `earliest`."""
        return (pl.col(column) >= self.earliest) & (pl.col(column) < self.end)

    def window_of(self, column: str) -> pl.Expr:
        """Number of the window of a column's times; below 0 before the start."""
        length = self.window // timedelta(microseconds=1)
        return (pl.col(column) - pl.lit(self.start)).dt.total_microseconds() // length
