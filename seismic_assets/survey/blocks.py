"""Where a labelled trace lies: areas, positions in trace steps, and the blocks that are never divided."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

Geometry = Literal["inline x crossline", "along inlines", "along crosslines", "trace order", "one position"]

BLOCK_SIZES = (48, 24, 16, 12, 8, 6, 4)
ENOUGH_BLOCKS = 25
SMALLEST_BLOCK = 4


@dataclass(frozen=True)
class Layout:
    """Positions of an area's traces.

    Attributes:
        geometry: What the two axes of `positions` are; the first is all zero for everything one-dimensional.
        positions: (n, 2) int64, whole steps of inline and crossline from the area's smallest numbers.
    """

    geometry: Geometry
    positions: NDArray[np.int64]


def group_files(traces: pl.DataFrame, buffer: int) -> list[list[str]]:
    """Group files that may show the same place, so that one block grid covers them all.

    Files whose inline/crossline bounding boxes, each grown by `buffer` of its own steps, overlap belong together.
    A file of several traces at a single inline and crossline number has no geometry to compare (a 2D line with
    empty headers) and stays alone.

    Args:
        traces: One row per trace with file_id, inline, crossline.
        buffer: Traces of distance below which two files count as touching.

    Returns:
        Sorted file ids per group, groups in the order of their first file id.
    """
    from scipy.sparse.csgraph import connected_components

    boxes = (
        traces.group_by("file_id")
        .agg(
            pl.len().alias("traces"),
            *(pl.col(axis).min().alias(f"{axis}_min") for axis in ("inline", "crossline")),
            *(pl.col(axis).max().alias(f"{axis}_max") for axis in ("inline", "crossline")),
            *(
                pl.col(axis).unique().sort().diff().min().fill_null(1).alias(f"{axis}_step")
                for axis in ("inline", "crossline")
            ),
        )
        .sort("file_id")
    )
    touching = np.ones((boxes.height, boxes.height), dtype=bool)
    for axis in ("inline", "crossline"):
        reach = buffer * boxes[f"{axis}_step"].to_numpy()
        low = boxes[f"{axis}_min"].to_numpy() - reach
        high = boxes[f"{axis}_max"].to_numpy() + reach
        touching &= (low[:, None] <= high[None, :]) & (low[None, :] <= high[:, None])

    constant = (boxes["inline_min"] == boxes["inline_max"]) & (boxes["crossline_min"] == boxes["crossline_max"])
    empty = (boxes["inline_min"] == 0) & (boxes["crossline_min"] == 0)
    alone = (constant & ((boxes["traces"] > 1) | empty)).to_numpy()
    touching[alone, :] = False
    touching[:, alone] = False

    count, label = connected_components(touching, directed=False)
    file_ids = boxes["file_id"].to_numpy()
    return sorted(sorted(file_ids[label == group].tolist()) for group in range(count))


def lay_out(traces: pl.DataFrame) -> Layout:
    """Positions of one area's traces in whole steps (the smallest positive difference of each number).

    Rounding is downward, so two traces are never farther apart in steps than in inline and crossline numbers.

    Args:
        traces: One row per trace of the area with file_id, trace_index, inline, crossline.
    """
    inline, crossline = (_in_steps(traces[axis].to_numpy()) for axis in ("inline", "crossline"))
    varies = (bool(inline.any()), bool(crossline.any()))
    if varies == (False, False) and traces["file_id"].n_unique() == 1 and traces.height > 1:
        order = _in_steps(traces["trace_index"].to_numpy())
        return Layout("trace order", np.stack([np.zeros_like(order), order], axis=1))
    geometry: dict[tuple[bool, bool], Geometry] = {
        (True, True): "inline x crossline",
        (True, False): "along inlines",
        (False, True): "along crosslines",
        (False, False): "one position",
    }
    return Layout(geometry[varies], np.stack([inline, crossline], axis=1))


def block_index(positions: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Block of every position: (n, 2) int64.

    A last block of less than half the size joins its neighbour, so no block is so thin that buffers eat it.
    """
    counts = np.maximum(1, (positions.max(axis=0) + 1 + size // 2) // size)
    return np.minimum(positions // size, counts - 1)


def choose_block_size(positions: NDArray[np.int64]) -> int:
    """Return the largest of `BLOCK_SIZES` that gives at least `ENOUGH_BLOCKS` blocks, else `SMALLEST_BLOCK`."""
    for size in BLOCK_SIZES:
        if len(np.unique(block_index(positions, size), axis=0)) >= ENOUGH_BLOCKS:
            return size
    return SMALLEST_BLOCK


def _in_steps(numbers: NDArray[np.integer]) -> NDArray[np.int64]:
    distinct = np.unique(numbers.astype(np.int64))
    step = np.diff(distinct).min() if len(distinct) > 1 else 1
    return np.asarray((numbers.astype(np.int64) - distinct[0]) // step)
