"""Alerts and alerters, as the tests need them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from seismic_assets.alerts import Alert, Alerter

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DRIFT = Alert(
    "drift/features",
    "warning",
    "Features have drifted",
    "6 of 40 features of north.sgy have drifted; look at the report of drift",
    {"file": "north.sgy"},
    "https://dagster.example.org/runs/1",
)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


def an_alert(key: str = DRIFT.key, **changes: Any) -> Alert:
    return replace(DRIFT, key=key, **changes)


def an_alerter(folder: Path, *urls: str, **options: Any) -> Alerter:
    """One that tries again at once, and within 10 s unless told otherwise."""
    return Alerter(
        folder / "alerts.json", urls, **{"budget_seconds": 10, "first_wait_seconds": 0.01, "clock": Clock(), **options}
    )


def once(folder: Path, *urls: str, **options: Any) -> Alerter:
    """One that tries each message once a report: the wait before a second try is longer than the budget."""
    return an_alerter(folder, *urls, **{"budget_seconds": 5, "first_wait_seconds": 60, **options})
