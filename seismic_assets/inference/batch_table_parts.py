"""The rows of a Parquet file or of a Delta table, by their numbers, without holding more than a block of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from seismic_assets.inference.batch_inputs import BLOCK, UNIT_BLOCKS, stamp_of_file, unit_ranges
from seismic_assets.inference.predictor import PredictionError
from seismic_assets.lake import RowCursor

# To begin within a row group is to read past what lies before it: of a long one the parts are fewer.
_MOST_UNITS_A_GROUP = 8
_BUFFER_BYTES = 1 << 20
_UNREAD_FEATURES = {"deletionVectors", "columnMapping"}


@dataclass(frozen=True)
class _Part:
    """A Parquet file of a table.

    Attributes:
        path: where it lies.
        first: number of its first row in the table.
        groups: rows of each row group.
        constants: columns that the log gives rather than the file.
    """

    path: Path
    first: int
    groups: tuple[int, ...]
    constants: Mapping[str, Any]

    @property
    def rows(self) -> int:
        return sum(self.groups)

    @property
    def starts(self) -> NDArray[np.int64]:
        """First row of each row group in the file."""
        return np.concatenate([[0], np.cumsum(self.groups)[:-1]]).astype(np.int64)


class TraceTable:
    """A table of Parquet files; threads may read it at the same time."""

    def __init__(self, path: Path, files: Sequence[tuple[Path, Mapping[str, Any]]], schema: pa.Schema | None) -> None:
        self.path = path
        parts: list[_Part] = []
        for file, constants in files:
            with _readable(file), pq.ParquetFile(file) as parquet:
                schema = schema or parquet.schema_arrow
                metadata = parquet.metadata
                groups = tuple(metadata.row_group(number).num_rows for number in range(metadata.num_row_groups))
            if sum(groups):
                first = parts[-1].first + parts[-1].rows if parts else 0
                parts.append(_Part(file, first, tuple(groups), constants))
        if not parts or schema is None:
            raise PredictionError(f"{path} has no rows; give a table of traces")
        self.schema = schema.remove_metadata()
        self.num_rows = parts[-1].first + parts[-1].rows
        self._parts = parts
        self._stamps = {part.path: stamp_of_file(part.path) for part in parts}

    @classmethod
    def parquet(cls, path: Path) -> TraceTable:
        """A Parquet file.

        Raises:
            PredictionError: it cannot be read, or has no rows.
        """
        return cls(path, [(path, {})], None)

    @classmethod
    def delta(cls, path: Path) -> TraceTable:
        """The newest version of a Delta table.

        Raises:
            PredictionError: it cannot be read, has no rows, or features that this reader does not know.
        """
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError

        try:
            table = DeltaTable(str(path))
            unread = _UNREAD_FEATURES & set(table.protocol().reader_features or ())
            if unread or "delta.columnMapping.mode" in table.metadata().configuration:
                raise PredictionError(
                    f"{path} uses {', '.join(sorted(unread)) or 'columnMapping'}, which is not read here; "
                    "write the rows to a plain Delta table or a Parquet file"
                )
            schema = pa.schema(table.schema().to_arrow())
            actions = pa.table(table.get_add_actions(flatten=True)).to_pylist()
        except (DeltaError, OSError) as error:
            raise PredictionError(
                f"the Delta table {path} cannot be opened ({_one_line(error)}); mend its log"
            ) from error
        files = [
            (_located(path, each["path"]), {name[10:]: each[name] for name in each if name.startswith("partition.")})
            for each in sorted(actions, key=lambda each: each["path"])
        ]
        return cls(path, files, schema)

    def stamp(self) -> Any:
        """Size and times of all files, as they were when the table was opened."""
        return list(self._stamps.values())

    def units(self) -> list[range]:
        """Ranges of rows: some row groups together, or a part of a long one; none reaches over the end of a file."""
        return [unit for part in self._parts for unit in _units_of(part)]

    def group_starts(self) -> NDArray[np.int64]:
        """Number of the first row of each row group of the table."""
        return np.concatenate([part.first + part.starts for part in self._parts])

    def group(self, number: int, columns: Sequence[str]) -> tuple[int, pa.Table]:
        """One of the table's row groups: the number of its first row, and its rows."""
        for part in self._parts:
            if number < len(part.groups):
                with _readable(part.path), pq.ParquetFile(part.path, pre_buffer=False) as parquet:
                    stored = parquet.read_row_group(number, self._stored(parquet, columns), use_threads=False)
                return part.first + int(part.starts[number]), self._completed(stored, part, columns)
            number -= len(part.groups)
        raise IndexError(number)

    def scan(self, columns: Sequence[str]) -> Iterator[tuple[int, pa.Table]]:
        """All rows of some columns, with the number of the first of each piece."""
        for part in self._parts:
            for number, start in enumerate(part.starts):
                with _readable(part.path), pq.ParquetFile(part.path, pre_buffer=False) as parquet:
                    names = self._stored(parquet, columns)
                    stored = parquet.read_row_group(number, names, use_threads=False) if names else _rows(part, number)
                yield part.first + int(start), self._completed(stored, part, columns)

    def blocks(self, unit: range, columns: Sequence[str]) -> Iterator[pa.Table]:
        """The rows of a unit, a block at a time.

        Raises:
            PredictionError: the file cannot be read, or changed since the table was opened.
        """
        part = self._parts[bisect_right([each.first for each in self._parts], unit.start) - 1]
        start, stop = unit.start - part.first, unit.stop - part.first
        groups = [number for number, at in enumerate(part.starts) if at < stop and at + part.groups[number] > start]
        with (
            _readable(part.path),
            pq.ParquetFile(part.path, pre_buffer=False, buffer_size=_BUFFER_BYTES) as parquet,
        ):
            names = self._stored(parquet, columns)
            cursor = RowCursor(parquet.iter_batches(BLOCK, groups, names, use_threads=False))
            for _ in range(int(part.starts[groups[0]]), start, BLOCK):
                cursor.take(BLOCK)
            for at in range(start, stop, BLOCK):
                rows = pa.Table.from_batches(cursor.take(min(BLOCK, stop - at)))
                yield self._completed(rows, part, columns)
        if stamp_of_file(part.path) != self._stamps[part.path]:
            raise PredictionError(f"{self.path} changed while it was read; run the same command again")

    def _stored(self, parquet: pq.ParquetFile, columns: Sequence[str]) -> list[str]:
        return [name for name in columns if name in parquet.schema_arrow.names]

    def _completed(self, stored: pa.Table, part: _Part, columns: Sequence[str]) -> pa.Table:
        """The columns asked for: from the file, from the log, or null in a file that was written before they were."""
        arrays = {}
        for name in columns:
            if name in stored.column_names:
                arrays[name] = stored[name]
            else:
                value = pa.scalar(part.constants.get(name)).cast(self.schema.field(name).type)
                arrays[name] = pa.chunked_array([pa.repeat(value, stored.num_rows)])
        return pa.table(arrays) if arrays else stored


def _rows(part: _Part, number: int) -> pa.Table:
    """As many rows as a row group has, with nothing in them."""
    return pa.table({"": pa.nulls(part.groups[number])})


def _units_of(part: _Part) -> Iterator[range]:
    start = held = 0
    for at, rows in zip(part.starts.tolist(), part.groups, strict=True):
        if held and held + rows > UNIT_BLOCKS * BLOCK:
            yield range(part.first + start, part.first + at)
            held = 0
        if rows > UNIT_BLOCKS * BLOCK:
            blocks = max(UNIT_BLOCKS, -(-rows // (_MOST_UNITS_A_GROUP * BLOCK)))
            yield from unit_ranges(part.first + at, rows, blocks)
        elif rows:
            start, held = (start if held else at), held + rows
    if held:
        yield range(part.first + start, part.first + start + held)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowInvalid) as error:
        raise PredictionError(
            f"{path} cannot be read as Parquet ({_one_line(error)}); write it again or give another file"
        ) from error


def _located(folder: Path, name: str) -> Path:
    """A file that the log of a Delta table names, perhaps with escapes."""
    plain = folder / name
    return plain if plain.exists() else folder / unquote(name)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
