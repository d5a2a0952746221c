"""Split one area: its block grid, the folds of its blocks and the buffer between them."""

import hashlib
import json
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seismic_assets.survey.blocks import Geometry, block_index, choose_block_size, lay_out
from seismic_assets.survey.folds import FEWEST_BLOCKS, TRAIN, Cells, assign_folds


@dataclass(frozen=True)
class SplitOptions:
    """What the caller of a split asked for; `block` None means to choose."""

    block: int | None
    buffer: int
    seed: int
    fewest_windows: int


@dataclass(frozen=True)
class Area:
    """Files that share a place and therefore one block grid.

    Attributes:
        name: The part before the first "/" of the `block` of its rows.
        file_ids: Sorted.
        geometry: What positions are counted along.
        block: Traces along a block's edge.
        buffer: Traces of distance kept between folds: what was asked for, at most a quarter of a block.
        blocks: Blocks that hold labelled windows.
        traces: Labelled traces.
        split: False where there were fewer than five blocks, so that all of it trains.
    """

    name: str
    file_ids: tuple[str, ...]
    geometry: Geometry
    block: int
    buffer: int
    blocks: int
    traces: int
    split: bool


def split_area(
    name: str, file_ids: list[str], traces: pl.DataFrame, counts: NDArray[np.int64], options: SplitOptions
) -> tuple[Area, list[str], NDArray[np.int8]]:
    """Block name and fold code of every trace of one area.

    Args:
        name: Start of the block names.
        file_ids: Files of the area.
        traces: (n) rows with file_id, trace_index, inline, crossline.
        counts: (n, k) labelled windows per class.
        options: Block, buffer, seed and the windows wanted per class and fold.

    Returns:
        The area's description, n block names and (n,) fold codes.
    """
    layout = lay_out(traces)
    size = options.block if options.block is not None else choose_block_size(layout.positions)
    buffer = min(options.buffer, size // 4)
    blocks, block_of_trace = np.unique(block_index(layout.positions, size), axis=0, return_inverse=True)
    names = np.array([f"{name}/{first}/{second}" for first, second in blocks], dtype=object)
    split = len(blocks) >= FEWEST_BLOCKS
    area = Area(name, tuple(file_ids), layout.geometry, size, buffer, len(blocks), traces.height, split)
    if not split:
        return area, names[block_of_trace].tolist(), np.full(traces.height, TRAIN, dtype=np.int8)
    cells, cell_of_trace = _cells(layout.positions, block_of_trace, counts)
    folds = assign_folds(
        cells, buffer=buffer, seed=_state(options.seed, file_ids), fewest_windows=options.fewest_windows
    )
    return area, names[block_of_trace].tolist(), folds[cell_of_trace]


def _cells(
    positions: NDArray[np.int64], block: NDArray[np.int64], counts: NDArray[np.int64]
) -> tuple[Cells, NDArray[np.int64]]:
    """Merge the traces at one position, whichever file they are in; also the cell of every trace."""
    distinct, first, cell = np.unique(
        positions[:, 0] * (positions[:, 1].max() + 1) + positions[:, 1], return_index=True, return_inverse=True
    )
    merged = np.zeros((len(distinct), counts.shape[1]), dtype=np.int64)
    np.add.at(merged, cell, counts)
    return Cells(positions[first], block[first], merged), cell


def _state(seed: int, file_ids: list[str]) -> int:
    """A shuffling state that is the same on every machine, unlike `hash`."""
    key = json.dumps([seed, sorted(file_ids)]).encode()
    return int.from_bytes(hashlib.blake2b(key, digest_size=4).digest(), "big")
