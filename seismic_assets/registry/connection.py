"""The way to MLflow: one place that imports it, and that turns what goes wrong there into one sentence."""

from __future__ import annotations

import logging
import os
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from seismic_assets.objects import Place
from seismic_assets.registry.errors import RegistryError

_SQLITE = "sqlite:///"
_POSTGRESQL = "postgresql"  # a driver may follow it
_SECONDS_FOR_A_LOCK = 5.0
_SECONDS_TO_CONNECT = 5
# What MLflow calls a row that is there already, or is not there any more.
_CONFLICT, _FURTHER_ATTEMPTS = "BAD_REQUEST", 4
# A registry that is away is to be told within a minute or so; MLflow's own defaults try for many minutes.
_DEFAULTS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",  # what goes there is for programs
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
}
_LEVELS = {
    "mlflow": logging.WARNING,
    # It warns of each machine without a GPU.
    "mlflow.onnx": logging.ERROR,
    "alembic": logging.WARNING,
    # It prints the traceback of each error that it raises as well.
    "mlflow.store.db.utils": logging.CRITICAL,
    # It warns of each further attempt to connect.
    "urllib3.connectionpool": logging.ERROR,
}
# Two messages of the same failure are to be equal.
_ADDRESS = re.compile(r" object at 0x[0-9a-f]+")
_PASSWORD = re.compile(r"//([^/@:\s]*):[^/@\s]*@")


class Connection:
    """MLflow at one tracking URI. MLflow is imported at the first call: it takes seconds. Its telemetry is off."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        for name, value in _DEFAULTS.items():  # MLflow reads some of them when it is imported
            os.environ.setdefault(name, value)

    @property
    def shown(self) -> str:
        """The URI as it may be shown: without its password."""
        return without_password(self.uri)

    @property
    def local(self) -> bool:
        """Whether the store is a SQLite file, its artifacts in a folder beside."""
        return self.uri.startswith(_SQLITE)

    def never_written(self) -> bool:
        """Whether the local store was never written; asking MLflow would make it."""
        return self.local and not self._file.exists()

    def client(self) -> Any:
        """An `MlflowClient`.

        Raises:
            RegistryError: the local store cannot be opened, or its database does not answer.
        """
        return self.mlflow().MlflowClient()

    def mlflow(self) -> Any:
        """The module, with tracking store and registry set.

        Raises:
            RegistryError: the local store cannot be opened, or its database does not answer.
        """
        import mlflow

        for logger, level in _LEVELS.items():
            logging.getLogger(logger).setLevel(level)
        if self.local:
            self._check_file()
        elif self.uri.startswith(_POSTGRESQL):
            self._ask_database()
        mlflow.set_tracking_uri(self.uri)
        mlflow.set_registry_uri(self.uri)
        return mlflow

    @contextmanager
    def answers(self) -> Iterator[None]:
        """Around calls of MLflow.

        Raises:
            RegistryError: what MLflow or the database below it raised, as one sentence.
        """
        from mlflow.exceptions import MlflowException
        from sqlalchemy.exc import SQLAlchemyError

        try:
            yield
        except (MlflowException, SQLAlchemyError) as error:
            raise RegistryError(f"the model registry at {self.shown} does not answer: {cause(error)}") from error

    @property
    def _file(self) -> Path:
        return Path(self.uri.removeprefix(_SQLITE))

    def _check_file(self) -> None:
        """Make the folder of a new store, look into a present one; MLflow would try for minutes before it gives up."""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RegistryError(
                f"{self._file.parent} cannot be made ({error.strerror}); choose another storage root"
            ) from error
        if not os.access(self._file.parent, os.W_OK):
            raise RegistryError(
                f"the model registry {self._file} cannot be used: its folder may not be written to; change its rights"
            )
        if self._file.exists():
            self._look_into()

    def _look_into(self) -> None:
        try:
            with closing(sqlite3.connect(self._file, timeout=_SECONDS_FOR_A_LOCK)) as database:
                database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.Error as error:
            raise RegistryError(
                f"the model registry {self._file} cannot be read: {error}; "
                "end what holds it, or restore it from a backup"
            ) from error

    def _ask_database(self) -> None:
        """MLflow would try a database that is down for minutes; asked here, it is told in seconds."""
        from sqlalchemy import create_engine
        from sqlalchemy.exc import OperationalError
        from sqlalchemy.pool import NullPool

        try:
            engine = create_engine(self.uri, poolclass=NullPool, connect_args={"connect_timeout": _SECONDS_TO_CONNECT})
        except ImportError as error:
            raise RegistryError(
                f"the model registry at {self.shown} needs a driver that is missing; "
                "pip install 'seismic-assets[postgres]'"
            ) from error
        try:
            engine.connect().close()
        except OperationalError as error:
            raise RegistryError(f"the model registry at {self.shown} does not answer: {cause(error)}") from error


def experiment_id(connection: Connection, name: str, artifacts: Place) -> str:
    """The id of an experiment, made where it is not there, its artifacts below `artifacts` in a local store.

    Raises:
        RegistryError: the registry does not answer.
    """
    with connection.answers():
        client = connection.client()
        found = client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        location = _location(connection, artifacts)
        return str(client.create_experiment(name, artifact_location=location))


def _location(connection: Connection, artifacts: Place) -> str | None:
    """Where artifacts of a new experiment go; None leaves it to the server."""
    if connection.uri.startswith(("http://", "https://")):
        return None
    if isinstance(artifacts, Path):
        return artifacts.resolve().as_uri() if connection.local else None
    return str(artifacts)


def insist(call: Callable[..., object], *arguments: str) -> None:
    """Call MLflow again where another writer came in between: its stores look and then insert, in two steps."""
    from mlflow.exceptions import MlflowException

    for _ in range(_FURTHER_ATTEMPTS):
        try:
            call(*arguments)
            return
        except MlflowException as error:
            if error.error_code != _CONFLICT:
                raise
    call(*arguments)


@contextmanager
def running(connection: Connection, experiment: str, name: str, tags: Mapping[str, str]) -> Iterator[str]:
    """An MLflow run around a block; FINISHED at its end, FAILED when it raises. Yields the run id.

    Args:
        connection: where.
        experiment: id of the experiment.
        name: of the run.
        tags: of the run.

    Raises:
        RegistryError: the registry does not answer. What the block raises goes on as it is.
    """
    mlflow = connection.mlflow()
    with connection.answers():
        run = mlflow.start_run(experiment_id=experiment, run_name=name, tags=dict(tags))
    try:
        yield str(run.info.run_id)
    except BaseException:
        with connection.answers():
            mlflow.end_run("FAILED")
        raise
    with connection.answers():
        mlflow.end_run()


def cause(error: BaseException) -> str:
    """In a line what is behind an error of MLflow: the refusal of the system where there is one."""
    chain = list(_chain(error))
    refusals = [each.strerror for each in chain if isinstance(each, OSError) and each.strerror]
    origin = next((each.orig for each in chain if hasattr(each, "orig")), error)
    lines = (refusals[-1:] or str(origin).strip().splitlines()[:1]) or [type(error).__name__]
    return without_password(_ADDRESS.sub("", lines[0]))[:500]


def without_password(uri: str) -> str:
    """A URI, or a text with URIs in it, that may be shown."""
    return _PASSWORD.sub(r"//\1:***@", uri)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def unknown(error: BaseException) -> bool:
    """Whether MLflow says that what was asked for is not there."""
    return getattr(error, "error_code", None) in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
