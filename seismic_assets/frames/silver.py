"""Windows of bronze traces as rows: their attributes and their features, segment by segment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from seismic_assets.attributes import HANDCRAFTED, Embedder, WindowGrid, handcrafted, scaled
from seismic_assets.lake import TRACE_ATTRIBUTES, RowCursor, Segment, batch_array

SAMPLE_COLUMNS = ("trace_index", "start_ms", "sample_interval_us", "is_dead", "has_nan", "samples")
_READ_ROWS = 1024
AS_THEY_ARE: Mapping[str, float] = MappingProxyType({})
_ATTRIBUTE_SCHEMA = pa.schema(
    [
        TRACE_ATTRIBUTES.schema.field(name)
        for name in ("trace_index", "window_index", "start_ms", "end_ms", *HANDCRAFTED)
    ]
)


@dataclass(frozen=True)
class UsableTraces:
    """Traces of bronze that can be classified: neither dead nor with samples that are not finite.

    Attributes:
        trace_index: (n,) int64.
        start_ms: (n,) float32, time of the first sample.
        sample_interval_us: microseconds.
        samples: (n, num_samples) float32.
    """

    trace_index: NDArray[np.int64]
    start_ms: NDArray[np.float32]
    sample_interval_us: int
    samples: NDArray[np.float32]


def usable_traces_of(segments: Iterable[Segment], scales: Mapping[str, float] = AS_THEY_ARE) -> Iterator[UsableTraces]:
    """The usable traces of bronze segments, block by block; blocks without any are passed over.

    Args:
        segments: bronze rows, in order.
        scales: what the amplitudes of a file are divided by, by file id; those of other files stay as they are.
    """
    for segment in segments:
        for batch in segment.batches(SAMPLE_COLUMNS, _READ_ROWS):
            traces = _usable(batch, scales.get(segment.file_id))
            if len(traces.trace_index):
                yield traces


def _usable(batch: pa.RecordBatch, scale: float | None) -> UsableTraces:
    index, start = batch["trace_index"].to_numpy(), batch["start_ms"].to_numpy()
    samples = batch_array(batch["samples"])
    lost = batch["is_dead"].to_numpy(zero_copy_only=False) | batch["has_nan"].to_numpy(zero_copy_only=False)
    if lost.any():
        index, start, samples = index[~lost], start[~lost], samples[~lost]
    samples = scaled(samples, scale)
    return UsableTraces(index, start, int(batch["sample_interval_us"][0].as_py()), samples)


def usable_rows(block: pl.DataFrame) -> pl.DataFrame:
    """Rows of bronze whose traces can be classified: neither dead nor with samples that are not finite."""
    return block.filter(~pl.col("is_dead") & ~pl.col("has_nan"))


def window_keys(trace_index: NDArray[np.int64], windows: int) -> dict[str, NDArray]:
    """Key columns of the windows of n traces, trace by trace."""
    return {
        "trace_index": np.repeat(trace_index, windows),
        "window_index": np.tile(np.arange(windows, dtype=np.int32), len(trace_index)),
    }


def attribute_tables(
    segments: Iterable[Segment], grid: WindowGrid, scales: Mapping[str, float] = AS_THEY_ARE
) -> Iterator[pa.Table]:
    """The handcrafted attributes of every window of usable traces, a table for each block of traces.

    Args:
        segments: bronze rows, in order.
        grid: how traces are cut.
        scales: as of `usable_traces_of`.
    """
    for traces in usable_traces_of(segments, scales):
        attributes = handcrafted(grid.cut(traces.samples), traces.sample_interval_us)
        yield pa.table(
            {
                **_window_columns(traces, grid),
                **{name: attributes[:, index] for index, name in enumerate(HANDCRAFTED)},
            }
        )


def _window_columns(traces: UsableTraces, grid: WindowGrid) -> dict[str, NDArray]:
    """Keys of the windows of some traces, and their times in milliseconds."""
    milliseconds = traces.sample_interval_us / 1000
    num_samples = traces.samples.shape[1]
    starts = grid.starts(num_samples)
    length = min(grid.resolve(num_samples).samples or 0, num_samples)
    begin = traces.start_ms[:, None] + starts * milliseconds
    return {
        **window_keys(traces.trace_index, len(starts)),
        "start_ms": begin.ravel().astype(np.float32),
        "end_ms": (begin + length * milliseconds).ravel().astype(np.float32),
    }


def feature_tables(
    segment: Segment,
    attributes: Sequence[Segment],
    embedder: Embedder,
    step: int,
    scales: Mapping[str, float] = AS_THEY_ARE,
) -> Iterator[pa.Table]:
    """The features of every window of a segment's usable traces: their attributes as they stand, and their embedding.

    Args:
        segment: bronze rows.
        attributes: all rows of `trace_attributes` of the same file, in order.
        embedder: fitted on training windows.
        step: samples from window to window.
        scales: as of `usable_traces_of`; the same that the attributes were made with.

    Raises:
        ValueError: the attributes are not those of these traces.
    """
    grid = WindowGrid(embedder.window_samples, step)
    names = [f"embedding_{index}" for index in range(embedder.num_components)]
    cursor = None
    for traces in usable_traces_of([segment], scales):
        cursor = cursor or RowCursor(_rows_from(attributes, int(traces.trace_index[0])))
        expected = _window_columns(traces, grid)
        rows = pa.Table.from_batches(cursor.take(len(expected["trace_index"])), _ATTRIBUTE_SCHEMA)
        if not all(np.array_equal(rows[name].to_numpy(), values) for name, values in expected.items()):
            raise ValueError(
                f"trace_attributes and bronze_traces of {segment.file_id} are of different versions of the file or of "
                "other windows; materialise both"
            )
        embedding = np.ascontiguousarray(embedder.embed(grid.cut(traces.samples)).T)
        for name, column in zip(names, embedding, strict=True):
            rows = rows.append_column(name, pa.array(column))
        yield rows


def _rows_from(attributes: Sequence[Segment], first_trace: int) -> Iterator[pa.RecordBatch]:
    for segment in attributes:
        yield from segment.batches(_ATTRIBUTE_SCHEMA.names, 1 << 16, first_trace)


def training_windows(
    segments: Iterable[Segment],
    chosen: pl.DataFrame,
    grid: WindowGrid,
    scales: Mapping[str, float] = AS_THEY_ARE,
) -> Iterator[NDArray[np.float32]]:
    """Samples of chosen windows of one file, a (m, window) float32 array for each block that holds any.

    Args:
        segments: bronze rows of the file.
        chosen: rows of trace_index and window_index.
        grid: how traces are cut.
        scales: as of `usable_traces_of`.
    """
    for traces, rows, _ in chosen_windows(segments, chosen, grid, scales):
        yield grid.cut(traces.samples)[rows]


def chosen_windows(
    segments: Iterable[Segment],
    chosen: pl.DataFrame,
    grid: WindowGrid,
    scales: Mapping[str, float] = AS_THEY_ARE,
) -> Iterator[tuple[UsableTraces, NDArray[np.int64], pl.DataFrame]]:
    """Blocks that hold chosen windows of one file, which windows of the block those are, and their rows of `chosen`.

    Args:
        segments: bronze rows of the file.
        chosen: rows with trace_index and window_index.
        grid: how traces are cut.
        scales: as of `usable_traces_of`.

    Yields:
        The traces of a block that have a chosen window; (m,) row numbers among their windows, trace by trace; the m
        rows of `chosen` in the same order.
    """
    chosen = chosen.sort("trace_index", maintain_order=True)
    index = chosen["trace_index"].to_numpy()
    for traces in usable_traces_of(segments, scales):
        low, high = np.searchsorted(index, [traces.trace_index[0], traces.trace_index[-1] + 1])
        wanted = chosen.slice(int(low), int(high - low))
        kept = np.isin(traces.trace_index, wanted["trace_index"].to_numpy())
        if not kept.any():
            continue
        some = UsableTraces(
            traces.trace_index[kept], traces.start_ms[kept], traces.sample_interval_us, traces.samples[kept]
        )
        wanted = wanted.filter(pl.col("trace_index").is_in(some.trace_index))
        windows = len(grid.starts(some.samples.shape[1]))
        place = np.searchsorted(some.trace_index, wanted["trace_index"].to_numpy())
        yield some, place * windows + wanted["window_index"].to_numpy(), wanted
