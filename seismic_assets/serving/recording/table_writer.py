"""Appends to a Delta table, each exactly once, by several processes beside each other."""

from __future__ import annotations

import errno
import shutil
import time
from pathlib import Path

import pyarrow as pa
from deltalake import (
    CommitProperties,
    DeltaTable,
    PostCommitHookProperties,
    Transaction,
    WriterProperties,
    write_deltalake,
)
from deltalake.exceptions import DeltaError, TableNotFoundError

from seismic_assets.serving.recording.errors import RecordingError, cause_of
from seismic_assets.serving.recording.rows import RecordedTable

# Left free, so that a log of Delta can still be written; asked first, because Rust fills the error stream with a
# backtrace when a disk runs full below it.
_RESERVE = 256 * 1024
_CONFIGURATION: dict[str, str | None] = {
    "delta.dataSkippingStatsColumns": "request_id,received_at",
    "delta.logRetentionDuration": "interval 1 hours",
    "delta.deletedFileRetentionDuration": "interval 1 hours",
    "delta.setTransactionRetentionDuration": "interval 365 days",
    "delta.enableExpiredLogCleanup": "false",
}
# Upkeep makes checkpoints: an append has to be done, or not, when its commit is.
_NO_HOOKS = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)
_ZSTD = WriterProperties(compression="ZSTD", compression_level=1)


class TableWriter:
    """One process's appends to a table.

    Each commit carries how many rows the process has written, so that what was committed is known exactly, also when
    the process was killed, or told of a failure, after its commit.
    """

    def __init__(self, folder: Path, table: RecordedTable, app_id: str) -> None:
        """Prepare; `folder` is that of the service, `app_id` of this process and no other one ever."""
        self._path = folder / table.name
        self._table = table
        self._app_id = app_id
        self._delta: DeltaTable | None = None

    def append(self, rows: pa.Table, total: int) -> None:
        """Append rows as one commit.

        Args:
            rows: with the table's schema.
            total: rows that this process will have written with these.

        Raises:
            RecordingError: it failed; whether before or after its commit, `written` says.
        """
        try:
            self._check_space(rows.nbytes)
            delta = self._opened()
            write_deltalake(
                delta,
                rows,
                mode="append",
                commit_properties=CommitProperties(
                    app_transactions=[Transaction(self._app_id, total, int(time.time() * 1000))]
                ),
                post_commithook_properties=_NO_HOOKS,
                writer_properties=_ZSTD,
            )
        except (OSError, DeltaError) as error:
            self._delta = None
            raise self._cannot("written", error) from error

    def written(self) -> int:
        """Rows that this process has committed, as the table says; 0 where there is no table.

        Raises:
            RecordingError: the table cannot be read.
        """
        return rows_committed(self._path, self._app_id)

    def _opened(self) -> DeltaTable:
        """The table in its latest version; made if it is not there, or not any more."""
        if self._delta is None:
            self._path.mkdir(parents=True, exist_ok=True)
            self._delta = DeltaTable.create(
                self._path, self._table.schema, mode="ignore", partition_by=["date"], configuration=_CONFIGURATION
            )
        self._delta.update_incremental()
        return self._delta

    def _check_space(self, needed: int) -> None:
        self._path.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(self._path).free < _RESERVE + needed:
            raise OSError(errno.ENOSPC, "no space left on the disk")

    def _cannot(self, done: str, error: Exception) -> RecordingError:
        return RecordingError(f"{self._path} cannot be {done} ({cause_of(error)}); free space or fix the folder")


def rows_committed(path: Path, app_id: str) -> int:
    """Rows that a process has committed to the table at `path`; 0 where there is no table.

    Raises:
        RecordingError: the table cannot be read.
    """
    try:
        return DeltaTable(path).transaction_version(app_id) or 0
    except TableNotFoundError:
        return 0
    except (OSError, DeltaError) as error:
        raise RecordingError(f"{path} cannot be read ({cause_of(error)}); fix its _delta_log folder") from error
