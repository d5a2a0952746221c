"""Dagster's history of a deployment, opened to be read."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import yaml
from dagster_shared.check import CheckError
from dagster_shared.serdes.errors import DeserializationError
from sqlalchemy.exc import SQLAlchemyError

from seismic_assets.exporter.errors import NothingYetError, SourceError

# Where Dagster keeps its SQLite files unless its configuration names another storage.
_RUNS, _EVENTS = Path("history", "runs.db"), Path("history", "runs", "index.db")
_STORAGES = ("storage", "run_storage", "event_log_storage")
# A damaged row ends in one of the last three.
_FAILURES = (SQLAlchemyError, dg.DagsterError, OSError, ImportError, CheckError, DeserializationError, ValueError)

_AWAY = "see that its PostgreSQL runs and can be reached"
_HELD = "see that nothing holds its database, and restore it if it is damaged"


class History:
    """The Dagster instance of a home. It is opened when there is one, and anew after it could not be read."""

    def __init__(self, home: Path) -> None:
        """Prepare; `home` is a folder with dagster.yaml in it, and need not be there yet."""
        self._home = home
        self._lock = threading.Lock()
        self._instance: dg.DagsterInstance | None = None

    @contextmanager
    def reading(self) -> Iterator[dg.DagsterInstance]:
        """The instance; only what reads may be called.

        Raises:
            NothingYetError: nothing was ever run.
            SourceError: the history cannot be read.
        """
        try:
            self._see_that_it_is_there()
            yield self._opened()
        except Exception as error:
            if not isinstance(error, (*_FAILURES, *_of_postgres())):
                raise
            with self._lock:
                self._instance = None
            away = isinstance(error, _of_postgres())
            raise SourceError(
                f"Dagster's history in {self._home} cannot be read ({_cause(error)}); {_AWAY if away else _HELD}"
            ) from error

    def _opened(self) -> dg.DagsterInstance:
        with self._lock:
            if self._instance is None:
                self._instance = dg.DagsterInstance.from_config(str(self._home))
            return self._instance

    def _see_that_it_is_there(self) -> None:
        """Opening makes what is missing, and who only reads must not make a history."""
        configuration = self._home / "dagster.yaml"
        if not configuration.is_file():
            raise NothingYetError(f"{self._home} is no home of Dagster yet; `seismic run` makes it")
        try:
            settings = yaml.safe_load(configuration.read_bytes()) or {}
        except yaml.YAMLError as error:
            raise SourceError(f"{configuration} is no YAML ({_cause(error)}); mend it") from error
        if not isinstance(settings, dict):
            raise SourceError(f"{configuration} holds no settings; mend it")
        if any(settings.get(name) for name in _STORAGES):
            return
        there = [(self._home / path).is_file() for path in (_RUNS, _EVENTS)]
        if not any(there):
            raise NothingYetError(f"{self._home} has no history yet; `seismic run` makes it")
        if not all(there):
            missing = self._home / (_EVENTS if there[0] else _RUNS)
            raise SourceError(f"{missing} is missing; restore it, or start Dagster to make a new one")


def _of_postgres() -> tuple[type[Exception], ...]:
    """What Dagster raises when PostgreSQL stays away; it is loaded where the history is there, and only then."""
    utils = sys.modules.get("dagster_postgres.utils")
    return () if utils is None else (utils.DagsterPostgresException,)


def _cause(error: Exception) -> str:
    """One line of an error that may have many."""
    cause = error.__cause__ if isinstance(error, _of_postgres()) and error.__cause__ is not None else error
    original = getattr(cause, "orig", None) or cause
    return next((line.strip() for line in str(original).splitlines() if line.strip()), type(error).__name__)
