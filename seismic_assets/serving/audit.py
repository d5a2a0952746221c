"""The audit trail: a line a call with who did what, to how many traces, with which version."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import structlog
from pydantic_core import to_json

_log = structlog.get_logger(__name__)
_LARGEST_DAY = 256 * 1024 * 1024


class AuditTrail:
    """JSON lines in a file a day, which only ever grow; several processes append to the same one.

    Lines are written in one call, so that those of two processes do not mix. What cannot be written is counted, and
    said in the log when it begins: a full disk does not end the service.
    """

    def __init__(self, folder: Path, days: float, largest_day: int = _LARGEST_DAY) -> None:
        self._folder = folder
        self._days = days
        self._largest_day = largest_day
        self._lock = threading.Lock()
        self._day: date | None = None
        self._file = -1
        self._torn = False
        self.lost = 0
        self._failing = False

    def write(self, lines: Sequence[dict[str, object]]) -> None:
        """Append lines."""
        content = b"".join(to_json(line) + b"\n" for line in lines)
        whole = 0
        with self._lock:
            try:
                self._open_today()
                if self._torn:  # half a line is there already, and must not spoil this one
                    content = b"\n" + content
                if os.fstat(self._file).st_size > self._largest_day:
                    raise OSError(27, "the file of the day is as large as it may become")
                written = os.write(self._file, content)
                if written != len(content):
                    whole = content.count(b"\n", 0, written) - self._torn
                    self._torn = not content.endswith(b"\n", 0, written)
                    raise OSError(28, "a line was written in part")
                self._torn = self._failing = False
            except OSError as error:
                self._complain(error, len(lines) - max(whole, 0))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._close()

    def _open_today(self) -> None:
        today = datetime.now(UTC).date()
        if today == self._day:
            return
        self._close()
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"audit-{today.isoformat()}.jsonl"
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._day = today
        self._drop_before(today - timedelta(days=self._days))

    def _close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._file, self._day = -1, None

    def _drop_before(self, oldest: date) -> None:
        for path in self._folder.glob("audit-*.jsonl"):
            if path.stem.removeprefix("audit-") < oldest.isoformat():
                path.unlink(missing_ok=True)

    def _complain(self, error: OSError, lost: int) -> None:
        self.lost += lost
        if not self._failing:
            _log.error("the audit trail cannot be written", folder=str(self._folder), reason=error.strerror)
        self._failing = True
