"""Which windows are judged: so many, drawn in a way that can be repeated."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

Strategy = Literal["random", "uncertain", "stratified"]
_STRATUM = ("survey", "class_name")
_ODD, _MIX_A, _MIX_B = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


@dataclass(frozen=True)
class Sampling:
    """How samples are drawn; the same one draws the same of the same table.

    Attributes:
        samples: how many at most.
        seed: of the draw.
        strategy: `random`; `uncertain`: those of least confidence; `stratified`: of every file and class as many.
        by_model: how many of them a language model judges too, at most.
    """

    samples: int = 200
    seed: int = 42
    strategy: Strategy = "stratified"
    by_model: int = 10

    def __post_init__(self) -> None:
        """Refuse a sample of nothing.

        Raises:
            ValueError: there would be less than one sample, or a negative number for the model.
        """
        if self.samples < 1 or self.by_model < 0:
            raise ValueError(f"{self.samples} samples, {self.by_model} of them for a model: ask for at least one and 0")


def candidates(windows: pl.DataFrame, file_id: str, sampling: Sampling) -> pl.DataFrame:
    """The windows of one file that may be drawn; all that are not among them cannot be.

    Args:
        windows: `trace_index`, `window_index`, `class_name` (null where it has none) and `confidence`.
        file_id: of the file.
        sampling: how to draw.

    Returns:
        Of them those that may be drawn, with `file_id`, `draw` (the place in the draw) and `population`: how many
        windows of the file have the same class.
    """
    drawn = windows.with_columns(
        file_id=pl.lit(file_id),
        class_name=pl.col("class_name").fill_null(""),
        confidence=pl.col("confidence").cast(pl.Float64).fill_null(1.0),
        draw=pl.Series(_draws(windows, file_id, sampling.seed), dtype=pl.UInt64),
        population=pl.len().over(pl.col("class_name").fill_null("")),
    )
    return drawn.filter(pl.int_range(pl.len()).over("class_name", order_by=_order(sampling)) < sampling.samples)


def drawn(parts: Iterable[pl.DataFrame], sampling: Sampling) -> pl.DataFrame:
    """The sample, of the candidates of all files.

    Returns:
        `file_id`, `trace_index`, `window_index` and `weight`: how many windows each stands for; in this order.
    """
    frames = list(parts)
    if not frames:
        return pl.DataFrame(
            schema={"file_id": pl.String, "trace_index": pl.Int64, "window_index": pl.Int32, "weight": pl.Float64}
        )
    pool = _by_stratum(pl.concat(frames)).sort(*_order(sampling), "file_id", "trace_index", "window_index")
    taken = _stratified(pool, sampling.samples) if sampling.strategy == "stratified" else pool.head(sampling.samples)
    return (
        taken.with_columns(weight=_weight(sampling))
        .select("file_id", "trace_index", "window_index", "weight")
        .sort("file_id", "trace_index", "window_index")
    )


def _order(sampling: Sampling) -> list[str]:
    return ["confidence", "draw"] if sampling.strategy == "uncertain" else ["draw"]


def _weight(sampling: Sampling) -> pl.Expr:
    """How many windows each stands for; those of least confidence stand for themselves alone."""
    return pl.col("population") / pl.len().over(*_STRATUM) if sampling.strategy == "stratified" else pl.lit(1.0)


def _by_stratum(pool: pl.DataFrame) -> pl.DataFrame:
    """With the `survey` of the stratum and its population: windows without a class are one stratum of all files."""
    named = pool.with_columns(survey=pl.when(pl.col("class_name") == "").then(pl.lit("")).otherwise("file_id"))
    counts = named.select("file_id", *_STRATUM, "population").unique().group_by(_STRATUM).agg(pl.sum("population"))
    return named.drop("population").join(counts, _STRATUM, how="left", maintain_order="left")


def _stratified(pool: pl.DataFrame, samples: int) -> pl.DataFrame:
    """Of every stratum as many; what a small one cannot give, the others do."""
    ranked = pool.with_columns(place=pl.int_range(pl.len()).over(*_STRATUM, order_by="draw"))
    # By rounds: the first of every stratum, then the second of every one that has another.
    return ranked.sort("place", "draw", *_STRATUM).head(samples)


def _draws(windows: pl.DataFrame, file_id: str, seed: int) -> NDArray[np.uint64]:
    """A number for each window that depends on its key and the seed alone (splitmix64)."""
    start = int.from_bytes(hashlib.blake2b(f"{seed}/{file_id}".encode(), digest_size=8).digest(), "little")
    trace, window = (
        windows[name].cast(pl.Int64).to_numpy().astype(np.uint64) for name in ("trace_index", "window_index")
    )
    with np.errstate(over="ignore"):
        state = np.uint64(start) + (trace * np.uint64(1 << 20) + window) * np.uint64(_ODD)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(_MIX_A)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(_MIX_B)
    mixed: NDArray[np.uint64] = state ^ (state >> np.uint64(31))
    return mixed
