"""Judge a split from its table alone: enough of every class, how much of each fold, does anything leak."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

_FOLDS = ("train", "validation", "test")


def check_split(frame: pl.DataFrame, class_names: Sequence[str], min_windows: int) -> list[str]:
    """Say what keeps a split from training and judging a model.

    A class without any labelled window is no problem: the model will simply not know it.

    Args:
        frame: Labelled windows with class (index into `class_names`) and fold.
        class_names: Names for the sentences.
        min_windows: Windows that each labelled class needs in each of train, validation and test.

    Returns:
        One sentence with its remedy per problem; empty if the split is fine.
    """
    if frame.is_empty():
        return ["no labelled window to split: add labels (labels.yaml) that match the traces of a file"]
    counts = frame.group_by("class").agg((pl.col("fold") == fold).sum().alias(fold) for fold in _FOLDS).sort("class")
    names = [_name(number, class_names) for number in counts["class"]]
    if len(names) < 2:
        return [f"all labelled windows are of class '{names[0]}', and a classifier needs two: label another class"]
    problems = []
    for name, (train, validation, test) in zip(names, counts.select(_FOLDS).iter_rows(), strict=True):
        if min(train, validation, test) < min_windows:
            problems.append(
                f"class '{name}' has {train} windows in training, {validation} in validation and {test} in test, "
                f"and {min_windows} are needed in each: label more of it in other places, merge it with another "
                "class, or make the blocks or the buffer smaller"
            )
    return problems


def shares(frame: pl.DataFrame) -> dict[str, float]:
    """Share of the labelled windows in train, validation, test and buffer; they add up to 1."""
    return {fold: int((frame["fold"] == fold).sum()) / max(frame.height, 1) for fold in (*_FOLDS, "buffer")}


def leakage(frame: pl.DataFrame, buffer: int | Mapping[str, int]) -> int:
    """Count the traces that sit too close to a fold they must not know.

    Written apart from the split and by another method, so that it can find the split's faults: positions are
    inline and crossline over the smallest difference in the area, unrounded, in a k-d tree.

    Args:
        frame: Labelled windows as `spatial_split` returns them.
        buffer: Traces of distance to keep, for all areas or by area name (`SplitResult.buffers`).

    Returns:
        Training and validation traces within the buffer of a test trace, plus training traces within the buffer
        of a validation trace, of the same area (a training trace near both counts twice). 0 is clean.
    """
    traces = frame.unique(["file_id", "trace_index"]).with_columns(
        pl.col("block").str.split("/").list.first().alias("area")
    )
    count = 0
    for (area,), here in traces.group_by("area"):
        reach = buffer if isinstance(buffer, int) else buffer[str(area)]
        places = _places(here)
        fold = here["fold"].to_numpy()
        learnt, validation, test = np.isin(fold, ("train", "validation")), fold == "validation", fold == "test"
        count += _close(places[learnt], places[test], reach)
        count += _close(places[fold == "train"], places[validation], reach)
    return count


def _places(traces: pl.DataFrame) -> NDArray[np.float64]:
    axes = [axis for axis in ("inline", "crossline") if traces[axis].n_unique() > 1]
    if not axes and traces["file_id"].n_unique() == 1:
        axes = ["trace_index"]
    if not axes:
        return np.zeros((traces.height, 1))
    values = traces.select(pl.col(axes).cast(pl.Float64)).to_numpy()
    return np.asarray(values / [np.diff(np.unique(column)).min() for column in values.T])


def _close(targets: NDArray[np.float64], sources: NDArray[np.float64], reach: int) -> int:
    from scipy.spatial import cKDTree

    if not len(targets) or not len(sources):
        return 0
    distance, _ = cKDTree(sources).query(targets, p=np.inf, distance_upper_bound=reach + 1)
    return int((distance <= reach).sum())


def _name(number: int, class_names: Sequence[str]) -> str:
    return class_names[number] if 0 <= number < len(class_names) else str(number)
