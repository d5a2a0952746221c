"""Vectors of passages kept beside the index as they are made, so that none is made twice and none lost by a stop."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import structlog

_TABLE = """CREATE TABLE IF NOT EXISTS vectors
(identity TEXT, digest TEXT, width INTEGER, content BLOB, PRIMARY KEY (identity, digest))"""
_AT_ONCE, _WAIT_SECONDS = 500, 10.0
_log = structlog.get_logger(__name__)
_T = TypeVar("_T")


class KeptVectors:
    """Vectors by embedder and digest of the passage, in a SQLite file; several processes may use it.

    A file that cannot be used keeps nothing and stops nothing: damaged it is begun anew, and where the disk is full or
    may not be written the vectors are made again the next time.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def known(self, identity: str, digests: Collection[str]) -> dict[str, np.ndarray]:
        """Of those passages whose vectors are kept: (texts, width) float32 by digest."""
        return self._tried(partial(_known, identity=identity, digests=list(dict.fromkeys(digests))), {})

    def keep(self, identity: str, vectors: Mapping[str, np.ndarray]) -> None:
        """Keep these: (texts, width) float32 by digest."""
        rows = [(identity, digest, each.shape[1], each.astype("<f4").tobytes()) for digest, each in vectors.items()]
        self._tried(lambda base: base.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)", rows), None)

    def forget_others(self, identity: str, digests: Collection[str]) -> None:
        """Remove all but those of these passages by this embedder."""
        self._tried(partial(_forget_others, identity=identity, digests=digests), None)

    def _tried(self, work: Callable[[sqlite3.Connection], _T], otherwise: _T) -> _T:
        for _ in range(2):
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                with closing(sqlite3.connect(self._path, timeout=_WAIT_SECONDS)) as base, base:
                    base.execute(_TABLE)
                    return work(base)
            except (sqlite3.OperationalError, OSError) as error:  # busy, full, not to be written or read
                _log.warning("vectors are not kept", file=str(self._path), reason=str(error))
                return otherwise
            except (sqlite3.DatabaseError, ValueError) as error:  # ValueError: bytes of another length
                _log.warning("kept vectors are damaged and made anew", file=str(self._path), reason=str(error))
                self._path.unlink(missing_ok=True)
        return otherwise


def _known(base: sqlite3.Connection, identity: str, digests: list[str]) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    for start in range(0, len(digests), _AT_ONCE):
        part = digests[start : start + _AT_ONCE]
        marks = ",".join("?" * len(part))
        query = f"SELECT digest, width, content FROM vectors WHERE identity = ? AND digest IN ({marks})"
        for digest, width, content in base.execute(query, (identity, *part)):
            found[digest] = np.frombuffer(content, "<f4").reshape(-1, width)
    return found


def _forget_others(base: sqlite3.Connection, identity: str, digests: Collection[str]) -> None:
    base.execute("CREATE TEMP TABLE wanted (digest TEXT PRIMARY KEY)")
    base.executemany("INSERT OR IGNORE INTO wanted VALUES (?)", [(each,) for each in digests])
    gone = "DELETE FROM vectors WHERE identity != ? OR digest NOT IN (SELECT digest FROM wanted)"
    base.execute(gone, (identity,))
