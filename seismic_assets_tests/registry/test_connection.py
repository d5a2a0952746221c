"""A registry that cannot be reached."""

import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from seismic_assets.registry import ModelRegistry, RegistryError
from seismic_assets.registry import connection as connection_module
from seismic_assets.registry.connection import cause, insist, without_password

CALLS: dict[str, Callable[[ModelRegistry], object]] = {
    "version_of": lambda registry: registry.version_of(),
    "versions": lambda registry: registry.versions(),
    "history": lambda registry: registry.history(),
    "promote": lambda registry: registry.promote("1"),
    "rollback": lambda registry: registry.rollback(),
    "bundle": lambda registry: registry.bundle("1"),
    "run": lambda registry: registry.run("a run", {}).__enter__(),
}


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port of the loopback interface that nobody listens on: it is bound, so that nobody else takes it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def opened(uri: str) -> ModelRegistry:
    return ModelRegistry(uri, Path("artifacts"), "experiment", "Model")


@pytest.mark.parametrize("call", ["version_of", "promote", "run"])
def test_a_server_that_is_down_is_one_sentence(closed_port: int, call: str) -> None:
    with pytest.raises(RegistryError) as caught:
        CALLS[call](opened(f"http://ann:hush@127.0.0.1:{closed_port}"))

    message = str(caught.value)
    assert (
        f"the model registry at http://ann:***@127.0.0.1:{closed_port} does not answer: Connection refused" in message
    )
    assert "hush" not in message
    assert "\n" not in message


@pytest.mark.parametrize("call", CALLS)
def test_a_database_that_is_down_is_one_sentence_and_mlflow_does_not_try_it_for_minutes(
    closed_port: int, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlflow.store.db.utils.create_sqlalchemy_engine_with_retry", lambda _: pytest.fail("it tries"))
    with pytest.raises(RegistryError) as caught:
        CALLS[call](opened(f"postgresql://ann:hush@127.0.0.1:{closed_port}/mlflow"))

    message = str(caught.value)
    assert f"the model registry at postgresql://ann:***@127.0.0.1:{closed_port}/mlflow does not answer: " in message
    assert "Connection refused" in message
    assert "hush" not in message
    assert "\n" not in message


@pytest.mark.parametrize("call", CALLS)
def test_a_file_that_is_no_database_is_one_sentence(tmp_path: Path, call: str) -> None:
    (tmp_path / "mlflow.db").write_text("not a database, but long enough to look like one" * 50)

    with pytest.raises(RegistryError, match=r"mlflow\.db cannot be read: file is not a database; .* restore it"):
        CALLS[call](opened(f"sqlite:///{tmp_path / 'mlflow.db'}"))


def test_a_locked_database_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "_SECONDS_FOR_A_LOCK", 0.1)
    with closing(sqlite3.connect(tmp_path / "mlflow.db", isolation_level=None)) as holder:
        holder.execute("CREATE TABLE held (value)")
        holder.execute("BEGIN EXCLUSIVE")

        with pytest.raises(RegistryError, match=r"mlflow\.db cannot be read: database is locked; end what holds it"):
            opened(f"sqlite:///{tmp_path / 'mlflow.db'}").versions()


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(RegistryError, match=r"file/mlflow cannot be made \(Not a directory\); choose another storage"):
        CALLS["run"](opened(f"sqlite:///{tmp_path / 'file' / 'mlflow' / 'mlflow.db'}"))


def test_what_the_block_of_a_run_raises_is_not_taken_for_the_registry_s(lifecycle: ModelRegistry) -> None:
    from sqlalchemy.exc import SQLAlchemyError

    with pytest.raises(SQLAlchemyError), lifecycle.run("a run", {}):
        raise SQLAlchemyError("of another database")


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("postgresql://ann:hush@host/db", "postgresql://ann:***@host/db"),
        ("failed for url http://:hush@host:5000/api", "failed for url http://:***@host:5000/api"),
        ("http://host:5000/a@b", "http://host:5000/a@b"),
        ("sqlite:////data/a:b@c/mlflow.db", "sqlite:////data/a:b@c/mlflow.db"),
    ],
)
def test_a_password_is_not_shown(uri: str, shown: str) -> None:
    assert without_password(uri) == shown


def test_the_same_failure_reads_the_same_twice() -> None:
    first, second = (cause(ValueError(f"<Connection object at 0x{address:x}>: refused")) for address in (1, 2))

    assert first == second == "<Connection>: refused"


@pytest.mark.parametrize(("code", "calls"), [("BAD_REQUEST", 3), ("TEMPORARILY_UNAVAILABLE", 1)])
def test_a_write_is_repeated_where_another_writer_came_in_between_and_only_there(code: str, calls: int) -> None:
    from mlflow.exceptions import MlflowException
    from mlflow.protos.databricks_pb2 import ErrorCode

    made: list[str] = []

    def write(value: str) -> None:
        made.append(value)
        if len(made) < 3:
            raise MlflowException("UNIQUE constraint failed", ErrorCode.Value(code))

    if calls == 1:
        with pytest.raises(MlflowException):
            insist(write, "a tag")
    else:
        insist(write, "a tag")
    assert made == ["a tag"] * calls


def test_a_write_that_never_goes_through_raises() -> None:
    from mlflow.exceptions import MlflowException
    from mlflow.protos.databricks_pb2 import BAD_REQUEST

    def write() -> None:
        raise MlflowException("FOREIGN KEY constraint failed", BAD_REQUEST)

    with pytest.raises(MlflowException, match="FOREIGN KEY"):
        insist(write)
