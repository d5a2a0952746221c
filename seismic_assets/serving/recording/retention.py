"""Tables of what was served kept bounded: old rows dropped, small files merged, disk freed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable, WriterProperties
from deltalake.exceptions import DeltaError, TableNotFoundError

from seismic_assets.serving.recording.errors import RecordingError, cause_of

_MEGABYTE = 1024 * 1024
# Merged step by step: what is rewritten each time stays small, and so does what waits to be freed.
_TIERS = (_MEGABYTE, 8 * _MEGABYTE, 32 * _MEGABYTE)
_MANY = 32
# Room, so that rows are not dropped a few at a time for ever.
_FILLED_AGAIN = 0.9
_ZSTD = WriterProperties(compression="ZSTD", compression_level=1)


@dataclass(frozen=True)
class Retention:
    """How much of a table is kept.

    Attributes:
        days: a date is dropped when all of it is older than so many days.
        max_bytes: size of the table's files beyond which the oldest rows are dropped.
        grace_hours: how long files that were replaced stay on the disk for who reads them; what was replaced in this
            time comes on top of `max_bytes`. 0 only where nobody else reads or writes.
    """

    days: float
    max_bytes: int
    grace_hours: int = 1


@dataclass(frozen=True)
class _File:
    date: date
    bytes: int
    latest: datetime


def expire(path: Path, retention: Retention, now: datetime) -> int:
    """Drop dates that are too old, then the oldest rows beyond the size; how many files were dropped.

    Args:
        path: of the table.
        retention: what is kept.
        now: aware.

    Raises:
        RecordingError: the table cannot be read or written, or others wrote to what was to be dropped.
    """
    with _Opened(path) as delta:
        if delta is None:
            return 0
        before = len(_files(delta))
        oldest = (now - timedelta(days=retention.days)).astimezone(UTC).date()
        if any(file.date < oldest for file in _files(delta)):
            delta.delete(f"date < '{oldest}'")
        _expire_beyond(delta, retention.max_bytes)
        return max(0, before - len(_files(delta)))


def merge(path: Path, today: date, many: int = _MANY) -> int:
    """Merge the small files of dates that have many, and of dates that are over; how many were merged.

    Args:
        path: of the table.
        today: the date that rows are still added to.
        many: small files of a date that are merged.

    Raises:
        RecordingError: the table cannot be read or written, or another one merged at the same time.
    """
    merged = 0
    with _Opened(path) as delta:
        for tier in _TIERS if delta is not None else ():
            assert delta is not None
            small = Counter(file.date for file in _files(delta) if file.bytes < tier)
            for day, count in sorted(small.items()):
                over = day < today and tier == _TIERS[-1]
                if count >= (2 if over else many):
                    metrics = delta.optimize.compact(
                        [("date", "=", str(day))], target_size=tier, max_concurrent_tasks=1, writer_properties=_ZSTD
                    )
                    merged += metrics["numFilesRemoved"]
    return merged


def shorten_log(path: Path) -> None:
    """Make a checkpoint, from which a table opens fast, and remove the log before it that is over an hour old.

    Raises:
        RecordingError: the table cannot be read or written.
    """
    with _Opened(path) as delta:
        if delta is not None:
            delta.create_checkpoint()
            delta.cleanup_metadata()


def free(path: Path, grace_hours: int) -> int:
    """Remove files that the table has not used for so many hours, or never did; how many were removed.

    Raises:
        RecordingError: the table cannot be read or written.
    """
    with _Opened(path) as delta:
        if delta is None:
            return 0
        # Full: also what a killed writer left, of which the log knows nothing.
        return len(delta.vacuum(grace_hours, dry_run=False, enforce_retention_duration=False, full=True))


def bytes_below(path: Path) -> int:
    """Bytes of all files below a folder; 0 where there is none."""
    total = 0
    for file in path.rglob("*"):
        try:
            status = file.lstat()
        except FileNotFoundError:  # removed meanwhile
            continue
        total += status.st_size if not file.is_dir() else 0
    return total


class _Opened:
    """A table for the length of a block, None where there is none yet; what goes wrong becomes a RecordingError."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> DeltaTable | None:
        try:
            return DeltaTable(self._path)
        except TableNotFoundError:
            return None
        except (OSError, DeltaError) as error:
            raise self._failed(error) from error

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError | DeltaError):
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> RecordingError:
        return RecordingError(f"{self._path} cannot be tidied ({cause_of(error)}); free space or fix the folder")


def _files(delta: DeltaTable) -> list[_File]:
    """Files of the table, the oldest rows first."""
    actions = pa.table(delta.get_add_actions(flatten=True)).to_pylist()
    files = [_File(each["partition.date"], each["size_bytes"], each["max.received_at"]) for each in actions]
    return sorted(files, key=lambda file: (file.date, file.latest))


def _expire_beyond(delta: DeltaTable, max_bytes: int) -> None:
    files = _files(delta)
    total = sum(file.bytes for file in files)
    if total <= max_bytes:
        return
    last: _File | None = None
    for file in files:
        if total <= max_bytes * _FILLED_AGAIN:
            break
        total, last = total - file.bytes, file
    assert last is not None
    # Whole dates cost no reading; of the date in which the bound lies, files whose rows are all older cost none either.
    if any(file.date < last.date for file in files):
        delta.delete(f"date < '{last.date}'")
    # Statistics are of whole milliseconds, rounded down.
    until = (last.latest + timedelta(milliseconds=1)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    delta.delete(f"date = '{last.date}' AND received_at < '{until}'")
