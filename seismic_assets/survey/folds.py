"""Which block goes to which fold, and which traces are given up so that no two folds touch."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FOLDS = ("train", "validation", "test", "buffer")
TRAIN, VALIDATION, TEST, BUFFER = range(4)
TARGET_SHARES = (0.64, 0.16, 0.20)
FEWEST_BLOCKS = 5

_SHARE_TOLERANCE = 0.05
_ATTEMPTS = 4
# StratifiedGroupKFold counts its rows one by one in Python; proportions are all it needs.
_ROWS_FOR_STRATIFYING = 20_000


@dataclass(frozen=True)
class Cells:
    """The distinct positions of an area and the labelled windows that lie on each.

    Attributes:
        positions: (c, 2) int64 in trace steps.
        block: (c,) int64, number of the block that holds the cell.
        counts: (c, k) int64, labelled windows per class.
    """

    positions: NDArray[np.int64]
    block: NDArray[np.int64]
    counts: NDArray[np.int64]


def assign_folds(cells: Cells, *, buffer: int, seed: int, fewest_windows: int) -> NDArray[np.int8]:
    """Choose a fold for every cell: blocks 64/16/20 by class, then the buffer between them.

    Candidates come in a fixed order from `seed`; the first that leaves every class enough windows in each fold and
    comes within 5 points of the shares is taken, else the best one.

    Args:
        cells: The area; at least `FEWEST_BLOCKS` blocks.
        buffer: Steps of distance to keep between folds.
        seed: First state of the shuffling.
        fewest_windows: Windows of a class wanted in each of the three folds, where the area has as many.

    Returns:
        (c,) int8 of TRAIN, VALIDATION, TEST, BUFFER. Every test block is whole.
    """
    blocks = int(cells.block.max()) + 1
    block_counts = np.zeros((blocks, cells.counts.shape[1]), dtype=np.int64)
    np.add.at(block_counts, cells.block, cells.counts)
    wanted = np.minimum(fewest_windows, block_counts.sum(axis=0) // 3)

    best: NDArray[np.int8] | None = None
    best_cost = (np.inf, np.inf, np.inf)
    for block_fold in _candidates(block_counts, seed):
        before = _counts_per_fold(block_counts, block_fold)
        deviation = np.abs(before.sum(axis=1) / before.sum() - TARGET_SHARES).max()
        if (*_shortfall(before, wanted), deviation) >= best_cost:
            continue  # the buffer only takes away: it cannot become better than what is at hand
        fold = _with_buffer(cells.positions, block_fold[cells.block], buffer)
        absent, short = _shortfall(_counts_per_fold(cells.counts, fold), wanted)
        cost = (absent, short, deviation)
        if cost < best_cost:
            best, best_cost = fold, cost
        if short == 0 and deviation <= _SHARE_TOLERANCE:
            break
    if best is None:
        raise AssertionError("StratifiedGroupKFold gave no candidate although there are five blocks")
    return best


def _candidates(block_counts: NDArray[np.int64], seed: int) -> Iterator[NDArray[np.int8]]:
    for attempt in range(_ATTEMPTS):
        state = (seed + attempt) % 2**32
        everything = np.arange(len(block_counts))
        for test in _stratified_blocks(block_counts, everything, state):
            rest = np.setdiff1d(everything, test)
            for validation in _stratified_blocks(block_counts, rest, state):
                fold = np.full(len(block_counts), TRAIN, dtype=np.int8)
                fold[validation] = VALIDATION
                fold[test] = TEST
                yield fold


def _stratified_blocks(
    block_counts: NDArray[np.int64], blocks: NDArray[np.int64], state: int
) -> Iterator[NDArray[np.int64]]:
    """Fifths of `blocks` (quarters of four) that resemble the whole in their classes."""
    from sklearn.model_selection import StratifiedGroupKFold

    counts = block_counts[blocks]
    rows = np.ceil(counts * (_ROWS_FOR_STRATIFYING / counts.sum())).astype(np.int64)
    block_of_row = np.repeat(blocks, rows.sum(axis=1))
    class_of_row = np.repeat(np.tile(np.arange(counts.shape[1]), len(blocks)), rows.ravel())
    folds = StratifiedGroupKFold(min(5, len(blocks)), shuffle=True, random_state=state)
    with warnings.catch_warnings():
        # A class with fewer rows than folds cannot be everywhere; the caller's search and check deal with it.
        warnings.filterwarnings("ignore", message="The least populated class", category=UserWarning)
        parts = list(folds.split(np.zeros(len(block_of_row)), class_of_row, block_of_row))
    for _, part in parts:
        if len(part):
            yield np.unique(block_of_row[part])


def _with_buffer(positions: NDArray[np.int64], fold: NDArray[np.int8], buffer: int) -> NDArray[np.int8]:
    """Turn training and validation cells that touch a fold of higher priority into buffer."""
    result = fold.copy()
    for lower, higher in ((VALIDATION, (TEST,)), (TRAIN, (TEST, VALIDATION))):
        candidates = np.flatnonzero(result == lower)
        close = _within(positions[candidates], positions[np.isin(result, higher)], buffer)
        result[candidates[close]] = BUFFER
    return result


def _within(targets: NDArray[np.int64], sources: NDArray[np.int64], reach: int) -> NDArray[np.bool_]:
    """Whether each target lies within `reach` steps (Chebyshev) of a source; a dilation on sorted keys.

    Spreading the sources along the first axis and looking along the second needs memory for the traces there are,
    not for the rectangle around them, so irregular and decimated surveys cost no more than full ones.
    """
    if reach == 0 or not len(targets) or not len(sources):
        return np.zeros(len(targets), dtype=bool)
    width = max(targets[:, 1].max(), sources[:, 1].max()) + 2 * reach + 1
    steps = range(-reach, reach + 1)
    source_keys, target_keys = (cells[:, 0] * width + cells[:, 1] for cells in (sources, targets))
    spread = np.unique(np.concatenate([source_keys + step * width for step in steps]))
    close = np.zeros(len(targets), dtype=bool)
    for step in steps:
        close |= np.isin(target_keys + step, spread)
    return close


def _counts_per_fold(counts: NDArray[np.int64], fold: NDArray[np.int8]) -> NDArray[np.int64]:
    """(3, k): windows of each class in train, validation and test."""
    return np.stack([counts[fold == each].sum(axis=0) for each in (TRAIN, VALIDATION, TEST)])


def _shortfall(per_fold: NDArray[np.int64], wanted: NDArray[np.int64]) -> tuple[int, int]:
    """How many (fold, class) pairs are empty though wanted, and how many windows are missing altogether."""
    missing = np.maximum(wanted - per_fold, 0)
    return int(((per_fold == 0) & (wanted > 0)).sum()), int(missing.sum())
