"""Alerts that are a query each: on where it gives a row. Written in YAML, the shipped ones and a deployment's own."""

from __future__ import annotations

import re
import string
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from seismic_assets.monitoring.sql import SqlError, UnknownTableError, ask
from seismic_assets.objects import Place

SHIPPED_ALERTS = Path(__file__).with_name("alerts.yaml")
AlertStatus = Literal["on", "off", "not applicable", "broken"]
_ROWS = "rows"


class _Sentence(string.Formatter):
    """Fills in the columns of a row; null is the word `nothing`, whatever format is asked for."""

    def format_field(self, value: Any, format_spec: str) -> str:
        return "nothing" if value is None else str(super().format_field(value, format_spec))


class SqlAlert(BaseModel):
    """An alert as it is written.

    Attributes:
        name: letters, digits and _, in lower case.
        severity: how bad it is when it is on.
        sentence: what it says, with `{column}` of the first row, `{column:.1%}` and the like, and `{rows}`.
        sql: a query that gives rows where the alert is on.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    severity: Literal["info", "warning", "critical"]
    sentence: Annotated[str, Field(min_length=1)]
    sql: Annotated[str, Field(min_length=1)]

    @field_validator("sentence")
    @classmethod
    def _plain_placeholders(cls, value: str) -> str:
        """Columns by their names: what a format string of Python could reach beyond them is no one's business."""
        try:
            fields = [(name, spec) for _, name, spec, _ in _Sentence().parse(value) if name is not None]
        except ValueError as error:
            raise ValueError(f"its braces do not match ({error}); write a brace itself twice") from error
        for name, spec in fields:
            if not name.isidentifier() or (spec and "{" in spec):
                raise ValueError(f"{{{name}}} is no column; write the name of one between braces")
        return value


@dataclass(frozen=True)
class SqlAlertResult:
    """How an alert stands.

    Attributes:
        name, severity: of the alert.
        status: `on`, `off`, `not applicable` while a table it asks is not there yet, or `broken`.
        sentence: what is the matter when it is on; why it is not applicable or broken; empty when off.
        rows: that its query gave.
    """

    name: str
    severity: str
    status: AlertStatus
    sentence: str = ""
    rows: int = 0


def load_alerts(path: Path) -> tuple[SqlAlert, ...]:
    """The alerts of a YAML file: a list of mappings with name, severity, sentence and sql.

    Raises:
        SqlError: the file cannot be read, or an alert in it is wrong: which, and what about it.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SqlError(f"the alerts {path} cannot be read ({error.strerror}); check the path and the rights") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: a date such as 2020-13-45, no UTF-8
        raise SqlError(f"{path} is no YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, list):
        raise SqlError(f"{path} is no list of alerts; begin each with '- name:'")
    alerts = tuple(_alert(path, number, entry) for number, entry in enumerate(content, 1))
    names = [alert.name for alert in alerts]
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise SqlError(f"{path}: two alerts are called {repeated}; rename one")
    return alerts


def shipped_and_own(own: Path | None) -> tuple[SqlAlert, ...]:
    """The shipped alerts and those of a file; of two with the same name the file's counts.

    Raises:
        SqlError: as of `load_alerts`.
    """
    alerts = {alert.name: alert for alert in load_alerts(SHIPPED_ALERTS)}
    alerts |= {alert.name: alert for alert in (load_alerts(own) if own is not None else ())}
    return tuple(alerts.values())


def tables_named(alert: SqlAlert, tables: Collection[str]) -> frozenset[str]:
    """Those of the tables whose names occur in the query; `clock` and `file_ages` count as tables if given."""
    words = {word.lower() for word in re.findall(r"\w+", alert.sql)}
    return frozenset(name for name in tables if name.lower() in words)


def evaluate_alerts(
    alerts: Sequence[SqlAlert],
    tables: Mapping[str, Place],
    now: datetime | None = None,
    to_come: Collection[str] | None = None,
) -> tuple[SqlAlertResult, ...]:
    """How each alert stands, in their order; one that is broken does not stop the others.

    Args:
        alerts: to evaluate.
        tables: folder of each Delta table by its name in SQL.
        now: what the table `clock` says, aware; by default the time.
        to_come: names of tables that may not be there yet; an alert on any other is broken. None for every name.
    """
    moment = now or datetime.now(UTC)
    return tuple(_evaluated(alert, tables, moment, to_come) for alert in alerts)


def _evaluated(
    alert: SqlAlert, tables: Mapping[str, Place], now: datetime, to_come: Collection[str] | None
) -> SqlAlertResult:
    try:
        first, rows = ask(alert.sql, tables, now=now).first_and_count()
        sentence = _filled(alert.sentence, first, rows) if rows else ""
    except UnknownTableError as error:
        if to_come is not None and error.table not in to_come:
            return SqlAlertResult(alert.name, alert.severity, "broken", _misnamed(error.table, {*to_come, *tables}))
        return SqlAlertResult(alert.name, alert.severity, "not applicable", f"there is no table {error.table} yet")
    except SqlError as error:
        return SqlAlertResult(alert.name, alert.severity, "broken", str(error))
    return SqlAlertResult(alert.name, alert.severity, "on" if rows else "off", sentence, rows)


def _misnamed(table: str, names: Collection[str]) -> str:
    near = get_close_matches(table, sorted(names), 1)
    advice = f"write {near[0]}" if near else "seismic sql --tables lists them"
    return f"no table is called {table}: {advice}"


def _filled(sentence: str, first: Mapping[str, object], rows: int) -> str:
    try:
        return _Sentence().vformat(sentence, (), {**first, _ROWS: rows})
    except KeyError as error:
        raise SqlError(
            f"its sentence names the column {error.args[0]}, and its query gives {', '.join(first)}"
        ) from error
    except (ValueError, TypeError) as error:
        raise SqlError(f"its sentence cannot be filled in ({error}); correct the format after the colon") from error


def _alert(path: Path, number: int, entry: object) -> SqlAlert:
    name = entry.get("name") if isinstance(entry, dict) else None
    which = f"{path}, alert {number}" + (f" ({name})" if isinstance(name, str) else "")
    if not isinstance(entry, dict):
        raise SqlError(f"{which} is no mapping; give it name, severity, sentence and sql")
    try:
        return SqlAlert.model_validate(entry)
    except ValidationError as error:
        raise SqlError(f"{which}: {_complaint(error)}") from error


def _complaint(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    field = ".".join(map(str, first["loc"]))
    if first["type"] == "missing":
        return f"it has no {field}; add it"
    if first["type"] == "extra_forbidden":
        return f"the key {field} is unknown; use name, severity, sentence and sql"
    message = first["msg"].removeprefix("Value error, ")
    return f"{field} {first['input']!r} is not allowed: {message[0].lower()}{message[1:]}"
