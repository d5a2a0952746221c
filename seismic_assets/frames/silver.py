"""Windows of bronze traces as rows: their attributes and their features."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seismic_assets.attributes import HANDCRAFTED, Embedder, WindowGrid, handcrafted
from seismic_assets.lake import to_array


def usable_rows(block: pl.DataFrame) -> pl.DataFrame:
    """Rows of bronze whose traces can be classified: neither dead nor with samples that are not finite."""
    return block.filter(~pl.col("is_dead") & ~pl.col("has_nan"))


def window_keys(trace_index: NDArray[np.int64], windows: int) -> dict[str, NDArray[np.int64]]:
    """Key columns of the windows of n traces, trace by trace."""
    return {
        "trace_index": np.repeat(trace_index, windows),
        "window_index": np.tile(np.arange(windows), len(trace_index)),
    }


def attribute_frames(blocks: Iterable[pl.DataFrame], grid: WindowGrid) -> Iterator[pl.DataFrame]:
    """The handcrafted attributes of every window of usable traces, a frame for each block of bronze rows."""
    for block in map(usable_rows, blocks):
        if block.height == 0:
            continue
        traces = to_array(block["samples"])
        interval_us = int(block["sample_interval_us"][0])
        starts = grid.starts(traces.shape[1])
        length = min(grid.resolve(traces.shape[1]).samples or 0, traces.shape[1])
        begin = block["start_ms"].to_numpy()[:, None] + starts * (interval_us / 1000)
        attributes = handcrafted(grid.cut(traces), interval_us)
        yield pl.DataFrame(
            {
                **window_keys(block["trace_index"].to_numpy(), len(starts)),
                "start_ms": begin.ravel(),
                "end_ms": (begin + length * (interval_us / 1000)).ravel(),
                **{name: attributes[:, index] for index, name in enumerate(HANDCRAFTED)},
            }
        )


def feature_frames(
    blocks: Iterable[pl.DataFrame], attributes: pl.DataFrame, embedder: Embedder, step: int
) -> Iterator[pl.DataFrame]:
    """The features of every window of usable traces: their attributes as they stand, and their embedding.

    Args:
        blocks: bronze rows of one file, in order.
        attributes: its rows of `trace_attributes`, in the order of their key.
        embedder: fitted on training windows.
        step: samples from window to window.

    Raises:
        ValueError: the attributes are not those of these traces.
    """
    grid = WindowGrid(embedder.window_samples, step)
    done = 0
    for block in map(usable_rows, blocks):
        if block.height == 0:
            continue
        traces = to_array(block["samples"])
        embedding = embedder.embed(grid.cut(traces))
        rows = attributes.slice(done, len(embedding)).select("trace_index", "window_index", *HANDCRAFTED)
        done += len(embedding)
        expected = window_keys(block["trace_index"].to_numpy(), len(grid.starts(traces.shape[1])))
        if not all(np.array_equal(rows[name].to_numpy(), keys) for name, keys in expected.items()):
            raise ValueError(
                "trace_attributes and bronze_traces are of different versions of the file; materialise both"
            )
        yield rows.with_columns(
            pl.Series(f"embedding_{index}", embedding[:, index]) for index in range(embedder.num_components)
        )


def training_windows(
    blocks: Iterable[pl.DataFrame], chosen: pl.DataFrame, grid: WindowGrid
) -> Iterator[NDArray[np.float32]]:
    """Samples of chosen windows of one file, a (m, window) float32 array for each block that holds any.

    Args:
        blocks: bronze rows of the file.
        chosen: rows of trace_index and window_index.
        grid: how traces are cut.
    """
    for block in map(usable_rows, blocks):
        wanted = chosen.filter(pl.col("trace_index").is_in(block["trace_index"].implode()))
        if wanted.height == 0:
            continue
        traces = to_array(block["samples"])
        windows = len(grid.starts(traces.shape[1]))
        keys = pl.DataFrame(window_keys(block["trace_index"].to_numpy(), windows)).with_row_index("row")
        wanted = wanted.with_columns(pl.col("window_index").cast(pl.Int64))
        rows = keys.join(wanted, on=["trace_index", "window_index"], how="semi")["row"].to_numpy()
        yield grid.cut(traces)[rows]
