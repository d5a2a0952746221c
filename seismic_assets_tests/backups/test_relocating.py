"""MLflow's database after its artifacts were moved."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from seismic_assets.backups import BackupError
from seismic_assets.backups.relocating import relocate_artifacts


def values(database: Path) -> list[object]:
    with closing(sqlite3.connect(database)) as connection:
        return [value for (value,) in connection.execute("SELECT place FROM runs ORDER BY rowid")]


def filled(path: Path, *places: object) -> Path:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE runs (id INTEGER PRIMARY KEY, place TEXT)")
        connection.executemany("INSERT INTO runs (place) VALUES (?)", [(place,) for place in places])
    return path


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("/a b/art", "/new/art", ["/new/art/1", "file:///new/art/1", "file:///new/art"]),
        ("/a b/art", "s3://bucket/art", ["s3://bucket/art/1", "s3://bucket/art/1", "s3://bucket/art"]),
    ],
)
def test_paths_and_addresses_of_files_are_moved(tmp_path: Path, before: str, after: str, expected: list[str]) -> None:
    database = filled(tmp_path / "x.db", "/a b/art/1", "file:///a%20b/art/1", "file:///a%20b/art")
    assert relocate_artifacts(database, before, after) == 3
    assert values(database) == expected


def test_artifacts_of_an_object_store_come_to_a_folder(tmp_path: Path) -> None:
    database = filled(tmp_path / "x.db", "s3://bucket/art/1")
    relocate_artifacts(database, "s3://bucket/art", "/new art")
    assert values(database) == ["file:///new%20art/1"]


def test_what_only_looks_alike_stays(tmp_path: Path) -> None:
    alike = ["/a/artifacts2/1", "see /a/artifacts/1", None, "mlflow-artifacts:/1"]
    database = filled(tmp_path / "x.db", *alike)
    assert relocate_artifacts(database, "/a/artifacts", "/b") == 0
    assert values(database) == alike


def test_what_is_no_database_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    with pytest.raises(BackupError, match=r"x\.db cannot be changed .*use another backup"):
        relocate_artifacts(tmp_path / "x.db", "/a", "/b")
