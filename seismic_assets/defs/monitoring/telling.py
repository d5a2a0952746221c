"""People are told what is wrong, and when it is over."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import polars as pl
import structlog

from seismic_assets.alerts import (
    Alert,
    Alerter,
    AlertError,
    AlertSettingError,
    AlertStateError,
    Delivered,
    Group,
    Severity,
    key_of,
)
from seismic_assets.defs.monitoring.sql_alerts import evaluate_sql_alerts
from seismic_assets.lake import DRIFT_VERDICTS, Lake, LakeError
from seismic_assets.monitoring import MonitoringError, MonitoringReport
from seismic_assets.monitoring.alerting import drift_alerts
from seismic_assets.monitoring.report_parts import ACTIONS, DriftSubject
from seismic_assets.settings import Settings

REPORT, SQL, CHECK, RUN = "monitoring", "sql", "check", "run"
UNSAID = (AlertError, AlertSettingError, AlertStateError, MonitoringError, LakeError)
"""Why people cannot be told, each with a sentence; a channel that is down is none of them."""

Target: TypeAlias = tuple[str, str | None]
"""An asset, and the file of it where it has a part for each."""

_DRIFT = "feature_drift"
_FILE = "file"
_MOST_MISSED = 20
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class CheckOutcome:
    """What a check found.

    Attributes:
        target: what it looked at.
        name: of the check.
        passed: whether all is well.
        blocking: whether a failure is an error, rather than a warning.
        description: what it found.
    """

    target: Target
    name: str
    passed: bool
    blocking: bool
    description: str


@lru_cache(8)
def alerter_of(settings: Settings) -> Alerter:
    """The one of a process: what it cannot keep on disk it keeps in memory.

    Raises:
        AlertSettingError: an address in SEISMIC_ALERT_URLS cannot be used.
    """
    return Alerter(
        settings.local_root / "monitoring" / "alerts.json",
        [url.get_secret_value() for url in settings.alert_urls],
        settings.alert_repeat_hours,
        settings.alert_budget_seconds,
    )


def tell_report(settings: Settings, report: MonitoringReport, missed: Iterable[MonitoringReport] = ()) -> Delivered:
    """Tell people of the alerts of a report; those that it no longer has are over.

    Args:
        settings: of the deployment.
        report: the latest.
        missed: reports since the last that was told: what was critical in them is told though it has passed.
    """
    now = _alerts(report, [*report.feature_drift.subjects, *_drifted_beside(settings, report)])
    passed = [
        alert for each in missed for alert in _alerts(each, each.feature_drift.subjects) if alert.severity == "critical"
    ]
    return alerter_of(settings).report_all([*([(REPORT, [*now, *passed])] if passed else []), (REPORT, now)])


def missed_reports(settings: Settings, last: str | None, latest: MonitoringReport) -> list[MonitoringReport]:
    """The reports between the last that was told, by `name_of`, and the latest; of very many the last few."""
    if last is None:
        return []
    folder = settings.reports_dir / "monitoring"
    names = sorted(path for path in folder.glob("2*.json") if last < path.stem < name_of(latest))
    found = []
    for path in names[-_MOST_MISSED:]:
        try:
            found.append(MonitoringReport.from_json(path.read_bytes()))
        except (MonitoringError, OSError) as error:
            _log.warning("a report that was replaced is not told of", file=str(path), reason=str(error))
    return found


def name_of(report: MonitoringReport) -> str:
    """The name of its file, without the ending; later ones sort later."""
    return f"{report.timestamp:%Y%m%dT%H%M%SZ}"


def tell_sql(settings: Settings) -> Delivered:
    """Tell people of the named SQL alerts that are on, and of whatever else waits to be said."""
    found = evaluate_sql_alerts(settings)
    return alerter_of(settings).say() if found is None else alerter_of(settings).report(SQL, found)


def tell_run(
    settings: Settings, failed: Mapping[Target, str], made: Collection[Target], checks: Iterable[CheckOutcome]
) -> None:
    """Tell people of what a run could not make, with the error, of what it made again, and of its checks.

    Args:
        settings: of the deployment.
        failed: the error by what could not be made.
        made: what was made.
        checks: what the run's checks found.
    """
    alerter = alerter_of(settings)
    checks = list(checks)
    ordered = sorted(failed.items(), key=lambda each: (each[0][0], each[0][1] or ""))
    wrong = [_of_run(target, error) for target, error in ordered]
    wrong += [_of_check(each) for each in checks if not each.passed]
    well = {_key(RUN, target) for target in made} | {_key(CHECK, each.target, each.name) for each in checks}
    standing = {each.alert.key for each in alerter.standing()}
    over = sorted(well & standing - {each.key for each in wrong})
    _report_each(alerter, wrong, over)


def tell_gone(settings: Settings, there: Callable[[], Collection[str]]) -> None:
    """Tell people that what was wrong with files that are gone is over; nobody will make them again.

    Args:
        settings: of the deployment.
        there: gives the ids of the files that are there; asked only where something is wrong with one.
    """
    alerter = alerter_of(settings)
    of_files = {
        each.alert.key: each.alert.details[_FILE]
        for each in alerter.standing()
        if each.alert.key.startswith((f"{RUN}/", f"{CHECK}/")) and _FILE in each.alert.details
    }
    files = set(there()) if of_files else set()
    _report_each(alerter, [], [key for key, file in of_files.items() if file not in files])


def _report_each(alerter: Alerter, wrong: Sequence[Alert], over: Sequence[str]) -> None:
    """Each speaks for itself alone, and all are told at once."""
    if wrong or over:
        alerter.report_all([*((alert.key, [alert]) for alert in wrong), *((key, []) for key in over)])


def _of_run(target: Target, error: str) -> Alert:
    return _of_target(RUN, target, [], "critical", f"{target[0]} could not be made", error)


def _of_check(check: CheckOutcome) -> Alert:
    what = f"The check {check.target[0]}/{check.name} failed"
    severity: Severity = "critical" if check.blocking else "warning"
    return _of_target(CHECK, check.target, [check.name], severity, what, check.description or "see its page")


def _of_target(scope: str, target: Target, names: Sequence[str], severity: Severity, what: str, sentence: str) -> Alert:
    asset, file = target
    key = _key(scope, target, *names)
    if file is None:
        return Alert(key, severity, what, sentence)
    group = Group(key_of(scope, asset, *names), what, "files")
    return Alert(key, severity, f"{what}: {file}", sentence, {_FILE: file}, group=group)


def _key(scope: str, target: Target, *names: str) -> str:
    asset, file = target
    return key_of(scope, asset, *names, *([] if file is None else [file]))


def _alerts(report: MonitoringReport, subjects: Sequence[DriftSubject]) -> list[Alert]:
    """Those of a report, with drift by subject."""
    details = {"model version": report.model_info.version or "none", "report": f"{report.timestamp:%Y-%m-%d %H:%M} UTC"}
    group = Group(f"{REPORT}/{_DRIFT}", "Feature drift", "files or samples")
    whole = [each for each in report.alerts if each.key != _DRIFT]
    return [
        *(
            Alert(key_of(REPORT, each.key), each.severity, each.title, each.sentence, details, group=group)
            for each in drift_alerts(subjects)
        ),
        *(Alert(key_of(REPORT, each.key), each.severity, each.title, each.sentence, details) for each in whole),
    ]


def _drifted_beside(settings: Settings, report: MonitoringReport) -> list[DriftSubject]:
    """What drifted and is not in the report, which has the worst alone: it is not over."""
    named = [each.name for each in report.feature_drift.subjects]
    loud = pl.col("severity").is_in(["medium", "high"]) & ~pl.col("subject").is_in(named)
    return [
        DriftSubject(
            kind="served" if row["kind"] == "served" else "file",
            name=row["subject"],
            severity=row["severity"],
            action=ACTIONS[row["severity"]],
            features_tested=row["features_tested"] or 0,
            features_drifted=row["features_drifted"] or 0,
            drift_ratio=row["drift_ratio"] or 0.0,
            drifted=(row["farthest"] or "").split(", "),
        )
        for row in Lake(settings.lake_dir).read(DRIFT_VERDICTS).filter(loud).to_dicts()
    ]
