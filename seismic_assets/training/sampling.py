"""A part of many windows that keeps the shares of the classes and hears every spatial block."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seismic_assets.training.errors import TrainingError


def sample_by_block(
    classes: NDArray[np.int32], blocks: NDArray[np.int32], most: int, seed: int, least: int = 1
) -> NDArray[np.int64]:
    """Indices of at most `most` windows: class shares kept, each class drawn evenly over the blocks that hold it.

    Within a class every block gives the same number of windows; one that has fewer gives all it has, and the others
    make up for it. So a large block does not crowd out small ones. 10 million windows take some 4 seconds.

    Args:
        classes: (m,) int32.
        blocks: (m,) int32, spatial block of each window.
        most: wanted number; a class keeps at least one window.
        seed: of the random draw; the same seed gives the same windows.
        least: windows that a rare class keeps, where it has them, at the expense of the most frequent ones.

    Returns:
        (k,) int64, sorted.

    Raises:
        TrainingError: `most` is less than the number of classes.
    """
    if len(classes) <= most:
        return np.arange(len(classes), dtype=np.int64)
    class_of = np.unique(classes, return_inverse=True)[1]
    block_numbers, block_of = np.unique(blocks, return_inverse=True)
    quota = _quota(np.bincount(class_of), most, least)

    random = np.random.default_rng(seed)
    shuffled = random.permutation(len(classes))
    group = (class_of * len(block_numbers) + block_of)[shuffled]
    order = np.argsort(group, kind="stable")
    counts = np.bincount(group, minlength=len(quota) * len(block_numbers))
    rank = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    by_class = zip(counts.reshape(len(quota), -1), quota, strict=True)
    wanted = np.concatenate([_even(each, int(share), random) for each, share in by_class])
    return np.sort(shuffled[order[rank < np.repeat(wanted, counts)]])


def _quota(counts: NDArray[np.int64], most: int, least: int) -> NDArray[np.int64]:
    """Windows to draw of each class, `most` at most in sum, and one at least of each."""
    if most < len(counts):
        raise TrainingError(f"{most} windows cannot hold {len(counts)} classes; allow at least one window for each")
    quota = np.maximum(np.minimum(counts, max(least, 1)), counts * most // counts.sum())
    while quota.sum() > most:
        quota[quota.argmax()] -= 1
    return quota


def _even(counts: NDArray[np.int64], wanted: int, random: np.random.Generator) -> NDArray[np.int64]:
    """How many of `wanted` windows each block gives: as evenly as the (b,) `counts` allow."""
    if wanted >= counts.sum():
        return counts
    fewest_first = np.sort(counts)
    still_giving = np.arange(len(counts), 0, -1)
    left = wanted - (np.cumsum(fewest_first) - fewest_first)
    level = int((left // still_giving)[np.argmax(fewest_first * still_giving > left)])
    given = np.minimum(counts, level)
    given[random.permutation(np.flatnonzero(counts > level))[: wanted - given.sum()]] += 1
    return given
