"""Folds within the training windows that keep spatial blocks whole."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from seismic_assets.training.data import FoldData
from seismic_assets.training.errors import TrainingError

Fold = tuple[NDArray[np.int64], NDArray[np.int64]]

# StratifiedGroupKFold counts its rows one by one in Python; proportions are all it needs.
_ROWS_FOR_STRATIFYING = 20_000


def spatial_folds(data: FoldData, folds: int = 5, buffer: int = 0, seed: int = 42) -> list[Fold]:
    """Training and held-out windows of each fold; every block is held out once and as a whole.

    Blocks are dealt out so that the folds resemble each other in their classes. There are at most as many folds as
    blocks.

    Args:
        data: windows with `blocks`.
        folds: wanted number, at least 2.
        buffer: training windows within so many trace steps of a held-out one (the larger of the inline and the
            crossline distance, in the same area) are left out; needs `positions`, 0 leaves nothing out.
        seed: of the order in which blocks of a like mix of classes are dealt out.

    Returns:
        (training indices, held-out indices) of each fold, sorted int64.

    Raises:
        TrainingError: blocks, or positions for a buffer, are not known; fewer than two blocks; a class with fewer
            windows than folds; a fold that leaves fewer than two classes to train on.
    """
    if data.blocks is None:
        raise TrainingError("the training windows do not say which spatial block they lie in; give FoldData its blocks")
    if buffer > 0 and data.positions is None:
        raise TrainingError("a buffer between folds needs the windows' positions; give FoldData its positions")
    block_numbers, block = np.unique(data.blocks, return_inverse=True)
    classes, column = np.unique(data.classes, return_inverse=True)
    counts = np.zeros((len(block_numbers), len(classes)), dtype=np.int64)
    np.add.at(counts, (block, column), 1)
    folds = min(folds, len(block_numbers))
    _check_counts(counts, classes, folds)

    result = []
    for held_out_blocks in _stratified_blocks(counts, folds, seed):
        is_held_out = np.isin(np.arange(len(block_numbers)), held_out_blocks)[block]
        train, held_out = np.flatnonzero(~is_held_out), np.flatnonzero(is_held_out)
        if buffer > 0 and data.positions is not None:
            train = train[~_within(data.positions[train], data.positions[held_out], buffer)]
        if len(np.unique(column[train])) < 2:
            raise TrainingError(
                f"without the windows of one fold and a buffer of {buffer} traces fewer than two classes are left to "
                "train on; label more blocks or take fewer folds or a smaller buffer"
            )
        result.append((train, held_out))
    return result


def _check_counts(counts: NDArray[np.int64], classes: NDArray[np.integer], folds: int) -> None:
    if folds < 2:
        raise TrainingError(
            f"the training windows lie in {len(counts)} spatial block where folds need two; label more of the survey"
        )
    fewest = counts.sum(axis=0).argmin()
    if counts.sum(axis=0)[fewest] < folds:
        raise TrainingError(
            f"class {classes[fewest]} has {counts.sum(axis=0)[fewest]} training windows where {folds} folds need "
            f"{folds}; label more of it or take fewer folds"
        )


def _stratified_blocks(counts: NDArray[np.int64], folds: int, seed: int) -> list[NDArray[np.int64]]:
    """The blocks that each fold holds out, by the (b, k) windows of each class in each block."""
    from sklearn.model_selection import StratifiedGroupKFold

    rows = np.ceil(counts * min(1.0, _ROWS_FOR_STRATIFYING / counts.sum())).astype(np.int64)
    block_of_row = np.repeat(np.arange(len(counts)), rows.sum(axis=1))
    class_of_row = np.repeat(np.tile(np.arange(counts.shape[1]), len(counts)), rows.ravel())
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # A class with fewer rows than folds after thinning cannot be everywhere; its windows are counted above.
        warnings.filterwarnings("ignore", message="The least populated class", category=UserWarning)
        parts = [part for _, part in splitter.split(np.zeros(len(block_of_row)), class_of_row, block_of_row)]
    return [np.unique(block_of_row[part]) for part in parts if len(part)]


def _within(targets: NDArray[np.int64], sources: NDArray[np.int64], reach: int) -> NDArray[np.bool_]:
    """Whether each (m, 3) target lies within `reach` steps of a source of the same area."""
    from scipy.spatial import cKDTree

    # Windows of a trace share its position.
    places, place_of = np.unique(targets, axis=0, return_inverse=True)
    source_places = np.unique(sources, axis=0)
    close = np.zeros(len(places), dtype=bool)
    for area in np.unique(source_places[:, 0]):
        here = np.flatnonzero(places[:, 0] == area)
        if not len(here):
            continue
        tree = cKDTree(source_places[source_places[:, 0] == area, 1:])
        # The bound itself is excluded, and distances are whole.
        distance, _ = tree.query(places[here, 1:], p=np.inf, distance_upper_bound=reach + 0.5)
        close[here] = np.isfinite(distance)
    return close[place_of]
