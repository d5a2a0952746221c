"""From a class per sample to a class per window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Shares arrive as decimals such as 0.29, whose product with a count is a hair off the whole number that it means.
_HAIR = 1e-9


@dataclass(frozen=True)
class WindowRule:
    """A class that wins a window before the majority is asked, as thin events need.

    Attributes:
        class_index: the class that the rule is about.
        within: the central fraction of the window that is looked at, above 0 and up to 1.
        share: the class must take more than this fraction of those central samples.
    """

    class_index: int
    within: float
    share: float


def window_classes(
    sample_classes: NDArray[np.int16],
    starts: ArrayLike,
    window: int,
    *,
    num_classes: int,
    min_cover: float = 0.5,
    rules: Sequence[WindowRule] = (),
) -> NDArray[np.int16]:
    """Class of each window: that of the first rule that holds, else the majority of the labelled samples.

    A window that reaches beyond the trace consists of the samples that exist; its cover and its central part
    are taken of those. A rule counts unlabelled samples as not of its class, and needs no cover. Of classes
    with equally many samples the one with the lower index wins.

    Args:
        sample_classes: (n, num_samples) int16, class index of each sample, negative where it has none.
        starts: (k,) integers, first sample of each window.
        window: number of samples in a window.
        num_classes: number of classes; every index must be below it.
        min_cover: the labelled fraction from which on a window takes the majority's class.
        rules: asked in this order.

    Returns:
        (n, k) int16: class index, or -1 where the window has none.

    Raises:
        ValueError: if a class index is not below `num_classes`.
    """
    classes = np.asarray(sample_classes)
    if classes.size and int(classes.max()) >= num_classes:
        raise ValueError(f"sample class {int(classes.max())} is not below the number of classes, {num_classes}")
    num_samples = classes.shape[1]
    first = np.clip(np.asarray(starts, dtype=np.int64), 0, num_samples)
    length = np.minimum(first + window, num_samples) - first
    central = [_central(first, length, rule.within) for rule in rules]
    spans = np.concatenate([np.stack([first, length]), *central], axis=1)
    counts = _span_counts(classes, spans[0], spans[0] + spans[1], num_classes)
    counts = counts.reshape(len(classes), 1 + len(rules), len(first), num_classes)

    result = _majority(counts[:, 0], length, min_cover)
    for position in reversed(range(len(rules))):  # the first rule is written last, over the others
        rule = rules[position]
        threshold = rule.share * central[position][1] + _HAIR
        result[counts[:, 1 + position, :, rule.class_index] > threshold] = rule.class_index
    return result


def _central(first: NDArray[np.int64], length: NDArray[np.int64], within: float) -> NDArray[np.int64]:
    inner = np.minimum(np.maximum(np.rint(within * length).astype(np.int64), 1), length)
    return np.stack([first + (length - inner) // 2, inner])


def _majority(counts: NDArray[np.int64], length: NDArray[np.int64], min_cover: float) -> NDArray[np.int16]:
    labelled = counts.sum(axis=-1)
    covered = (labelled > 0) & (labelled >= min_cover * length - _HAIR)
    return np.where(covered, counts.argmax(axis=-1), -1).astype(np.int16)


def _span_counts(
    classes: NDArray[np.int16], first: NDArray[np.int64], stop: NDArray[np.int64], num_classes: int
) -> NDArray[np.int64]:
    """Samples of each class in each span, (n, spans, num_classes).

    The spans' ends cut the trace into pieces; samples are counted once per piece, and a span is the difference
    of two running totals over pieces. So the cost does not grow with the number of classes or the overlap.
    """
    num_traces, num_samples = classes.shape
    cuts = np.unique(np.concatenate([first, stop]))
    piece = np.searchsorted(cuts, np.arange(num_samples), side="right")
    bins = num_classes + 1  # bin 0 collects the unlabelled samples
    index = np.maximum(classes, -1).astype(np.int64)
    index += 1 + bins * piece
    index += (np.arange(num_traces) * (bins * (len(cuts) + 1)))[:, None]
    total = np.bincount(index.ravel(), minlength=num_traces * (len(cuts) + 1) * bins)
    running = total.reshape(num_traces, len(cuts) + 1, bins)[:, :, 1:].cumsum(axis=1)
    return running[:, np.searchsorted(cuts, stop)] - running[:, np.searchsorted(cuts, first)]
