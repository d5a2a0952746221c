"""MLflow's artifacts elsewhere: its database has the whole path of each."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from seismic_assets.backups.errors import BackupError


def relocate_artifacts(database: Path, before: str, after: str) -> int:
    """Let a copy of MLflow's database name another folder of artifacts; returns how many values were changed.

    Every text that begins with the former folder is changed, whatever table it is in: versions of MLflow keep
    locations in different ones.

    Args:
        database: SQLite file that nobody else has open.
        before: folder or address of the artifacts, as it was.
        after: as it is now.

    Raises:
        BackupError: it is no database, or damaged.
    """
    pairs = [(before, after)]
    if before.startswith("/"):
        pairs.append((Path(before).as_uri(), _uri(after)))
    elif after.startswith("/"):
        pairs = [(before, _uri(after))]
    try:
        with closing(sqlite3.connect(database)) as connection, connection:
            connection.execute("PRAGMA foreign_keys=OFF")
            return sum(_replace(connection, table, old, new) for table in _tables(connection) for old, new in pairs)
    except sqlite3.Error as error:
        raise BackupError(f"the database {database} cannot be changed ({error}); use another backup") from error


def _uri(place: str) -> str:
    return Path(place).as_uri() if place.startswith("/") else place


def _tables(connection: sqlite3.Connection) -> list[str]:
    return [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]


def _replace(connection: sqlite3.Connection, table: str, before: str, after: str) -> int:
    """Of a folder itself and of what lies below; another one whose name begins alike stays."""
    changed = 0
    for column in [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]:
        done = connection.execute(
            f'UPDATE "{table}" SET "{column}" = ? || substr("{column}", ?) '
            f'WHERE typeof("{column}") = \'text\' AND ("{column}" = ? OR substr("{column}", 1, ?) = ?)',
            (after, len(before) + 1, before, len(before) + 1, f"{before}/"),
        )
        changed += done.rowcount
    return changed
