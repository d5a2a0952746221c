"""Writing to a table: parts first, then one commit, again when another writer was faster."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError
from deltalake.transaction import AddAction

from seismic_assets.lake.errors import LakeError, cause_of
from seismic_assets.lake.parts import PartTask, write_parts
from seismic_assets.lake.pools import Workers
from seismic_assets.lake.tables import Table
from seismic_assets.objects import Place
from seismic_assets.objects.files import remove_files

Mode = Literal["overwrite", "append"]
_ATTEMPTS = 8


def write_rows(
    folder: Place,
    table: Table,
    tasks: Sequence[PartTask],
    file_ids: list[str] | None,
    workers: Workers,
    mode: Mode = "overwrite",
) -> dict[str, int]:
    """Replace the rows of files or add to them, or replace the whole table; a failure leaves no part behind.

    Args:
        folder: of the table; is made where it is missing.
        table: its columns and key. Where the folder's table has others all its rows are replaced.
        tasks: parts, in the order of the table's key.
        file_ids: whose rows these are; None for the whole table.
        workers: who writes parts.
        mode: whether rows replace those of their files or are added to them.

    Returns:
        How many rows each file got.

    Raises:
        LakeError: the disk is full or not writable, or other writers got in the way again and again.
    """
    try:
        parts = write_parts(folder, table, tasks, workers)
    except OSError as error:
        raise _cannot_write(folder, error) from error
    try:
        attempted(folder, lambda: _commit(folder, table, parts, file_ids, mode))
    except LakeError:
        remove_files(folder / part.path for part in parts)
        raise
    rows = dict.fromkeys(file_ids or (), 0)
    for part in parts:
        file_id = part.partition_values.get("file_id")
        if file_id is not None:
            rows[file_id] += json.loads(part.stats)["numRecords"]
    return rows


def attempted(folder: Place, commit: Callable[[], object]) -> None:
    """Commit to the table of a folder, again after a pause when another writer was faster.

    Raises:
        LakeError: the disk is full or not writable, or other writers got in the way again and again.
    """
    for attempt in range(_ATTEMPTS):
        try:
            commit()
            return
        except CommitFailedError:
            time.sleep(0.05 * 2**attempt)
        except (DeltaError, OSError) as error:
            raise _cannot_write(folder, error) from error
    raise LakeError(f"table {folder.name} is being written by too many others; run again when they have finished")


def field_names(delta: DeltaTable) -> list[str]:
    """Columns of a table as it is, in order."""
    return [field.name for field in delta.schema().fields]


def _commit(folder: Place, table: Table, parts: list[AddAction], file_ids: list[str] | None, mode: Mode) -> None:
    partition_by = ["file_id"] if table.per_file else None
    delta = DeltaTable.create(str(folder), table.schema, mode="ignore", partition_by=partition_by)
    # Another list of classes or components makes another table: all rows under the old one are stale.
    same_schema = field_names(delta) == table.schema.names
    chosen = mode if same_schema else "overwrite"
    replaces_some = file_ids is not None and same_schema and chosen == "overwrite"
    filters = [("file_id", "in", file_ids)] if replaces_some else None
    delta.create_write_transaction(
        list(parts), chosen, table.schema, partition_by=partition_by, partition_filters=filters
    )


def _cannot_write(folder: Place, error: Exception) -> LakeError:
    remedy = "free space or fix the rights" if isinstance(folder, Path) else "check the network and the keys"
    return LakeError(
        f"table {folder.name} cannot be written below {folder.parent} ({cause_of(error)}); {remedy}, the last good "
        "version is untouched"
    )
