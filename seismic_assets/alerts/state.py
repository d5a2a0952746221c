"""The file of what is on: read as a whole, replaced as a whole, changed by one process at a time."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from pydantic import ValidationError

from seismic_assets.alerts.alert import Alert
from seismic_assets.alerts.errors import AlertStateError
from seismic_assets.alerts.letters import Letter, due_now, letters_of
from seismic_assets.alerts.message import Message
from seismic_assets.alerts.record import Changes, Record, Standing
from seismic_assets.file_locks import held
from seismic_assets.whole_files import replace_file

_log = structlog.get_logger(__name__)
_OWNER_ONLY = 0o600
_LOCK_SECONDS = 10.0

Mark = tuple[int, int, int] | None


@dataclass(frozen=True)
class Post:
    """What is to be said.

    Attributes:
        waiting: how many letters there are.
        due: those that are to be said now; a group that has just spoken gathers the others.
    """

    waiting: int
    due: tuple[Letter, ...]


class AlertState:
    """What is on, who was told of it, and what waits to be said; shared by all processes that name the same file.

    Where the file cannot be written, as on a full disk, the state is in the memory of this process until it can be, so
    that alerts are said, once by each process, just then. A damaged file is renamed and the state begins anew: what is
    on is said again.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._unsaved: tuple[Mark, Record] | None = None

    def update(
        self, scope: str, alerts: Iterable[Alert], channels: Collection[str], now: datetime, repeat: timedelta
    ) -> Changes:
        """Take a report in, see `Record.take_in`.

        Raises:
            AlertError: the scope is empty, or an alert lies outside it.
            AlertStateError: another process holds the state and does not let go of it.
        """
        return self.update_all([(scope, alerts)], channels, now, repeat)

    def update_all(
        self,
        reports: Iterable[tuple[str, Iterable[Alert]]],
        channels: Collection[str],
        now: datetime,
        repeat: timedelta,
    ) -> Changes:
        """Take reports in, each with its scope, one after another; all of them or none.

        Raises:
            AlertError: see `update`.
            AlertStateError: see `update`.
        """
        with self._editing() as record:
            found = [record.take_in(scope, alerts, channels, now, repeat) for scope, alerts in reports]
        changes = Changes(
            new=tuple(key for each in found for key in each.new),
            worse=tuple(key for each in found for key in each.worse),
            repeated=tuple(key for each in found for key in each.repeated),
            over=tuple(key for each in found for key in each.over),
            dropped=sum(each.dropped for each in found),
        )
        if changes.dropped:
            _log.error(
                "alert messages dropped", file=str(self._path), messages=changes.dropped, because="too many wait"
            )
        return changes

    def mark_said(self, said: Sequence[tuple[str, Message]], now: datetime) -> None:
        """Note which channels took which messages.

        Raises:
            AlertStateError: another process holds the state and does not let go of it.
        """
        with self._editing() as record:
            for channel, message in said:
                record.mark_said(channel, message, now)

    def letters(self, channels: Collection[str], now: datetime, gather: timedelta) -> Post:
        """What waits to be said to these channels, the oldest first, a group's alerts together."""
        record = self._read()[0]
        letters = letters_of(each for each in record.outbox if each.channel in channels)
        return Post(len(letters), due_now(letters, record.said, now, gather))

    def standing(self) -> list[Standing]:
        """What is on, by key."""
        return [standing for _, standing in sorted(self._read()[0].on.items())]

    @contextmanager
    def _editing(self) -> Iterator[Record]:
        with self._alone():
            record, whole = self._read()
            yield record
            self._save(record, whole)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        lock = self._path.with_name(f"{self._path.name}.lock")
        with held(lock, _LOCK_SECONDS) as mine:
            if not mine:
                raise AlertStateError(
                    f"{self._path}: another process has held the state of the alerts for {_LOCK_SECONDS:.0f} s; "
                    f"end the process that holds {lock.name} (`fuser {lock}`), then report again"
                )
            yield

    def _read(self) -> tuple[Record, bool]:
        """The state, and whether it may take the place of the file."""
        try:
            mark = _mark_of(self._path)
            if self._unsaved is not None and self._unsaved[0] == mark:
                return self._unsaved[1].model_copy(deep=True), True
            return (Record() if mark is None else self._parsed(self._path.read_bytes())), True
        except OSError as error:
            _log.error("alert state not readable", file=str(self._path), cause=error.strerror, kept="in memory")
            return (self._unsaved[1].model_copy(deep=True) if self._unsaved else Record()), False

    def _parsed(self, content: bytes) -> Record:
        try:
            return Record.model_validate_json(content)
        except ValidationError as error:
            aside = self._path.with_name(f"{self._path.name}.damaged-{secrets.token_hex(4)}")
            self._path.replace(aside)
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            _log.error(
                "alert state damaged", file=str(self._path), cause=first["msg"], renamed=aside.name, kept="nothing"
            )
            return Record()

    def _save(self, record: Record, whole: bool) -> None:
        if not whole:
            self._unsaved = None, record
            return
        try:
            replace_file(self._path, record.model_dump_json(), _OWNER_ONLY)
        except OSError as error:
            self._unsaved = _mark_of(self._path), record
            _log.error("alert state not saved", file=str(self._path), cause=error.strerror, kept="in memory")
        else:
            self._unsaved = None


def _mark_of(path: Path) -> Mark:
    """What changes whenever the file is replaced; None where there is none.

    Raises:
        OSError: the folder cannot be looked into.
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
