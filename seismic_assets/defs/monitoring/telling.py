"""People are told what is wrong, and when it is over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from seismic_assets.alerts import (
    Alert,
    Alerter,
    AlertError,
    AlertSettingError,
    AlertStateError,
    Delivered,
)
from seismic_assets.defs.monitoring.sql_alerts import evaluate_sql_alerts
from seismic_assets.monitoring import MonitoringError, MonitoringReport
from seismic_assets.settings import Settings

REPORT, SQL, CHECK, RUN = "monitoring", "sql", "check", "run"
UNSAID = (AlertError, AlertSettingError, AlertStateError, MonitoringError)
"""Why people cannot be told, each with a sentence; a channel that is down is none of them."""


@lru_cache(8)
def alerter_of(settings: Settings) -> Alerter:
    """The one of a process: what it cannot keep on disk it keeps in memory.

    Raises:
        AlertSettingError: an address in SEISMIC_ALERT_URLS cannot be used.
    """
    return Alerter(
        settings.storage_root / "monitoring" / "alerts.json",
        [url.get_secret_value() for url in settings.alert_urls],
        settings.alert_repeat_hours,
        settings.alert_budget_seconds,
    )


def tell_report(settings: Settings, report: MonitoringReport) -> Delivered:
    """Tell people of the alerts of a report; those that it no longer has are over."""
    details = {"model version": report.model_info.version or "none", "report": f"{report.timestamp:%Y-%m-%d %H:%M} UTC"}
    alerts = [
        Alert(f"{REPORT}/{each.key}", each.severity, each.title, each.sentence, details) for each in report.alerts
    ]
    return alerter_of(settings).report(REPORT, alerts)


def tell_sql(settings: Settings) -> Delivered:
    """Tell people of the named SQL alerts that are on."""
    return alerter_of(settings).report(SQL, evaluate_sql_alerts(settings))


def tell_checks(settings: Settings, failed: Mapping[str, str], passed: Iterable[str]) -> None:
    """Tell people of checks that failed, by `<asset>/<check>` with the description, and of those that pass again."""
    alerter = alerter_of(settings)
    standing = {each.alert.key for each in alerter.standing()}
    for name, description in failed.items():
        alerter.event(Alert(f"{CHECK}/{name}", "warning", f"The check {name} failed", description or "see its page"))
    for name in passed:
        if f"{CHECK}/{name}" in standing:
            alerter.healthy(f"{CHECK}/{name}")


def tell_runs(settings: Settings, failed: Mapping[str, str], made: Iterable[str]) -> None:
    """Tell people of assets whose run failed, with the error, and of those that are made again."""
    alerter = alerter_of(settings)
    standing = {each.alert.key for each in alerter.standing()}
    for asset, error in failed.items():
        alerter.event(Alert(f"{RUN}/{asset}", "critical", f"{asset} could not be made", error))
    for asset in made:
        if f"{RUN}/{asset}" in standing:
            alerter.healthy(f"{RUN}/{asset}")
