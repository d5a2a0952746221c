"""Rows of one table on their way to the disk: taken on the event loop, written by a thread."""

from __future__ import annotations

import threading
from collections import deque
from itertools import accumulate, islice
from typing import NamedTuple

from seismic_assets.serving.recording.rows import UNWRITABLE, RecordedTable, Row
from seismic_assets.serving.recording.table_writer import TableWriter
from seismic_assets.serving.recording.tally import Counts, Tally

# Of one commit; more would hold Python's lock for long when it is made into columns.
_MOST_ROWS = 8192
_MOST_BYTES = 64 * 1024 * 1024


class Bounds(NamedTuple):
    """How much may wait to be written.

    Attributes:
        rows: of one table.
        bytes: of memory that they hold, about.
    """

    rows: int
    bytes: int


class Channel:
    """A bounded buffer before a Delta table.

    A row stays in the buffer until the commit that holds it is known to be done.
    """

    def __init__(
        self, table: RecordedTable, writer: TableWriter, tally: Tally, place: int, lock: threading.Lock, bounds: Bounds
    ) -> None:
        """Prepare; `place` is where the table's counts begin in the tally, `lock` guards the tally and the buffers."""
        self._table = table
        self._writer = writer
        self._tally = tally
        self._accepted, self._written, self._dropped, self._refused = range(place, place + 4)
        self._lock = lock
        self._most_rows, self._most_bytes = bounds
        self._rows: deque[Row] = deque()
        self._bytes = 0
        self._open = True
        self._in_doubt = False

    def take(self, row: Row) -> bool:
        """Take a row to be written, or drop and count it where the buffer is full; whether the buffer is half full."""
        size = row.size()
        with self._lock:
            counts = self._tally.counts
            if len(self._rows) >= self._most_rows or self._bytes + size > self._most_bytes or not self._open:
                counts[self._dropped] += 1
                return True
            # Counted first: a process killed between the two has lost the row.
            counts[self._accepted] += 1
            self._rows.append(row)
            self._bytes += size
            return self._bytes * 2 > self._most_bytes or len(self._rows) * 2 > self._most_rows

    def close(self) -> None:
        """Take no more rows."""
        with self._lock:
            self._open = False

    def pending(self) -> int:
        """Rows that wait to be written."""
        return len(self._rows)

    def counts(self) -> Counts:
        """The counts of the table in this process."""
        with self._lock:
            return Counts(*self._tally.counts[self._accepted : self._refused + 1])

    def find(self, request_id: str) -> Row | None:
        """The row of a request that waits to be written."""
        with self._lock:
            rows = list(self._rows)
        return next((row for row in reversed(rows) if row.request_id == request_id), None)

    def write(self) -> None:
        """Write what waits at this moment, in one commit unless it is very much.

        Raises:
            RecordingError: it failed; what is not written goes on waiting.
        """
        waiting = len(self._rows)
        if self._in_doubt:
            # The last commit was told to have failed, and may have been done all the same.
            done = max(0, self._writer.written() - self.counts().written)
            self._note(done)
            waiting -= done
        while waiting > 0:
            waiting -= self._write_some(min(waiting, _MOST_ROWS))

    def _write_some(self, most: int) -> int:
        """Write at most so many rows; how many were."""
        rows = self._first(most)
        sizes = accumulate(row.size() for row in rows)
        rows = rows[: max(1, sum(size <= _MOST_BYTES for size in sizes))]
        try:
            columns = self._table.rows_to_arrow(rows)
        except UNWRITABLE:
            return self._refuse(rows)
        self._in_doubt = True
        self._writer.append(columns, self.counts().written + len(rows))
        self._note(len(rows))
        return len(rows)

    def _first(self, count: int) -> list[Row]:
        """The rows that have waited longest; none goes meanwhile, for only the thread that writes takes them out."""
        with self._lock:
            return list(islice(self._rows, count))

    def _note(self, written: int) -> None:
        """The first rows of the buffer are written."""
        # Counted first: a process killed between the two is taken to have written what it has.
        self._add(self._written, written)
        self._remove(self._first(written))
        self._in_doubt = False

    def _refuse(self, rows: list[Row]) -> int:
        """Take those that no table could hold out of the first rows, so that they hold up no others."""
        good = self._table.writable(rows)
        self._add(self._refused, len(rows) - len(good))
        self._remove(rows)
        with self._lock:
            self._rows.extendleft(reversed(good))
            self._bytes += sum(row.size() for row in good)
        return len(rows) - len(good)

    def _add(self, place: int, count: int) -> None:
        with self._lock:
            self._tally.counts[place] += count

    def _remove(self, first: list[Row]) -> None:
        freed = sum(row.size() for row in first)
        with self._lock:
            for _ in first:
                self._rows.popleft()
            self._bytes -= freed
