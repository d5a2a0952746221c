"""What is done now and then, by one process at a time: losses counted, tables kept bounded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import structlog

from seismic_assets.serving.recording import losses, retention
from seismic_assets.serving.recording.errors import RecordingError, cause_of
from seismic_assets.serving.recording.locks import OneProcess
from seismic_assets.serving.recording.retention import Retention

_log = structlog.get_logger(__name__)
# Each writes commits and lists folders, which is not worth it every minute.
_ROUNDS_BETWEEN_FREEING = 10


class Complaints:
    """Says what goes wrong, once for each change of cause."""

    def __init__(self, what: str) -> None:
        """Prepare; `what` is not done while something is wrong."""
        self._what = what
        self._cause: str | None = None

    def say(self, cause: str) -> None:
        """Say that it goes wrong, and why, unless that has been said."""
        if cause != self._cause:
            self._cause = cause
            _log.warning(f"{self._what} fails, and is tried again", reason=cause)

    def over(self) -> None:
        """Say that it goes well again, if it did not."""
        if self._cause is not None:
            self._cause = None
            _log.info(f"{self._what} works again")


class Upkeep:
    """Rounds of upkeep of the tables below a folder.

    Attributes:
        failures: steps that went wrong.
        rows_lost: rows of processes that are no more, which were taken and never written; as of the latest round.
        rows_settled: of these, the ones that this process was the first to find out about.
        bytes_on_disk: of the tables, with what waits to be freed; as of the latest round.
    """

    def __init__(self, folder: Path, kept: Mapping[str, Retention], clock: Callable[[], datetime]) -> None:
        """Prepare; `kept` says how much is kept of each table, by name."""
        self.failures = 0
        self.rows_lost = 0
        self.rows_settled = 0
        self.bytes_on_disk = 0
        self._folder = folder
        self._kept = kept
        self._clock = clock
        self._alone = OneProcess(folder / "upkeep.lock")
        self._rounds = 0
        self._complaints: dict[str, Complaints] = {}

    def round(self) -> None:
        """Do what is due, unless another process is doing it, and look at the figures; says what goes wrong."""
        self._step("upkeep of what was served", self._keep_up)
        self._step("looking at what was recorded", self._look)
        self._rounds += 1

    def close(self) -> None:
        """Leave the upkeep to another process."""
        self._alone.release()

    def _keep_up(self) -> None:
        if not self._alone.mine():
            return
        self._step("counting what was lost", self._settle)
        for name, kept in self._kept.items():
            self._tidy(self._folder / name, kept)

    def _settle(self) -> None:
        lost = losses.settle(self._folder)
        self.rows_settled += lost
        if lost:
            _log.warning("a process ended before it had written all it had taken to record", rows_lost=lost)

    def _tidy(self, path: Path, kept: Retention) -> None:
        """What makes room comes first, and what fails keeps nothing else from being done."""
        now = self._clock()
        self._step(f"dropping old rows of {path.name}", lambda: retention.expire(path, kept, now))
        if self._rounds % _ROUNDS_BETWEEN_FREEING == 0:
            self._step(f"freeing the disk of {path.name}", lambda: retention.free(path, kept.grace_hours))
        self._step(f"merging files of {path.name}", lambda: retention.merge(path, now.astimezone(UTC).date()))
        self._step(f"shortening the log of {path.name}", lambda: retention.shorten_log(path))

    def _look(self) -> None:
        self.rows_lost = losses.rows_lost(self._folder)
        self.bytes_on_disk = sum(retention.bytes_below(self._folder / name) for name in self._kept)

    def _step(self, what: str, step: Callable[[], object]) -> None:
        complaints = self._complaints.setdefault(what, Complaints(what))
        try:
            step()
        except (OSError, RecordingError) as error:
            self.failures += 1
            complaints.say(cause_of(error))
        else:
            complaints.over()
