"""Rows of what was served, written once a second beside the requests and never in their way."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from seismic_assets.serving.recording.channel import Bounds, Channel
from seismic_assets.serving.recording.errors import RecordingError, cause_of
from seismic_assets.serving.recording.losses import TALLY
from seismic_assets.serving.recording.retention import Retention
from seismic_assets.serving.recording.rows import FEEDBACK, INFERENCE_LOG, TABLES, RecordedCall, Row
from seismic_assets.serving.recording.table_writer import TableWriter
from seismic_assets.serving.recording.tally import Tally
from seismic_assets.serving.recording.upkeep import Complaints, Upkeep

_MEGABYTE = 1024 * 1024
_WAITING = Bounds(rows=100_000, bytes=128 * _MEGABYTE)
_CALLS = Retention(days=30, max_bytes=1024 * _MEGABYTE)
_FEEDBACK = Retention(days=3650, max_bytes=256 * _MEGABYTE)
_LONGEST_WAIT = 30.0
_AFTER_UNFORESEEN = 1.0
_WRITER, _UPKEEP = "record-requests", "record-upkeep"


@dataclass(frozen=True)
class RecorderOptions:
    """How rows are written and kept.

    Attributes:
        flush_seconds: time between commits; what a killed process loses at most.
        waiting: how much may wait to be written, of each table; what comes on top is dropped and counted.
        calls, feedback: how much is kept of each table.
        upkeep_seconds: time between rounds of upkeep.
    """

    flush_seconds: float = 1.0
    waiting: Bounds = _WAITING
    calls: Retention = _CALLS
    feedback: Retention = _FEEDBACK
    upkeep_seconds: float = 60.0


@dataclass(frozen=True)
class RecorderFigures:
    """How recording goes. The first five are of this process, the last two of all that share the folder.

    `accepted` is `written` and `pending` together, but for rows that no table could hold, which are in `dropped`.

    Attributes:
        accepted: rows taken to be written.
        written: rows committed.
        pending: rows that wait.
        dropped: rows that never will be written: too many were waiting, or a value fits no column.
        failures: commits and steps of upkeep that went wrong.
        lost_in_crashes: rows accepted by processes that have ended since and did not write them.
        lost_and_found: of these, the ones that this process was the first to find out about: for sums over processes.
        bytes_on_disk: of the tables, with what waits to be freed; a minute old at most.
    """

    accepted: int
    written: int
    pending: int
    dropped: int
    failures: int
    lost_in_crashes: int
    lost_and_found: int
    bytes_on_disk: int


class Recorder:
    """Records what is served in Delta tables below a folder, which other processes may share.

    `record` is for the event loop: it takes the row and returns. A thread commits what has come, another one does the
    upkeep. Where a commit fails, rows wait and it is tried again, after longer and longer pauses.
    """

    def __init__(
        self,
        folder: Path,
        options: RecorderOptions = RecorderOptions(),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Prepare; nothing is written before `start`.

        Args:
            folder: of the service; made if it is not there.
            options: how rows are written and kept.
            clock: the present time, aware, which says what is old.
        """
        self._options = options
        self._lock = threading.Lock()
        app_id = uuid.uuid4().hex
        self._tally = Tally(folder / TALLY, app_id, len(TABLES))
        self._channels = {
            table.row_type: Channel(
                table, TableWriter(folder, table, app_id), self._tally, 4 * place, self._lock, options.waiting
            )
            for place, table in enumerate(TABLES)
        }
        self._upkeep = Upkeep(folder, {INFERENCE_LOG.name: options.calls, FEEDBACK.name: options.feedback}, clock)
        self._failures = 0
        self._complaints = Complaints("recording what is served")
        self._tally_complaints = Complaints("keeping count of what is recorded")
        self._stopping = threading.Event()
        self._hurry = threading.Event()
        self._threads: dict[str, threading.Thread] = {}

    def start(self) -> None:
        """Begin to write; what is wrong with the disk is logged and counted, not raised."""
        for table in TABLES:
            table.rows_to_arrow([])  # pyarrow's first array imports pandas, which would hold up requests later
        self._secure_tally()
        self._begin(_WRITER, self._write_until_stopped)
        self._begin(_UPKEEP, self._keep_up_until_stopped)

    def record(self, row: Row) -> None:
        """Take a row to be written; dropped and counted where too many wait. Costs microseconds, and never waits."""
        if self._channels[type(row)].take(row):
            self._hurry.set()

    def find_pending(self, request_id: str) -> RecordedCall | None:
        """The call of a request that this process has not written yet, so that feedback may follow at once."""
        row = self._channels[RecordedCall].find(request_id)
        return row if isinstance(row, RecordedCall) else None

    def figures(self) -> RecorderFigures:
        """How recording goes; without a look at the disk."""
        counts = [channel.counts() for channel in self._channels.values()]
        return RecorderFigures(
            accepted=sum(each.accepted for each in counts),
            written=sum(each.written for each in counts),
            pending=sum(each.accepted - each.written - each.refused for each in counts),
            dropped=sum(each.dropped + each.refused for each in counts),
            failures=self._failures + self._upkeep.failures,
            lost_in_crashes=self._upkeep.rows_lost,
            lost_and_found=self._upkeep.rows_settled,
            bytes_on_disk=self._upkeep.bytes_on_disk,
        )

    def stop(self, seconds: float = 5.0) -> bool:
        """Take no more rows, write what waits, and end; whether all is written.

        Args:
            seconds: to wait at most. What is not written then is counted as lost by the next service that starts.
        """
        until = time.monotonic() + seconds
        for channel in self._channels.values():
            channel.close()
        self._stopping.set()
        self._hurry.set()
        for thread in self._threads.values():
            thread.join(max(0.0, until - time.monotonic()))
        writing = _WRITER in self._threads and self._threads[_WRITER].is_alive()
        pending = sum(channel.pending() for channel in self._channels.values())
        if not writing:
            with self._lock:
                self._tally.close(keep=pending > 0)
        return pending == 0

    def _write_until_stopped(self) -> None:
        failed = 0
        while not self._stopping.is_set():
            if failed:
                self._stopping.wait(min(self._options.flush_seconds * 2**failed, _LONGEST_WAIT))
            else:
                self._hurry.wait(self._options.flush_seconds)
            self._hurry.clear()
            failed = 0 if self._write() else min(failed + 1, 16)
        self._write()

    def _write(self) -> bool:
        """Write what waits, of each table that can be written; whether all went well."""
        causes = []
        for channel in self._channels.values():
            try:
                channel.write()
            except RecordingError as error:
                self._failures += 1
                causes.append(str(error))
        if causes:
            self._complaints.say("; ".join(causes))
        else:
            self._complaints.over()
        return not causes

    def _keep_up_until_stopped(self) -> None:
        while True:
            self._upkeep.round()
            if self._stopping.wait(self._options.upkeep_seconds):
                self._upkeep.close()
                return
            if not self._tally.secured():
                self._secure_tally()

    def _secure_tally(self) -> None:
        try:
            file = self._tally.prepare()
        except OSError as error:
            self._failures += 1
            self._tally_complaints.say(cause_of(error))
            return
        with self._lock:
            self._tally.move(file)
        self._tally_complaints.over()

    def _begin(self, name: str, work: Callable[[], None]) -> None:
        """Start a thread that cannot hold up the end of the process, and again should an unforeseen error end it."""

        def run() -> None:
            try:
                work()
            finally:
                if not self._stopping.is_set():
                    self._failures += 1
                    self._complaints.say("an unforeseen error, which the standard error shows")
                    if not self._stopping.wait(_AFTER_UNFORESEEN):
                        self._begin(name, work)

        self._threads[name] = threading.Thread(target=run, name=name, daemon=True)
        self._threads[name].start()
