"""The lake: a folder of Delta tables, each replaced atomically and read in the order of its key."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError

from seismic_assets.lake.commits import attempted, field_names, write_rows
from seismic_assets.lake.errors import LakeError, cause_of
from seismic_assets.lake.parts import Block, PartTask, Segment, stored_schema
from seismic_assets.lake.pools import Workers
from seismic_assets.lake.tables import Table, asset_of
from seismic_assets.objects import Place
from seismic_assets.objects.delta import delta_tables
from seismic_assets.objects.files import is_folder, size_below, sizes_of


@dataclass(frozen=True)
class _Part:
    path: str
    rows: int
    size: int
    file_id: str


class Lake:
    """Delta tables below a folder of this machine or of an object store.

    A per-file table is replaced file by file: Parquet files are written first, then one commit removes the file's old
    rows and adds the new ones, so that a reader sees the old version or the new one and a killed writer leaves the old.
    """

    def __init__(self, root: Place) -> None:
        self.root = root

    def path(self, table: Table) -> Place:
        """Folder of a table; as a text it is what deltalake and polars open."""
        return self.root / table.name

    def is_there(self) -> bool:
        """Whether anything has been written.

        Raises:
            LakeError: the object store cannot be asked.
        """
        try:
            return is_folder(self.root)
        except OSError as error:
            raise LakeError(f"{self.root} cannot be listed ({cause_of(error)}); fix the rights or the keys") from error

    def tables(self) -> dict[str, Place]:
        """Folders of the tables that have been written, by name.

        Raises:
            LakeError: the folder cannot be listed.
        """
        return tables_below(self.root)

    def lock_file(self, name: str) -> Path:
        """The file whose lock processes of one machine hold for what a commit alone does not keep apart."""
        if isinstance(self.root, Path):
            return self.root / "_locks" / f"{name}.lock"
        place = hashlib.blake2b(str(self.root).encode(), digest_size=8).hexdigest()
        return Path(tempfile.gettempdir()) / f"seismic-{os.getuid()}" / f"{place}-{name}.lock"

    def size(self) -> int:
        """Bytes of all files below the folder, those of replaced versions too.

        Raises:
            LakeError: the folder cannot be listed.
        """
        return self._size(self.root)

    def exists(self, table: Table) -> bool:
        """Whether the table has been written.

        Raises:
            LakeError: the object store cannot be asked.
        """
        try:
            return DeltaTable.is_deltatable(str(self.path(table)))
        except (DeltaError, OSError) as error:
            raise LakeError(f"{self.path(table)} cannot be looked at ({cause_of(error)}); run again") from error

    def version(self, table: Table) -> int:
        """Delta version of a table; -1 when it does not exist."""
        return self._open(table).version() if self.exists(table) else -1

    def file_ids(self, table: Table) -> list[str]:
        """Ids of the files that have rows in a per-file table, sorted."""
        return sorted(self.row_counts(table))

    def row_counts(self, table: Table) -> dict[str, int]:
        """Rows of each file in a per-file table, from the table's log alone."""
        if not self.exists(table):
            return {}
        counts: dict[str, int] = {}
        for part in self._parts(table):
            counts[part.file_id] = counts.get(part.file_id, 0) + part.rows
        return counts

    def replace(self, table: Table, frame: pl.DataFrame) -> int:
        """Replace a whole unpartitioned table; returns the number of rows.

        Raises:
            LakeError: the disk is full or not writable, or other writers got in the way again and again.
        """
        write_rows(self.path(table), table, [PartTask(None, lambda: [frame])], None, workers=1)
        return frame.height

    def replace_file(self, table: Table, file_id: str, frames: Block | Iterable[Block]) -> int:
        """Replace the rows of one file by the given frames, in their order, and return how many there are.

        Args:
            table: a per-file table.
            file_id: the file.
            frames: a frame, or frames one after another, so that memory does not grow with the file.

        Raises:
            LakeError: the disk is full or not writable, or other writers got in the way again and again.
        """
        blocks = [frames] if isinstance(frames, pl.DataFrame | pa.Table | pa.RecordBatch) else frames
        return self.replace_files(table, [file_id], [PartTask(file_id, lambda: blocks)])[file_id]

    def replace_files(
        self, table: Table, file_ids: Sequence[str], tasks: Sequence[PartTask], workers: Workers = 1
    ) -> dict[str, int]:
        """Replace the rows of some files in one commit and return how many rows each has.

        Args:
            table: a per-file table.
            file_ids: the files; one without a task, or whose tasks give no rows, is left without rows.
            tasks: parts of these files, in the order of the table's key.
            workers: who writes parts.

        Raises:
            LakeError: the disk is full or not writable, or other writers got in the way again and again.
        """
        return write_rows(self.path(table), table, tasks, list(file_ids), workers)

    def append_files(self, table: Table, tasks: Sequence[PartTask], workers: Workers = 1) -> dict[str, int]:
        """Add rows to those that files have, in one commit, and return how many were added to each.

        A table with other columns is replaced by these rows.

        Args:
            table: a per-file table.
            tasks: parts, each of a file.
            workers: who writes parts.

        Raises:
            LakeError: the disk is full or not writable, or other writers got in the way again and again.
        """
        file_ids = list(dict.fromkeys(task.file_id for task in tasks if task.file_id is not None))
        return write_rows(self.path(table), table, tasks, file_ids, workers, mode="append")

    def delete_rows(self, table: Table, predicate: str) -> None:
        """Delete the rows that a condition in SQL holds for; parts that lose all their rows are not rewritten.

        Raises:
            LakeError: the table cannot be written to.
        """
        if self.exists(table):
            attempted(self.path(table), lambda: self._open(table).delete(predicate))

    def delete_files(self, table: Table, file_ids: Iterable[str]) -> None:
        """Delete the rows of files that are gone, in one commit; files without rows are passed over."""
        gone = sorted(set(file_ids) & set(self.row_counts(table)))
        if gone:
            listed = ", ".join(f"'{file_id}'" for file_id in gone)
            attempted(self.path(table), lambda: self._open(table).delete(f"file_id IN ({listed})"))

    def tidy(self, hours: float) -> dict[str, int]:
        """Remove Parquet parts that no table has used for so many hours, and those that none ever did.

        Returns:
            How many were removed, by table.

        Raises:
            LakeError: the folder cannot be written to.
        """
        return {name: self.free(name, hours) for name in self.tables()}

    def free(self, name: str, hours: float) -> int:
        """The same of one table; a table without such parts gets no further version.

        Raises:
            LakeError: the folder cannot be written to.
        """
        folder = self.root / name
        try:
            delta = DeltaTable(str(folder))
            options: dict[str, Any] = {"enforce_retention_duration": False, "full": True}
            gone = delta.vacuum(int(hours), dry_run=True, **options)
            # The log goes on naming what was removed long ago.
            if any(size is not None for size in sizes_of(folder / unquote(path) for path in gone)):
                gone = delta.vacuum(int(hours), dry_run=False, **options)
            else:
                gone = []
        except (DeltaError, OSError) as error:
            raise LakeError(f"{folder} cannot be tidied ({cause_of(error)}); fix the rights and try again") from error
        return sum(1 for path in gone if path.endswith(".parquet"))

    def size_of(self, name: str) -> int:
        """Bytes of all files of a table, those of replaced versions too.

        Raises:
            LakeError: the folder cannot be listed.
        """
        return self._size(self.root / name)

    def read(
        self, table: Table, file_ids: Sequence[str] | None = None, columns: Sequence[str] | None = None
    ) -> pl.DataFrame:
        """Rows of a table in the order of its key; an empty frame when it has not been written.

        Args:
            table: the table.
            file_ids: only these files.
            columns: only these columns; the order of rows is the same.

        Raises:
            LakeError: the table is damaged.
        """
        wanted = list(columns) if columns is not None else table.schema.names
        needed = list(dict.fromkeys([*wanted, *table.key]))
        delta = self._open(table) if self.exists(table) else None
        # Rows under an older schema are stale as a whole: the next one who writes replaces the table.
        if delta is None or not set(needed) <= set(field_names(delta)):
            return pl.DataFrame(pl.from_arrow(table.schema.empty_table())).select(wanted)
        frame = pl.scan_delta(delta)
        if file_ids is not None:
            frame = frame.filter(pl.col("file_id").is_in(list(file_ids)))
        try:
            return frame.select(needed).collect().sort(table.key).select(wanted)
        except (pl.exceptions.PolarsError, DeltaError, OSError) as error:
            raise LakeError(
                f"table {table.name} is damaged ({cause_of(error)}); restore the file, or move {self.path(table)} away "
                f"and materialise {asset_of(table.name)} again"
            ) from error

    def is_whole(self, table: Table) -> bool:
        """Whether the files of a table are there; true of one that has not been written."""
        return not self.exists(table) or None not in sizes_of(
            self.path(table) / part.path for part in self._parts(table)
        )

    def segments(self, table: Table, file_ids: Sequence[str]) -> list[Segment]:
        """Where the rows of some files lie: files in the order given, and the parts of each in the order of its key."""
        if not self.exists(table):
            return []
        place = {file_id: number for number, file_id in enumerate(file_ids)}
        parts = [part for part in self._parts(table) if part.file_id in place]
        parts.sort(key=lambda part: place[part.file_id])
        return [Segment(part.file_id, self.path(table) / part.path, part.rows, part.size) for part in parts]

    def stream(
        self, table: Table, file_id: str, columns: Sequence[str] | None = None, rows: int = 4096
    ) -> Iterator[pl.DataFrame]:
        """Rows of one file in the order they were written, `rows` at a time, without the `file_id` column."""
        for segment in self.segments(table, [file_id]):
            for batch in segment.batches(columns, rows):
                yield pl.DataFrame(pl.from_arrow(batch))

    def export_parquet(self, table: Table, file_id: str, path: Path) -> None:
        """Write the rows of one file as a Parquet file of its own, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.part")
        schema = stored_schema(table)
        with pq.ParquetWriter(temporary, schema.insert(0, table.schema.field("file_id")), compression="zstd") as writer:
            for block in self.stream(table, file_id, rows=1 << 16):
                named = block.with_columns(file_id=pl.lit(file_id)).to_arrow()
                writer.write_table(named.select(writer.schema.names).cast(writer.schema))
        temporary.replace(path)

    def _size(self, folder: Place) -> int:
        try:
            return size_below(folder)
        except OSError as error:
            raise LakeError(f"{folder} cannot be listed ({cause_of(error)}); fix the rights") from error

    def _open(self, table: Table) -> DeltaTable:
        try:
            return DeltaTable(str(self.path(table)))
        except (DeltaError, TableNotFoundError, OSError) as error:
            raise LakeError(
                f"table {table.name} cannot be opened ({cause_of(error)}); restore its _delta_log folder"
            ) from error

    def _parts(self, table: Table) -> list[_Part]:
        """Parquet files of the current version, in the order of their paths."""
        actions = pa.table(self._open(table).get_add_actions(flatten=True)).to_pylist()
        parts = [
            _Part(action["path"], action["num_records"], action["size_bytes"], action.get("partition.file_id", ""))
            for action in actions
        ]
        return sorted(parts, key=lambda part: part.path)


def tables_below(folder: Place) -> dict[str, Place]:
    """Folders of the Delta tables in a folder by name, empty where there is none.

    Raises:
        LakeError: it cannot be listed.
    """
    try:
        return delta_tables(folder)
    except OSError as error:
        raise LakeError(f"{folder} cannot be listed ({cause_of(error)}); fix the rights or the keys") from error
