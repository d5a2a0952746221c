"""How often the served answers were right, where truth has come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seismic_assets.evaluation import Interval
from seismic_assets.evaluation.bootstrap import block_confusions, macro_f1
from seismic_assets.monitoring.intervals import f1_interval, runs_of, share_interval, weighted_f1


@dataclass(frozen=True)
class ServedScores:
    """Scores of served traces with truth. Callers choose what they give the truth of: it is no random sample.

    Attributes:
        traces: with truth.
        requests: that they are of.
        accuracy: share of 1; the `blocks` of this and the other intervals are runs of requests, see `intervals`.
        f1_macro: mean over the classes that occur in truth or prediction.
        f1_weighted: weighted by the traces of each true class.
        classes: names, in the order of `confusion`.
        confusion: (classes, classes) counts, rows the truth, columns the prediction.
    """

    traces: int
    requests: int
    accuracy: Interval
    f1_macro: Interval
    f1_weighted: Interval
    classes: tuple[str, ...]
    confusion: list[list[int]]


def scores_of(truths: pl.DataFrame, classes: Sequence[str]) -> ServedScores | None:
    """Scores of rows of `match_truth`, None where there is none; `classes` are the names of all classes."""
    accuracy = accuracy_of(truths)
    if accuracy is None:
        return None
    number = {name: index for index, name in enumerate(classes)}
    truth, predicted = (
        truths[column].replace_strict(number, return_dtype=pl.Int64).to_numpy() for column in ("truth", "predicted")
    )
    confusions = block_confusions(truth, predicted, runs_of(truths["row"].to_numpy()), len(classes))
    return ServedScores(
        traces=truths.height,
        requests=truths["row"].n_unique(),
        accuracy=accuracy,
        f1_macro=f1_interval(confusions, macro_f1),
        f1_weighted=f1_interval(confusions, weighted_f1),
        classes=tuple(classes),
        confusion=confusions.sum(axis=0).tolist(),
    )


def accuracy_of(truths: pl.DataFrame) -> Interval | None:
    """Accuracy of rows of `match_truth`; None where there is none."""
    if truths.height == 0:
        return None
    run = runs_of(truths["row"].to_numpy())
    return share_interval(sums_of(run, right_of(truths)), sums_of(run))


def right_of(truths: pl.DataFrame) -> NDArray[np.float64]:
    """1 where the prediction is the truth, 0 elsewhere."""
    return (truths["truth"] == truths["predicted"]).cast(pl.Float64).to_numpy()


def sums_of(run: NDArray[np.int64], values: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """Sums of values over runs; how many there are without values."""
    return np.bincount(run, values).astype(np.float64)
