"""Rows of feature views in SQLite, one row for each window: all features of a view lie in one array.

Feast's own SQLite store keeps a row, with the key and the name of the feature again, for each feature. Here a view of
float32 features is a blob of so many times four bytes, which numpy makes for a million rows at once.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PATIENCE_SECONDS = 60.0
_BESIDE = ("-wal", "-shm")


class PackedTables:
    """The tables of an SQLite file; a connection, used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.connection = sqlite3.connect(path, timeout=_PATIENCE_SECONDS, check_same_thread=False)
        # A reader is not kept out by a writer; a power cut may lose the last batch, which is made again.
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = NORMAL")

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def create(self, name: str, keys: Sequence[str]) -> None:
        """Make the table of a view, unless it is there."""
        columns = ", ".join(_quoted(key) for key in keys)
        self.connection.execute(
            f"CREATE TABLE IF NOT EXISTS {_quoted(name)} ({columns}, event_us INTEGER NOT NULL, "
            f"created_us INTEGER NOT NULL, row BLOB NOT NULL, PRIMARY KEY ({columns})) WITHOUT ROWID"
        )

    def drop(self, name: str) -> None:
        """Remove the table of a view."""
        self.connection.execute(f"DROP TABLE IF EXISTS {_quoted(name)}")

    def insert(self, name: str, keys: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
        """Insert rows (keys, event, created in microseconds, row); what is older than what is there is left out."""
        key = ", ".join(_quoted(each) for each in keys)
        places = ", ".join("?" * (len(keys) + 3))
        self.connection.executemany(
            f"INSERT INTO {_quoted(name)} ({key}, event_us, created_us, row) VALUES ({places}) "
            f"ON CONFLICT ({key}) DO UPDATE SET "
            "event_us = excluded.event_us, created_us = excluded.created_us, row = excluded.row "
            "WHERE (excluded.event_us, excluded.created_us) >= (event_us, created_us)",
            rows,
        )

    def insert_arrays(
        self,
        name: str,
        keys: Sequence[str],
        values: Sequence[NDArray[np.int64]],
        features: NDArray[np.float32],
        event: datetime,
        created: datetime,
    ) -> None:
        """Insert rows of float32 features at once.

        Args:
            name: of the view's table.
            keys: names of the join keys.
            values: (m,) of each join key.
            features: (m, f) in the order of the view.
            event, created: aware, the same for all rows.
        """
        width = 4 * features.shape[1]
        packed = np.ascontiguousarray(features, "<f4").tobytes()
        blobs = (packed[start : start + width] for start in range(0, len(packed), width))
        moments = (microseconds(event), microseconds(created))
        columns = (*(value.tolist() for value in values), *([each] * len(features) for each in moments), blobs)
        self.insert(name, keys, zip(*columns, strict=True))

    def delete_range(self, name: str, key: str, first: int, end: int) -> None:
        """Delete the rows whose whole-numbered key is from `first` to below `end`."""
        self.connection.execute(
            f"DELETE FROM {_quoted(name)} WHERE {_quoted(key)} >= ? AND {_quoted(key)} < ?",
            (first, end),
        )

    def select(
        self, name: str, keys: Sequence[str], wanted: Iterable[tuple[Any, ...]]
    ) -> Iterator[tuple[tuple[Any, ...], tuple[int, bytes]]]:
        """Key, and event in microseconds with the row, of those keys that are there."""
        # One query a key: SQLite looks a list of pairs up by scanning the whole table.
        where = " AND ".join(f"{_quoted(each)} = ?" for each in keys)
        query = f"SELECT event_us, row FROM {_quoted(name)} WHERE {where}"
        for key in wanted:
            found = self.connection.execute(query, key).fetchone()
            if found is not None:
                yield key, found

    def select_first(self, name: str, keys: Sequence[str], first: Any) -> list[tuple[Any, ...]]:
        """(further keys, created in microseconds, row) of all rows with a value of the first key, in order."""
        columns = ", ".join(_quoted(each) for each in (*keys[1:], "created_us", "row"))
        order = ", ".join(_quoted(each) for each in keys)
        query = f"SELECT {columns} FROM {_quoted(name)} WHERE {_quoted(keys[0])} = ? ORDER BY {order}"
        return self.connection.execute(query, (first,)).fetchall()


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970; a moment without a zone is of UTC."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1)


def moment_of(count: int) -> datetime:
    """The moment of so many microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=count)


def remove_database(path: Path) -> None:
    """Remove an SQLite file with what lies beside it."""
    for suffix in ("", *_BESIDE):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def set_aside(path: Path) -> Path:
    """Give an SQLite file another name, where it may be looked at, and remove what lies beside it; gives the name."""
    aside = path.with_name(f"{path.name}.damaged-{time.time_ns()}")
    path.rename(aside)
    remove_database(path)
    return aside


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
