"""The online store in SQLite: a file is replaced in one transaction, with the note of what it was made with."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seismic_assets.feature_store.backends import FoundWindows, OnlineFile, WindowBlock
from seismic_assets.feature_store.errors import DamagedStoreError, FeatureStoreError
from seismic_assets.feature_store.keys import trace_ids
from seismic_assets.feature_store.packed_tables import PackedTables, microseconds, moment_of
from seismic_assets.feature_store.spec import PROJECT, TRACE, WINDOW, ViewSpec

_KEYS = (TRACE, WINDOW)
_COLUMNS = (
    "number, file_id, generation, making, rows, traces, windows, num_samples, sample_interval_us, event_us, created_us"
)
_FILES = f"CREATE TABLE IF NOT EXISTS files ({_COLUMNS}, PRIMARY KEY (number))"
_TRACES_AT_ONCE = 128  # others look up in between
_VIEWS = "CREATE TABLE IF NOT EXISTS views (name PRIMARY KEY, features)"


class SqliteBackend:
    """An `OnlineBackend` over `PackedTables`, safe to share between threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._open: PackedTables | None = None

    def files(self) -> dict[str, OnlineFile]:
        """What is online, by file id."""
        with self._tables() as tables:
            rows = tables.connection.execute(f"SELECT {_COLUMNS} FROM files ORDER BY file_id").fetchall()
        return {row[1]: _file(row) for row in rows}

    def file_of(self, number: int) -> OnlineFile | None:
        """The file with a number, or None."""
        with self._tables() as tables:
            query = f"SELECT {_COLUMNS} FROM files WHERE number = ?"
            row = tables.connection.execute(query, (number,)).fetchone()
        return None if row is None else _file(row)

    def replace(self, file: OnlineFile, blocks: Iterable[WindowBlock]) -> None:
        """Put the windows of a file in the place of those that it has, in one transaction."""
        with self._tables() as tables, tables.connection:
            _delete(tables, file.file_id)
            for block in blocks:
                for view, features in block.features.items():
                    keys = [block.trace_ids, block.window_index]
                    tables.insert_arrays(_table(view), _KEYS, keys, features, file.event, file.created)
            places = ", ".join("?" * (_COLUMNS.count(",") + 1))
            tables.connection.execute(f"INSERT INTO files ({_COLUMNS}) VALUES ({places})", _row(file))

    def remove(self, file_id: str) -> None:
        """Take a file away."""
        with self._tables() as tables, tables.connection:
            _delete(tables, file_id)

    def begin(self, views: Sequence[ViewSpec]) -> None:
        """Make room for views; where they are others than before, nothing is online any more."""
        wanted = {view.name: json.dumps(view.names) for view in views}
        with self._tables() as tables, tables.connection:
            (said,) = tables.connection.execute("PRAGMA quick_check(1)").fetchone()
            if said != "ok":
                raise sqlite3.DatabaseError(said)
            known = dict(tables.connection.execute("SELECT name, features FROM views"))
            if known != wanted:
                tables.connection.execute("DELETE FROM files")
                tables.connection.execute("DELETE FROM views")
                for name in {*known, *wanted}:
                    tables.drop(_table(name))
                tables.connection.executemany("INSERT INTO views VALUES (?, ?)", wanted.items())
            for name in wanted:
                tables.create(_table(name), _KEYS)

    def views(self) -> dict[str, list[str]]:
        """Names of the features of the views that are online, by view name."""
        with self._tables() as tables:
            rows = tables.connection.execute("SELECT name, features FROM views").fetchall()
        return {name: json.loads(features) for name, features in rows}

    def windows(self, trace_id: int, file: OnlineFile, view: ViewSpec) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Numbers (k,) and features (k, f) of the windows of a trace that are of the file's own generation."""
        found = self.windows_of([trace_id], file, view)
        return found.window_index, found.features

    def windows_of(self, trace_ids: Sequence[int], file: OnlineFile, view: ViewSpec) -> FoundWindows:
        """The same of many traces of a file."""
        width, made = 4 * len(view.features), microseconds(file.created)
        counts, rows = [], []
        for start in range(0, len(trace_ids), _TRACES_AT_ONCE):
            for of_trace in self._rows(view, trace_ids[start : start + _TRACES_AT_ONCE]):
                # Feast's own command line may have written rows of a later generation: made with something else.
                own = [row for row in of_trace if row[1] == made and len(row[2]) == width]
                counts.append(len(own))
                rows += own
        features = np.frombuffer(b"".join(row[2] for row in rows), "<f4").reshape(len(rows), len(view.features))
        return FoundWindows(np.array(counts, np.int64), np.array([row[0] for row in rows], np.int64), features)

    def close(self) -> None:
        """Let go of the connection."""
        with self._lock:
            if self._open is not None:
                self._open.close()
                self._open = None

    def _rows(self, view: ViewSpec, trace_ids: Sequence[int]) -> list[list[tuple[Any, ...]]]:
        with self._tables() as tables:
            return [tables.select_first(_table(view.name), _KEYS, trace_id) for trace_id in trace_ids]

    @contextmanager
    def _tables(self) -> Iterator[PackedTables]:
        try:
            with self._lock:
                yield self._opened()
        except sqlite3.OperationalError as error:
            raise FeatureStoreError(
                f"the online features {self._path} cannot be used ({error}); free what holds it, or the disk"
            ) from error
        except sqlite3.Error as error:
            raise DamagedStoreError(
                f"the online features {self._path} cannot be used ({error}): the file is damaged; `seismic run` sets "
                "it aside and makes it anew"
            ) from error

    def _opened(self) -> PackedTables:
        if self._open is None:
            tables = PackedTables(self._path)
            with tables.connection:
                tables.connection.execute(_FILES)
                tables.connection.execute(_VIEWS)
            self._open = tables
        return self._open


def _delete(tables: PackedTables, file_id: str) -> None:
    first = int(trace_ids(file_id, [0])[0])
    for (name,) in tables.connection.execute("SELECT name FROM views").fetchall():
        tables.delete_range(_table(name), TRACE, first, first + (1 << 32))
    tables.connection.execute("DELETE FROM files WHERE file_id = ?", (file_id,))


def _table(view: str) -> str:
    return f"{PROJECT}_{view}"


def _row(file: OnlineFile) -> tuple[object, ...]:
    return (
        file.number,
        file.file_id,
        file.generation,
        file.making,
        file.rows,
        file.traces,
        file.windows,
        file.num_samples,
        file.sample_interval_us,
        microseconds(file.event),
        microseconds(file.created),
    )


def _file(row: tuple[Any, ...]) -> OnlineFile:
    facts = [*row[1:-2], moment_of(row[-2]), moment_of(row[-1])]
    return OnlineFile(*facts)
