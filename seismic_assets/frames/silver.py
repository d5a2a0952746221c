"""Windows of bronze traces as rows: their attributes and their features, segment by segment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from seismic_assets.attributes import (
    CENTRE_TIME,
    CLASSIC,
    FeatureSet,
    Neighbours,
    Surroundings,
    Traces,
    WindowEmbedder,
    WindowGrid,
    attributes_of,
    scaled,
)
from seismic_assets.lake import RowCursor, Segment, batch_array, trace_attributes_table

SAMPLE_COLUMNS = ("trace_index", "start_ms", "sample_interval_us", "is_dead", "has_nan", "samples")
_READ_ROWS = 1024
AS_THEY_ARE: Mapping[str, float] = MappingProxyType({})
ALONE: Mapping[str, Surroundings] = MappingProxyType({})


@dataclass(frozen=True)
class UsableTraces:
    """Traces of bronze that can be classified: neither dead nor with samples that are not finite.

    Attributes:
        trace_index: (n,) int64.
        start_ms: (n,) float32, time of the first sample.
        sample_interval_us: microseconds.
        samples: (n, num_samples) float32.
        neighbours: the traces around them, where they are needed.
    """

    trace_index: NDArray[np.int64]
    start_ms: NDArray[np.float32]
    sample_interval_us: int
    samples: NDArray[np.float32]
    neighbours: Neighbours | None = None

    def of(self, rows: NDArray[np.bool_]) -> UsableTraces:
        """Some of the traces."""
        return UsableTraces(
            self.trace_index[rows],
            self.start_ms[rows],
            self.sample_interval_us,
            self.samples[rows],
            None if self.neighbours is None else self.neighbours.of(rows),
        )

    @property
    def traces(self) -> Traces:
        """What features follow from."""
        return Traces(self.samples, self.sample_interval_us, self.start_ms, self.neighbours)


def usable_traces_of(
    segments: Iterable[Segment],
    scales: Mapping[str, float] = AS_THEY_ARE,
    around: Mapping[str, Surroundings] = ALONE,
) -> Iterator[UsableTraces]:
    """The usable traces of bronze segments, block by block; blocks without any are passed over.

    Args:
        segments: bronze rows, in order.
        scales: what the amplitudes of a file are divided by, by file id; those of other files stay as they are.
        around: who lies beside whom, by file id, where neighbours are needed.
    """
    for segment in segments:
        scale, nearby = scales.get(segment.file_id), around.get(segment.file_id)
        for batch in segment.batches(SAMPLE_COLUMNS, _READ_ROWS):
            usable = _usable(batch, scale)
            if len(usable.trace_index):
                yield _beside(usable, nearby, scale)


def _beside(usable: UsableTraces, nearby: Surroundings | None, scale: float | None) -> UsableTraces:
    """The traces with those around them."""
    if nearby is None:
        return usable
    found = nearby.around(usable.trace_index)
    return replace(usable, neighbours=Neighbours(scaled(found.samples, scale), found.present))


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
    segments: Iterable[Segment],
    grid: WindowGrid,
    scales: Mapping[str, float] = AS_THEY_ARE,
    feature_set: FeatureSet = CLASSIC,
    around: Mapping[str, Surroundings] = ALONE,
) -> Iterator[pa.Table]:
    """The attributes of every window of usable traces, a table for each block of traces.

    Args:
        segments: bronze rows, in order.
        grid: how traces are cut.
        scales: as of `usable_traces_of`.
        feature_set: which attributes.
        around: as of `usable_traces_of`, for a set that needs neighbours.
    """
    for usable in usable_traces_of(segments, scales, around):
        attributes = np.asfortranarray(attributes_of(usable.traces.windows(grid), feature_set))
        yield pa.table(
            {
                **_window_columns(usable, grid),
                **{name: attributes[:, index] for index, name in enumerate(feature_set.attributes)},
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
    embedder: WindowEmbedder,
    step: int,
    scales: Mapping[str, float] = AS_THEY_ARE,
    feature_set: FeatureSet = CLASSIC,
) -> Iterator[pa.Table]:
    """The features of every window of a segment's usable traces: their attributes as they stand, and their embedding.

    Args:
        segment: bronze rows.
        attributes: all rows of `trace_attributes` of the same file, in order.
        embedder: fitted on training windows.
        step: samples from window to window.
        scales: as of `usable_traces_of`; the same that the attributes were made with.
        feature_set: which features.

    Raises:
        ValueError: the attributes are not those of these traces.
    """
    grid = WindowGrid(embedder.window_samples, step)
    names = [f"embedding_{index}" for index in range(embedder.num_components)]
    schema = _attribute_schema(feature_set)
    cursor = None
    for traces in usable_traces_of([segment], scales):
        cursor = cursor or RowCursor(_rows_from(attributes, schema, int(traces.trace_index[0])))
        expected = _window_columns(traces, grid)
        rows = pa.Table.from_batches(cursor.take(len(expected["trace_index"])), schema)
        if not all(np.array_equal(rows[name].to_numpy(), values) for name, values in expected.items()):
            raise ValueError(
                f"trace_attributes and bronze_traces of {segment.file_id} are of different versions of the file or of "
                "other windows; materialise both"
            )
        embedding = np.ascontiguousarray(embedder.embed(grid.cut(traces.samples)).T)
        for name, column in zip(names, embedding, strict=True):
            rows = rows.append_column(name, pa.array(column))
        if feature_set.time:
            rows = rows.append_column(CENTRE_TIME, pa.array(traces.traces.windows(grid).centre_ms))
        yield rows


def _attribute_schema(feature_set: FeatureSet) -> pa.Schema:
    table = trace_attributes_table(feature_set.attributes)
    columns = ("trace_index", "window_index", "start_ms", "end_ms", *feature_set.attributes)
    return pa.schema([table.schema.field(name) for name in columns])


def _rows_from(attributes: Sequence[Segment], schema: pa.Schema, first_trace: int) -> Iterator[pa.RecordBatch]:
    for segment in attributes:
        yield from segment.batches(schema.names, 1 << 16, first_trace)


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
    around: Mapping[str, Surroundings] = ALONE,
) -> Iterator[tuple[UsableTraces, NDArray[np.int64], pl.DataFrame]]:
    """Blocks that hold chosen windows of one file, which windows of the block those are, and their rows of `chosen`.

    Args:
        segments: bronze rows of the file.
        chosen: rows with trace_index and window_index.
        grid: how traces are cut.
        scales, around: as of `usable_traces_of`.

    Yields:
        The traces of a block that have a chosen window; (m,) row numbers among their windows, trace by trace; the m
        rows of `chosen` in the same order.
    """
    chosen = chosen.sort("trace_index", maintain_order=True)
    index = chosen["trace_index"].to_numpy()
    for file_id, traces in ((part.file_id, each) for part in segments for each in usable_traces_of([part], scales)):
        low, high = np.searchsorted(index, [traces.trace_index[0], traces.trace_index[-1] + 1])
        wanted = chosen.slice(int(low), int(high - low))
        kept = np.isin(traces.trace_index, wanted["trace_index"].to_numpy())
        if not kept.any():
            continue
        # Only now: of a survey with one labelled line the traces around the other lines need not be read.
        some = _beside(traces.of(kept), around.get(file_id), scales.get(file_id))
        wanted = wanted.filter(pl.Series(np.isin(wanted["trace_index"].to_numpy(), some.trace_index)))
        windows = len(grid.starts(some.samples.shape[1]))
        place = np.searchsorted(some.trace_index, wanted["trace_index"].to_numpy())
        yield some, place * windows + wanted["window_index"].to_numpy(), wanted
