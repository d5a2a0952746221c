"""Labelled windows and their features as the arrays that models are fitted and scored on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seismic_assets.training import FoldData, TrainingData, thin_by_class

_KEY = ["file_id", "trace_index", "window_index"]


def fold_data(split: pl.DataFrame, features: pl.DataFrame, fold: str, feature_names: Sequence[str]) -> FoldData:
    """Features and classes of one fold, in the order of the split.

    Args:
        split: rows of `dataset_split`.
        features: rows of `trace_features` of the labelled files.
        fold: `train`, `validation` or `test`.
        feature_names: columns to take, in order.
    """
    rows = split.filter(pl.col("fold") == fold).join(features, on=_KEY, how="inner", maintain_order="left")
    return FoldData(
        features=np.ascontiguousarray(rows.select(feature_names).to_numpy(), dtype=np.float32),
        classes=rows["class"].to_numpy().astype(np.int32),
    )


def training_data(
    split: pl.DataFrame, features: pl.DataFrame, feature_names: Sequence[str], *, most: int, seed: int
) -> TrainingData:
    """Training and validation windows, each thinned by class to at most `most`."""

    def thinned(fold: str) -> FoldData:
        whole = fold_data(split, features, fold, feature_names)
        kept = thin_by_class(whole.classes, most, seed)
        return FoldData(whole.features[kept], whole.classes[kept])

    return TrainingData(thinned("train"), thinned("validation"), tuple(feature_names))


def traces_seen(split: pl.DataFrame) -> dict[str, NDArray[np.bool_]]:
    """Which traces of each file training and validation windows came from, (traces,) bool by file id."""
    seen = split.filter(pl.col("fold").is_in(["train", "validation"])).select("file_id", "trace_index").unique()
    result: dict[str, NDArray[np.bool_]] = {}
    for (file_id,), rows in seen.sort("file_id").group_by(["file_id"], maintain_order=True):
        trace_index = rows["trace_index"].to_numpy()
        mask = np.zeros(int(trace_index.max()) + 1, dtype=np.bool_)
        mask[trace_index] = True
        result[str(file_id)] = mask
    return result


def unseen_by(split: pl.DataFrame, seen: Mapping[str, NDArray[np.bool_]]) -> pl.DataFrame:
    """Rows of a split whose traces a model has not seen in training or validation."""

    def was_seen(file_id: str, indices: pl.Series) -> NDArray[np.bool_]:
        mask = seen.get(file_id, np.zeros(0, dtype=bool))
        trace_index = indices.to_numpy()
        known = trace_index < len(mask)
        return known & mask[np.where(known, trace_index, 0)] if len(mask) else np.zeros(len(indices), dtype=bool)

    parts = [
        rows.filter(~pl.Series(was_seen(str(file_id), rows["trace_index"])))
        for (file_id,), rows in split.group_by(["file_id"], maintain_order=True)
    ]
    return pl.concat(parts) if parts else split
