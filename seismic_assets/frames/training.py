"""Labelled windows and their features as the arrays that models are fitted and scored on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seismic_assets.lake import Lake, trace_features_table
from seismic_assets.survey import lay_out
from seismic_assets.training import FoldData, TrainingData, sample_by_block

FeatureReader: TypeAlias = Callable[[pl.DataFrame, Sequence[str]], tuple[NDArray[np.float32], NDArray[np.bool_]]]
"""Features (m, f) of m rows with `file_id`, `trace_index` and `window_index`, and (m,) which of the rows have any."""

_READ_ROWS = 1 << 15
_PLACE = ("area_number", "step_1", "step_2")
_MOST_WINDOWS = 1 << 20  # of one trace: what makes one number of trace and window


def lake_features(lake: Lake) -> FeatureReader:
    """Reads features from the lake.

    Only the wanted rows of `trace_features` are kept while it is read, so that memory grows with what is asked for.
    """

    def read(rows: pl.DataFrame, names: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        features = np.empty((rows.height, len(names)), dtype=np.float32)
        found = np.zeros(rows.height, dtype=np.bool_)
        numbered = rows.select("file_id", key=_key("trace_index", "window_index")).with_row_index("row")
        for (file_id,), chosen in numbered.sort("file_id", "key").group_by(["file_id"], maintain_order=True):
            _fill(lake, str(file_id), chosen["key"].to_numpy(), chosen["row"].to_numpy(), names, features, found)
        return features, found

    return read


def fold_data(read: FeatureReader, rows: pl.DataFrame, feature_names: Sequence[str]) -> FoldData:
    """Features, classes, blocks and places of rows of the split, in their order; those without features are left out.

    Args:
        read: where features come from.
        rows: rows of `dataset_split`; those that went through `with_places` give blocks and positions too.
        feature_names: columns to take, in order.
    """
    features, found = read(rows, feature_names)
    kept = rows.filter(pl.lit(pl.Series(found))) if not found.all() else rows
    return FoldData(
        features=features if found.all() else features[found],
        classes=kept["class"].to_numpy().astype(np.int32),
        blocks=kept["block_number"].to_numpy().astype(np.int32) if "block_number" in kept.columns else None,
        positions=kept.select(_PLACE).to_numpy() if set(_PLACE) <= set(kept.columns) else None,
    )


def training_data(
    read: FeatureReader, split: pl.DataFrame, feature_names: Sequence[str], *, most: int, seed: int
) -> TrainingData:
    """Training and validation windows, of each at most `most`: drawn evenly over blocks with the classes' shares."""

    placed = with_places(split.filter(pl.col("fold").is_in(["train", "validation"])))

    def sampled(fold: str) -> FoldData:
        rows = placed.filter(pl.col("fold") == fold)
        classes, blocks = rows["class"].to_numpy().astype(np.int32), rows["block_number"].to_numpy().astype(np.int32)
        kept = sample_by_block(classes, blocks, most, seed)
        return fold_data(read, rows[kept], feature_names)

    return TrainingData(sampled("train"), sampled("validation"), tuple(feature_names))


def block_reach(data: FoldData, buffer: int) -> int:
    """The buffer in traces that blocks leave room for: what is asked, at most a quarter of a usual block.

    The usual block has the median of the blocks' longer sides: one that is labelled at its edge alone does not count.
    """
    if data.positions is None or data.blocks is None or len(data) == 0:
        return 0
    frame = pl.DataFrame({"block": data.blocks, "first": data.positions[:, 1], "second": data.positions[:, 2]})
    sides = frame.group_by("block").agg(
        pl.max_horizontal((pl.col("first", "second").max() - pl.col("first", "second").min()) + 1).alias("side")
    )
    return min(buffer, int(sides["side"].median() or 1) // 4)  # type: ignore[arg-type]


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


def _key(trace: str, window: str) -> pl.Expr:
    return pl.col(trace).cast(pl.Int64) * _MOST_WINDOWS + pl.col(window).cast(pl.Int64)


def _fill(
    lake: Lake,
    file_id: str,
    keys: NDArray[np.int64],
    rows: NDArray[np.integer],
    names: Sequence[str],
    features: NDArray[np.float32],
    found: NDArray[np.bool_],
) -> None:
    """Write the features of the windows of one file, by their sorted keys, into their rows."""
    table = trace_features_table(names)
    for segment in lake.segments(table, [file_id]):
        first = int(keys[0] // _MOST_WINDOWS)
        for batch in segment.batches(["trace_index", "window_index", *names], _READ_ROWS, first):
            there = batch["trace_index"].to_numpy() * _MOST_WINDOWS + batch["window_index"].to_numpy()
            low, high = np.searchsorted(keys, [there[0], there[-1] + 1])
            place = np.searchsorted(there, keys[low:high])
            hit = there[np.minimum(place, len(there) - 1)] == keys[low:high]
            here = rows[low:high][hit]
            for column, name in enumerate(names):
                features[here, column] = batch[name].to_numpy()[place[hit]]
            found[here] = True
            if there[-1] >= keys[-1]:
                break


def with_places(split: pl.DataFrame) -> pl.DataFrame:
    """The rows of a split with the number of their block, and of their area and their place in it in trace steps."""
    traces = (
        split.with_columns(area=pl.col("block").str.split("/").list.first())
        .group_by("area", "file_id", "trace_index", maintain_order=True)
        .agg(pl.col("inline", "crossline").first())
    )
    parts = [_placed(number, rows) for number, rows in enumerate(traces.sort("area").partition_by("area"))]
    numbered = split.with_columns(block_number=(pl.col("block").rank("dense") - 1).cast(pl.Int32))
    if not parts:
        return numbered.with_columns(pl.lit(0, pl.Int64).alias(name) for name in _PLACE)
    return numbered.join(pl.concat(parts), on=["file_id", "trace_index"], how="left", maintain_order="left")


def _placed(number: int, traces: pl.DataFrame) -> pl.DataFrame:
    first, second = lay_out(traces).positions.T
    return traces.select(
        "file_id",
        "trace_index",
        pl.lit(number, pl.Int64).alias(_PLACE[0]),
        pl.Series(_PLACE[1], first),
        pl.Series(_PLACE[2], second),
    )
