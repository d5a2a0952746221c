"""The named SQL alerts of a deployment."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from seismic_assets.alerts import Alert
from seismic_assets.lake import TABLE_NAMES
from seismic_assets.monitoring.sql import SERVED_TABLES, find_tables
from seismic_assets.monitoring.sql_alerts import (
    SqlAlert,
    SqlAlertResult,
    evaluate_alerts,
    shipped_and_own,
    tables_named,
)
from seismic_assets.objects import Place
from seismic_assets.objects.delta import LOG, log_mark
from seismic_assets.settings import Settings

# What asks for the time, or how old the rows of files are, changes its answer without a change of a table that it
# names; and a file of a table can go bad.
_AGAIN_AFTER = timedelta(minutes=5)

_MAY_COME = TABLE_NAMES.union(SERVED_TABLES)


@dataclass(frozen=True)
class _Asked:
    tables: dict[str, Hashable]
    at: datetime
    result: SqlAlertResult


@dataclass
class SqlWatch:
    """The alerts, each asked again when a table that it names has changed, or after five minutes.

    Attributes:
        settings: of the deployment.
    """

    settings: Settings
    _asked: dict[SqlAlert, _Asked] = field(default_factory=dict)

    def look(self, now: datetime) -> list[Alert] | None:
        """Those that are on, and those that cannot be asked: a broken one would never be heard of.

        Args:
            now: aware.

        Returns:
            None where none had to be asked, so that all stand as they stood.

        Raises:
            SqlError: the file of SEISMIC_SQL_ALERTS cannot be used.
        """
        alerts = shipped_and_own(self.settings.sql_alerts)
        tables = find_tables(self.settings.lake_dir, self.settings.serving_dir)
        # Before the queries: what is written meanwhile is asked about at the next look.
        changes = {name: _state_of(path) for name, path in tables.items()}
        named = {alert: {name: changes[name] for name in tables_named(alert, changes)} for alert in alerts}
        due = [alert for alert in alerts if not self._stands(alert, named[alert], now)]
        if not due and self._asked.keys() == named.keys():
            return None
        found = dict(zip(due, evaluate_alerts(due, tables, now, _MAY_COME), strict=True))
        self._asked = {
            alert: _Asked(named[alert], now, found[alert]) if alert in found else self._asked[alert] for alert in alerts
        }
        return _alerts([each.result for each in self._asked.values()])

    def _stands(self, alert: SqlAlert, tables: dict[str, Hashable], now: datetime) -> bool:
        asked = self._asked.get(alert)
        return asked is not None and asked.tables == tables and abs(now - asked.at) < _AGAIN_AFTER


@lru_cache(8)
def watch_of(settings: Settings) -> SqlWatch:
    """The one of a process."""
    return SqlWatch(settings)


def evaluate_sql_alerts(settings: Settings) -> list[Alert] | None:
    """What `SqlWatch.look` finds now.

    Raises:
        SqlError: the file of SEISMIC_SQL_ALERTS cannot be used.
    """
    return watch_of(settings).look(datetime.now(UTC))


def _state_of(table: Place) -> Hashable:
    """What changes with the table's log; reading the log for its version would cost a hundred times as much."""
    return (table / LOG).stat().st_mtime_ns if isinstance(table, Path) else log_mark(table)


def _alerts(found: list[SqlAlertResult]) -> list[Alert]:
    on = [
        Alert(f"sql/{each.name}", each.severity, each.name.replace("_", " "), each.sentence)  # type: ignore[arg-type]
        for each in found
        if each.status == "on"
    ]
    broken = [
        Alert(f"sql/{each.name}", "warning", f"the SQL alert {each.name} is broken", each.sentence)
        for each in found
        if each.status == "broken"
    ]
    return on + broken
