"""A Parquet file or a Delta table of traces as input of a batch prediction."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from seismic_assets.attributes import HeldChunks, Neighbours, Surroundings
from seismic_assets.inference.batch_inputs import InputBlock, ReadOptions
from seismic_assets.inference.batch_table_parts import TraceTable
from seismic_assets.inference.predictor import PredictionError, Predictor
from seismic_assets.lake import batch_array
from seismic_assets.segy import resample_traces, robust_scale, scale_stride

_PLACES = ("trace_index", "inline", "crossline", "start_ms", "sample_interval_us", "file_id")
_TYPES = dict(zip(_PLACES, (np.int64, np.int32, np.int32, np.float32, np.int32), strict=False))


class TableInput:
    """The traces of a table with a column `samples`, and, where it has them, their places.

    `samples` is binary (little-endian float32) or a list of numbers. Where a column is missing the trace index is the
    number of the row, inline, crossline and start_ms are 0, and the sample interval is the model's.
    """

    def __init__(self, table: TraceTable, name: str, options: ReadOptions) -> None:
        """Look at its columns.

        Raises:
            PredictionError: it has no column of samples.
        """
        self.name = name
        self.path = table.path
        self.num_traces = table.num_rows
        self._table = table
        self._options = options
        if "samples" not in table.schema.names:
            raise PredictionError(
                f"{table.path} has no column samples, binary float32 or a list of numbers; "
                f"it has {', '.join(table.schema.names[:8])}"
            )
        self._given = [each for each in _PLACES if each in table.schema.names]
        self._lock = threading.RLock()
        self._rows: dict[str, NDArray[np.int64]] | None = None
        self._scales: dict[str, float] | None = None
        self._around: dict[str, Surroundings] = {}
        self._held = HeldChunks()

    def stamp(self) -> Any:
        """Size and times of its files."""
        return self._table.stamp()

    def units(self) -> Sequence[range]:
        """Ranges of rows that are predicted and kept on their own."""
        return self._table.units()

    def check(self, predictor: Predictor) -> None:
        """Refuse a table without the columns that the model needs.

        Raises:
            PredictionError: one is missing.
        """
        needed = [("start_ms", "sees the time of a window")] if predictor.bundle.manifest.features.time else []
        if predictor.needs_neighbours:
            needed += [(name, "compares a trace with those around it") for name in ("inline", "crossline")]
        for name, why in needed:
            if name not in self._given:
                raise PredictionError(f"{self.path} has no column {name}, and the model {why}; add the column")

    def file_ids(self) -> bool:
        """Whether it has a column of file ids."""
        return "file_id" in self._given

    def columns(self) -> pl.DataFrame:
        """No rows of its columns."""
        return self._kept(self._table.schema.empty_table())

    def blocks(self, unit: range) -> Iterator[InputBlock]:
        """The rows of a unit, in order; a block ends where the file, the length or the interval changes.

        Raises:
            PredictionError: the table cannot be read, or holds what is no trace.
        """
        wanted = self._table.schema.names if self._options.columns else [*self._given, "samples"]
        at = unit.start
        for rows in self._table.blocks(unit, wanted):
            for start, stop in self._runs(rows, at):
                yield self._block(rows.slice(start, stop - start), at + start)
            at += rows.num_rows

    def scale(self, file_id: str) -> float:
        """Amplitude scale of the rows of a file, by the rule of ingest."""
        with self._lock:
            if self._scales is None:
                self._scales = self._find_scales()
            return self._scales[file_id]

    def neighbours(self, block: InputBlock) -> Neighbours:
        """The traces around those of a block, among the rows of their file; row groups are read whole."""
        with self._lock:
            if not self._around:
                self._around = self._find_surroundings()
            around = self._around[block.file_id]
        return around.around(np.searchsorted(self._file_rows()[block.file_id], block.rows).astype(np.int64))

    def close(self) -> None:
        """Forget who lies beside whom."""
        with self._lock:
            self._around, self._held = {}, HeldChunks()

    def _block(self, rows: pa.Table, first: int) -> InputBlock:
        count, numbers = rows.num_rows, np.arange(first, first + rows.num_rows, dtype=np.int64)
        places = {
            name: _numbers(self.path, rows, name) if name in self._given else np.zeros(count, kind)
            for name, kind in _TYPES.items()
        }
        interval_us = int(self._intervals(rows)[0])
        samples = self._resampled(self._samples(rows["samples"], first), interval_us)
        return InputBlock(
            file_id=self._file_ids(rows)[0],
            rows=numbers,
            trace_index=places["trace_index"] if "trace_index" in self._given else numbers,
            inline=places["inline"],
            crossline=places["crossline"],
            start_ms=places["start_ms"],
            sample_interval_us=self._options.interval_us if self._options.resample else interval_us,
            samples=samples,
            columns=self._kept(rows) if self._options.columns else None,
        )

    def _runs(self, rows: pa.Table, first: int) -> list[tuple[int, int]]:
        """Where the rows of one file, length and sample interval begin and end."""
        sizes = _sizes(rows["samples"])
        if (sizes < 0).any() or (sizes == 0).any():
            row = first + int(np.flatnonzero(sizes <= 0)[0])
            raise PredictionError(f"row {row} of {self.path} has no samples; leave the row out")
        changed = (np.diff(sizes) != 0) | (np.diff(self._intervals(rows)) != 0)
        if "file_id" in self._given:
            names = np.asarray(self._file_ids(rows))
            changed |= names[1:] != names[:-1]
        edges = [0, *(np.flatnonzero(changed) + 1).tolist(), rows.num_rows]
        return list(pairwise(edges))

    def _file_ids(self, rows: pa.Table) -> list[str]:
        if "file_id" not in self._given:
            return [self.name] * rows.num_rows
        return ["" if each is None else str(each) for each in rows["file_id"].to_pylist()]

    def _intervals(self, rows: pa.Table) -> NDArray[np.int32]:
        if "sample_interval_us" in self._given:
            return _numbers(self.path, rows, "sample_interval_us")
        return np.full(rows.num_rows, self._options.interval_us, np.int32)

    def _samples(self, column: pa.ChunkedArray, first: int) -> NDArray[np.float32]:
        """Equally long traces as (n, num_samples) float32."""
        whole = column.combine_chunks()
        whole = whole.combine_chunks() if isinstance(whole, pa.ChunkedArray) else whole
        if _is_list(whole.type):
            flat = pc.list_flatten(whole).cast(pa.float32()).to_numpy(zero_copy_only=False)
            return np.asarray(flat.reshape(len(whole), -1), dtype=np.float32)
        size = int(_sizes(column)[0])
        if size % 4:
            raise PredictionError(
                f"row {first} of {self.path} has samples of {size} bytes, which are no float32 values; "
                "write little-endian float32, 4 bytes a sample"
            )
        return batch_array(whole.cast(pa.large_binary()))

    def _resampled(self, traces: NDArray[np.float32], interval_us: int) -> NDArray[np.float32]:
        return resample_traces(traces, interval_us, self._options.interval_us) if self._options.resample else traces

    def _kept(self, rows: pa.Table) -> pl.DataFrame:
        names = [name for name in rows.column_names if name != "samples" or self._options.samples]
        return pl.DataFrame(pl.from_arrow(rows.select(names)))

    def _file_rows(self) -> dict[str, NDArray[np.int64]]:
        """Numbers of the rows of each file, in order."""
        with self._lock:
            if self._rows is None:
                found: dict[str, list[NDArray[np.int64]]] = {}
                for at, rows in self._table.scan(["file_id"] if self.file_ids() else []):
                    names = np.asarray(self._file_ids(rows))
                    for name in np.unique(names):
                        found.setdefault(str(name), []).append(at + np.flatnonzero(names == name))
                self._rows = {name: np.concatenate(parts).astype(np.int64) for name, parts in found.items()}
            return self._rows

    def _find_scales(self) -> dict[str, float]:
        """Scales of all files in one pass; samples of a file are let go of when its last row was seen."""
        counts = {name: len(rows) for name, rows in self._file_rows().items()}
        seen, taken, scales = dict.fromkeys(counts, 0), {name: list[NDArray]() for name in counts}, {}
        for unit in self._table.units():
            at = unit.start
            for rows in self._table.blocks(unit, [*self._given, "samples"]):
                for start, stop in self._runs(rows, at):
                    name = self._file_ids(rows.slice(start, 1))[0]
                    traces = self._samples(rows["samples"].slice(start, stop - start), at + start)
                    stride = scale_stride(counts[name], traces.shape[1])
                    taken[name].append(traces[-seen[name] % stride :: stride].ravel())
                    seen[name] += stop - start
                    if seen[name] == counts[name]:
                        scales[name] = robust_scale(np.concatenate(taken.pop(name))) or 1.0
                at += rows.num_rows
        return scales

    def _find_surroundings(self) -> dict[str, Surroundings]:
        places = [rows for _, rows in self._table.scan(["inline", "crossline"])]
        inline, crossline = (
            np.concatenate(
                [_numbers(self.path, rows, name, "the model needs to know where each trace lies") for rows in places]
            )
            for name in ("inline", "crossline")
        )
        edges = self._table.group_starts()
        found = {}
        for name, rows in self._file_rows().items():
            groups, starts = np.unique(np.searchsorted(edges, rows, side="right") - 1, return_index=True)

            def load(chunk: int, rows: NDArray = rows, groups: NDArray = groups) -> NDArray[np.float32]:
                return self._group(int(groups[chunk]), rows)

            found[name] = Surroundings(inline[rows], crossline[rows], starts.astype(np.int64), load, self._held)
        return found

    def _group(self, group: int, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Samples of those rows of a file that lie in a row group."""
        names = ["samples", *(["sample_interval_us"] if "sample_interval_us" in self._given else [])]
        first, table = self._table.group(group, names)
        here = rows[(rows >= first) & (rows < first + table.num_rows)] - first
        table = table if len(here) == table.num_rows else table.take(pa.array(here))
        sizes, intervals = _sizes(table["samples"]), self._intervals(table)
        if (sizes != sizes[0]).any() or (intervals != intervals[0]).any():
            raise PredictionError(
                f"traces of one file in {self.path} differ in length or sample interval, and the model compares a "
                "trace with those around it; give them file ids of their own"
            )
        return self._resampled(self._samples(table["samples"], first), int(intervals[0]))


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _sizes(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """Bytes or values of each row; -1 where there is none."""
    length = pc.list_value_length(column) if _is_list(column.type) else pc.binary_length(column.cast(pa.large_binary()))
    return pc.fill_null(length.cast(pa.int64()), -1).to_numpy()


def _numbers(path: Path, rows: pa.Table, name: str, why_all: str = "") -> NDArray:
    """A column as the type that prediction takes, 0 where a row has none."""
    try:
        column = rows[name].cast(pa.from_numpy_dtype(_TYPES[name]))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise PredictionError(
            f"column {name} of {path} holds what is no {np.dtype(_TYPES[name])} ({error}); mend the column"
        ) from error
    if why_all and column.null_count:
        raise PredictionError(f"column {name} of {path} has rows without a value, and {why_all}; mend the column")
    return pc.fill_null(column, pa.scalar(0, column.type)).to_numpy()
